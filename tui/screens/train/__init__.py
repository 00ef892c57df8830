"""Train: the live dashboard."""

"""Speed of a training step, and what watching one costs."""

"""Generate: samples from the prior."""

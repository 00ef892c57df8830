"""Generate: draws from the prior."""

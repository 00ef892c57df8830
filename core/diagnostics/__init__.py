"""Diagnostics of a model: likelihood, rate, latent, conversions, generation."""

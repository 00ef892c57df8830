"""Latent: a map of the latent space."""

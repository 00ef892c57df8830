"""Experiments: one configuration, what varies in it, and several seeds, as ordinary runs."""

"""Runs: the list of runs and the actions on them."""

"""Runs on the disk: directory, journal, checkpoints, owner, and the list of runs."""

"""Measurements behind `cvae-tui bench`."""

"""Setup: the settings of a new run."""

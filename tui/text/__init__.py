"""Text of runs, numbers and events."""

"""Alarms: what goes wrong with a training, found in its journal."""

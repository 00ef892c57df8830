"""Paradigms, their files, and how they become batches."""

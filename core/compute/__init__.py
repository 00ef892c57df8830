"""Devices, threads, memory and randomness."""

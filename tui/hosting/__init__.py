"""Trainings in a thread of the app, in the foreground, or in a process of their own."""

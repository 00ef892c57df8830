"""Training in a thread, in the foreground, or in a process of its own."""

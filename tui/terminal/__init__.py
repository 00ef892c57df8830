"""The terminal: taken, drawn to, and given back."""

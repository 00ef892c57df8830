"""The terminal, and the private parts of Textual."""

"""State that the app remembers, and state that screens share."""

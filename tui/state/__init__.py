"""What the app remembers and shares between screens."""

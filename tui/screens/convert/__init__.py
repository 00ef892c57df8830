"""Convert: words to other conditions."""

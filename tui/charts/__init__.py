"""Charts: what to draw (no Textual in it), how dots become characters, and the widget."""

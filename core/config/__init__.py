"""The configuration: its schema, presets and files."""

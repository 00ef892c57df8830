"""The application: screens, command palette, help, read-only mode."""

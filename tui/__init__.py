"""The application and the command line."""

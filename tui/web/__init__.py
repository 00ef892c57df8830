"""Server of the app to browsers."""

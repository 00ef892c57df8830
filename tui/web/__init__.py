"""The app in browsers."""

"""The application: screens, hosted training, ways out."""

"""What leaves the program: tables, curves, event files and pages of runs."""

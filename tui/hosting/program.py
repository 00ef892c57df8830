"""Command line that starts this program again, in a process of its own."""

import sys

PROGRAM = (sys.executable, "-P", "-m", "tui.cli.main")
"""With -P, Python does not import from the working directory."""

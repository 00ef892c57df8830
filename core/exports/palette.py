"""Colours and markers of runs that are seen together, the same on screens and in print."""

COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c8c8c", "#a67c00")
"""Distinct for the colour-blind and readable on dark and light. Source: Okabe & Ito 2008, with grey
and ochre in place of black and yellow, which are unreadable on dark or on light."""
MARKERS = "●■▲◆○□△◇"
"""One shape for each colour, so that a picture without colour can be read."""
PRINTED_MARKERS = "os^D" * 2
"""The same shapes as matplotlib names them; the second half is hollow."""
MOST = len(COLOURS)
"""Runs that can be told apart."""

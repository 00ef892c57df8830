"""Colours of compared runs, on screens and in print."""

COLOURS = (
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c8c8c",
    "#a67c00",
)
"""Distinct for the colour-blind and readable on dark and light. Source: Okabe & Ito 2008, with grey
and ochre in place of black and yellow, which are unreadable on dark or on light."""

"""The colours of runs that are compared, on screens and in print."""

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
"""Told apart by the colour-blind and readable on dark and light. Source: Okabe & Ito 2008; its
black and yellow, each unreadable on one of these, are grey and ochre here."""

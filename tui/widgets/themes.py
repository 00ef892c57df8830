"""A dark and a light theme, readable with every kind of colour vision.

The hues are those of Okabe & Ito 2008 (Color Universal Design), darkened in the light theme until
text has enough contrast.
"""

from collections.abc import Mapping

from rich.style import Style
from rich.theme import Theme as CellStyles
from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="cvae-dark",
    primary="#0072B2",
    secondary="#56B4E9",
    accent="#E69F00",
    success="#35B792",
    warning="#F0E442",
    error="#F0803C",
    foreground="#E4E4E4",
    background="#121212",
    surface="#1E1E1E",
    panel="#262D33",
    variables={"footer-key-foreground": "#56B4E9", "panel-lighten-2": "#5B6770"},
)
LIGHT = Theme(
    name="cvae-light",
    primary="#0072B2",
    secondary="#005A8C",
    accent="#8A5200",
    success="#006B4E",
    warning="#6E5C00",
    error="#A83E00",
    foreground="#1A1A1A",
    background="#FAFAFA",
    surface="#EFEFEF",
    panel="#E2E6EA",
    dark=False,
    variables={
        "panel-lighten-2": "#8C979F",
        "footer-key-foreground": "#005A8C",
        "text-primary": "#005A8C",
        "text-accent": "#8A5200",
        "text-success": "#006B4E",
        "text-warning": "#6E5C00",
        "text-error": "#A83E00",
    },
)
THEMES = (DARK, LIGHT)
EVERYWHERE_READABLE = "ansi-dark"
"""The theme for terminals with 16 colours, which are set in the terminal."""
RIGHT, WRONG = "right", "wrong"
"""Names of styles for table cells, which are Rich text without access to the theme."""


def cell_styles(variables: Mapping[str, str]) -> CellStyles:
    """Return the styles of these names in a theme.

    Wrong cells have the colour of warnings: red is hard to read in shades of grey.
    """
    right, wrong = (Color.parse(variables[f"text-{name}"]) for name in ("success", "warning"))
    return CellStyles(
        {RIGHT: Style(color=right.rich_color), WRONG: Style(color=wrong.rich_color, bold=True)}
    )

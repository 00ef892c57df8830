"""Progress bars on a terminal without the app, with figures beside them and news above."""

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text

from core.text import printable


class ProgressBars(Progress):
    """Rich bars, each with a description, a share and figures. No text is read as markup."""

    def __init__(self) -> None:
        narrow = Column(no_wrap=True, overflow="ellipsis", max_width=32)
        figures = Column(no_wrap=True)
        super().__init__(
            TextColumn("{task.description}", markup=False, table_column=narrow),
            BarColumn(bar_width=16),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[figures]}", "cyan", markup=False, table_column=figures),
            console=Console(),
        )

    def print_above(self, sentence: str) -> None:
        """Print a line above the bars."""
        self.console.print(Text(printable(sentence)))

"""A table that is filled repeatedly and updates changed cells only."""

from collections.abc import Mapping, Sequence

from rich.text import Text
from textual.widgets import DataTable

MANY = 50
"""Above this number of removed rows, a new table is faster."""

Cells = Sequence[Text]


class KeyedTable(DataTable[Text]):
    """A table of rows with keys. The cursor stays on its row, and the scroll position is kept."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=True)
        self._titles: Mapping[str, tuple[str, int]] = {}
        self._shown: dict[str, list[Text]] = {}
        self._before: tuple[str | None, float] | None = None
        """Row and scroll position before the columns were replaced."""

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        row = self.cursor_row
        if not self.row_count or not 0 <= row < self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value

    def lay_out(self, titles: Mapping[str, tuple[str, int]]) -> None:
        """Replace columns that differ: title and width by key. The rows must be filled again."""
        if titles == self._titles:
            return
        self._titles = titles
        if self._shown:
            self._before = (self.chosen, self.scroll_y)
        self._shown = {}
        self.clear(columns=True)
        for key, (title, width) in titles.items():
            self.add_column(Text(title), width=width, key=key)

    def fill(self, rows: Mapping[str, Cells]) -> None:
        """Show rows by key, in this order."""
        chosen, scroll = self._before or (self.chosen, self.scroll_y)
        self._before = None
        with self.app.batch_update():
            gone = [key for key in self._shown if key not in rows]
            if len(gone) > MANY:
                self.clear()
                self._shown = {}
            else:
                for key in gone:
                    self.remove_row(key)
                    del self._shown[key]
            for key, cells in rows.items():
                self._write(key, cells)
            self._put_in_order(list(rows))
        if chosen is not None and chosen in rows and chosen != self.chosen:
            self.move_cursor(row=self.get_row_index(chosen), scroll=False)
        if self.scroll_y != scroll or not self._shown:
            # The cursor may be outside of the view.
            self.call_after_refresh(self.scroll_to, y=scroll, animate=False)

    def _write(self, key: str, cells: Cells) -> None:
        shown = self._shown.get(key)
        if shown is None:
            self._shown[key] = list(cells)
            self.add_row(*cells, key=key)
            return
        for number, (column, cell) in enumerate(zip(self.columns, cells, strict=True)):
            if (shown[number].plain, shown[number].style) != (cell.plain, cell.style):
                shown[number] = cell
                self.update_cell(key, column, cell)

    def _put_in_order(self, keys: list[str]) -> None:
        if list(self._shown) == keys:
            return
        self._shown = {key: self._shown[key] for key in keys}
        places = {id(cells[0]): place for place, cells in enumerate(self._shown.values())}
        self.sort(key=lambda cells: places[id(cells[0])])

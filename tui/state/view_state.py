"""State of the view between sessions: theme, last screen, last run, and the like.

It is one JSON file of the user, since the runs directory may be shared or read-only. An unreadable
file counts as empty, and a failed write is ignored.
"""

import contextlib
import json
from pathlib import Path
from typing import TypeVar

import platformdirs

from core.files import replacing

T = TypeVar("T", bool, int, float, str)
Table = dict[str, object]

EVERYWHERE = ""
"""Key of the table for all runs directories."""
KEPT = 50
"""Runs directories whose views are kept: those changed last."""


def state_file() -> Path:
    """Return the file of the view."""
    return platformdirs.user_state_path("cvae-tui") / "view.json"


class ViewState:
    """Values by key, for one runs directory and for all of them.

    stored: False keeps them in memory, begins without any, and leaves the file alone.
    """

    def __init__(self, runs_dir: Path, *, stored: bool = True) -> None:
        self._here = str(runs_dir.absolute())
        self._stored = stored
        self._tables = _read() if stored else {}

    def get(self, key: str, default: T) -> T:
        """Return the value, of this runs directory or of all, if it has the type of the default."""
        for scope in (self._here, EVERYWHERE):
            value = self._tables.get(scope, {}).get(key)
            if type(value) is type(default):
                return value
        return default

    def set(self, key: str, value: bool | int | float | str, *, everywhere: bool = False) -> None:
        """Store a value for this runs directory, or for all of them."""
        scope = EVERYWHERE if everywhere else self._here
        if self._tables.get(scope, {}).get(key) == value:
            return
        if self._stored:
            # Another app may have changed the file meanwhile.
            self._tables = _read()
        table = self._tables.pop(scope, {})
        self._tables[scope] = table | {key: value}
        if not self._stored:
            return
        kept = [name for name in self._tables if name != EVERYWHERE][-KEPT:]
        tables = {name: self._tables[name] for name in self._tables if name in (EVERYWHERE, *kept)}
        file = state_file()
        with contextlib.suppress(OSError, ValueError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with replacing(file, sync=False) as temporary:
                temporary.write_text(json.dumps(tables, indent=1), encoding="utf-8")


def _read() -> dict[str, Table]:
    try:
        found = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    tables = found.items() if isinstance(found, dict) else ()
    return {scope: table for scope, table in tables if isinstance(table, dict)}

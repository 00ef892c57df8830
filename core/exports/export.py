"""Writing an export: which formats there are, and how a file or folder is put in its place."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from core.errors import Cancelled, InputError
from core.exports.event_files import PREFIX, write_events
from core.exports.figure import MOST_RUNS, curves
from core.exports.page import page
from core.exports.run_data import Record, read_record
from core.exports.table import table
from core.files import replacing
from core.progress import ignore, never
from core.runs.directory import RunDirectory

Format = Literal["csv", "tensorboard", "svg", "png", "html"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write(
    format: Format,
    runs: Sequence[RunDirectory],
    path: Path,
    *,
    force: bool = False,
    diagnostics: bool = True,
    say: Callable[[str], None] = ignore,
    cancelled: Callable[[], bool] = never,
) -> None:
    """Export runs to a file, or to a folder of event files for TensorBoard.

    force: whether an earlier export may be replaced.
    diagnostics: whether a page tells those of the best checkpoints, which takes seconds for each.
    say: told what is done now.
    cancelled: asked now and then; when it says True, Cancelled is raised and nothing is written.

    Raises InputError when a run cannot be read, there are too many for a picture, or the place is
    taken or cannot be written.
    """
    check_place(path, folder=format == "tensorboard", force=force)
    records = read_records(runs, format)
    try:
        if format == "tensorboard":
            _write_folder(records, path, say, cancelled)
            return
        content = contents(format, records, diagnostics=diagnostics, say=say, cancelled=cancelled)
        with replacing(path) as file:
            file.write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def contents(
    format: Format,
    records: Sequence[Record],
    *,
    diagnostics: bool = True,
    say: Callable[[str], None] = ignore,
    cancelled: Callable[[], bool] = never,
) -> bytes:
    """What a file of any format but `tensorboard` holds."""
    if format == "csv":
        return table(records).encode()
    if format == "html":
        return page(records, diagnostics=diagnostics, say=say, cancelled=cancelled).encode()
    assert format != "tensorboard"
    say("curves")
    return curves(records, format)


def read_records(runs: Sequence[RunDirectory], format: Format) -> list[Record]:
    """What is known of runs, each named once.

    Raises InputError when two have one name, or there are more than a picture can tell apart.
    """
    names = [run.name for run in runs]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"the run {name!r} is given twice; give each run once")
    if format in ("svg", "png", "html") and len(runs) > MOST_RUNS:
        raise InputError(
            f"{format} shows up to {MOST_RUNS} runs, as many as can be told apart; "
            f"{len(runs)} are given"
        )
    return [read_record(run) for run in runs]


def check_place(path: Path, *, folder: bool, force: bool) -> None:
    """Raise InputError unless an export may be written there."""
    if not path.exists() and not path.is_symlink():
        return
    if folder and not path.is_dir():
        raise InputError(f"{path} is no folder, which event files need; choose another place")
    if not folder and not path.is_file():
        raise InputError(f"{path} is no file; give the name of one to write")
    if folder and not any(path.iterdir()):
        return
    if not force:
        raise InputError(f"{path} is there already; choose another place, or --force to replace it")
    if folder and (foreign := _foreign(path)):
        raise InputError(
            f"{foreign} is no event file, so that {path} is not replaced; choose another place"
        )


def _foreign(folder: Path) -> Path | None:
    """Something in a folder that no export to TensorBoard has written."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return next((path for path in files if not path.name.startswith(PREFIX)), None)


def _write_folder(
    records: Sequence[Record],
    path: Path,
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    """The event file of one run, or a folder for each of several."""
    path = path.absolute()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    earlier = path.with_name(f"{temporary.name}.earlier")
    try:
        temporary.mkdir()
        for record in records:
            say(record.name)
            if cancelled():
                raise Cancelled("the export was given up")
            write_events(
                record, temporary if len(records) == 1 else temporary / record.directory.name
            )
        if path.exists():
            path.rename(earlier)
        temporary.rename(path)
        shutil.rmtree(earlier, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

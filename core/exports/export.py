"""Formats of exports, and the safe writing of a file or a folder."""

import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.errors import Cancelled, InputError
from core.exports.event_files import PREFIX, write_events
from core.exports.figure import MOST_RUNS, curves
from core.exports.page import DEFAULTS, Options, page
from core.exports.run_data import RunData, read_run
from core.exports.table import table
from core.files import replacing
from core.runs.directory import RunDirectory


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the content of one file, or a folder for each run."""

    name: str
    summary: str
    content: Callable[[Sequence[RunData], Options], bytes] | None = None
    folder: Callable[[RunData, Path], None] | None = None
    """Writes the folder of one run."""
    max_runs: int | None = None

    def read(self, runs: Sequence[RunDirectory]) -> list[RunData]:
        """Read the runs. Raise InputError when one is given twice, or too many are given."""
        names = [run.name for run in runs]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f"the run {name!r} is given twice; give each run once")
        if self.max_runs and len(runs) > self.max_runs:
            raise InputError(
                f"{self.name} shows up to {self.max_runs} runs, the most that are distinguishable; "
                f"{len(runs)} are given"
            )
        return [read_run(run) for run in runs]


def _figure(kind: str, runs: Sequence[RunData], options: Options) -> bytes:
    options.report("curves")
    return curves(runs, kind)


FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format(
            "csv",
            "a tidy table: run, step, epoch, elapsed_seconds, series, value",
            content=lambda runs, options: table(runs).encode(),
        ),
        Format("tensorboard", "a folder for `tensorboard --logdir PATH`", folder=write_events),
        Format("svg", "curves for print, as vectors", partial(_figure, "svg"), max_runs=MOST_RUNS),
        Format("png", "curves for print, as pixels", partial(_figure, "png"), max_runs=MOST_RUNS),
        Format("html", "one self-contained page with everything", page, max_runs=MOST_RUNS),
    )
}
"""Every format by its name. Choices, help and documentation derive from it."""


def write(
    format: Format,
    runs: Sequence[RunDirectory],
    path: Path,
    *,
    force: bool = False,
    options: Options = DEFAULTS,
) -> None:
    """Export runs to a file or a folder. force: replaces an earlier export.

    Raise InputError for an unreadable run, too many runs, or a place that is taken or read-only.
    """
    check_place(path, folder=format.folder is not None, force=force)
    found = format.read(runs)
    try:
        if format.folder:
            _write_folder(format.folder, found, path, options)
        elif format.content:
            content = format.content(found, options)
            with replacing(path) as file:
                file.write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None


def check_place(path: Path, *, folder: bool, force: bool) -> None:
    """Raise InputError unless an export may be written to a path."""
    if not path.exists() and not path.is_symlink():
        return
    if folder and not path.is_dir():
        raise InputError(f"{path} is not a folder, which event files need; choose another place")
    if not folder and not path.is_file():
        raise InputError(f"{path} is not a file; give the path of a file")
    if folder and not any(path.iterdir()):
        return
    if not force:
        raise InputError(f"{path} exists already; choose another place, or --force to replace it")
    if folder and (foreign := _foreign(path)):
        raise InputError(
            f"cannot replace {path}: {foreign} is not an event file; choose another place"
        )


def _foreign(folder: Path) -> Path | None:
    """Find something in a folder that no export to TensorBoard has written."""
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return next((path for path in files if not path.name.startswith(PREFIX)), None)


def _write_folder(
    write: Callable[[RunData, Path], None], runs: Sequence[RunData], path: Path, options: Options
) -> None:
    """Write the folder of one run, or a folder that holds one for each of several."""
    path = path.absolute()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    earlier = path.with_name(f"{temporary.name}.earlier")
    try:
        temporary.mkdir()
        for run in runs:
            options.report(run.name)
            if options.cancelled():
                raise Cancelled("the export was cancelled")
            write(run, temporary if len(runs) == 1 else temporary / run.directory.name)
        if path.exists():
            path.rename(earlier)
        temporary.rename(path)
        shutil.rmtree(earlier, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)

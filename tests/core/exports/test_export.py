"""Exports, written from real runs and read back by those whom they are for."""

import csv
import io
import math
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.image
import msgspec
import pytest

from core.alarms.watch import alarms
from core.errors import Cancelled, InputError
from core.exports import run_data
from core.exports.export import FORMATS, write
from core.exports.figure import MOST_POINTS, MOST_RUNS, PANELS, panels, thinned
from core.exports.page import Options
from core.exports.run_data import RunData, read_run
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import JournalWriter, read_whole
from core.training import events
from core.training.metrics import METRICS, metric, metrics_of

FILES = tuple(name for name, format in FORMATS.items() if format.content)


def contents(name: str, runs: list[RunData], **options: Any) -> bytes:
    content = FORMATS[name].content
    assert content
    return content(runs, Options(**options))


@pytest.fixture
def history(trained: RunDirectory) -> History:
    history = History()
    history.add(read_whole(trained.journal_file))
    return history


@pytest.fixture
def second(trained: RunDirectory, tmp_path: Path) -> RunDirectory:
    return RunDirectory(shutil.copytree(trained.path, tmp_path / "second"))


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_the_table_holds_every_number_of_every_series(
    trained: RunDirectory, history: History
) -> None:
    rows = rows_of(contents("csv", [read_run(trained)]))
    for name, series in history.series.items():
        there = [row for row in rows if row["series"] == name]
        assert [int(row["step"]) for row in there] == list(series.steps)
        assert [float(row["value"] or "nan") for row in there] == pytest.approx(
            list(series.values), rel=0, abs=0, nan_ok=True
        )
        assert [float(row["elapsed_seconds"]) for row in there] == list(series.times)
    assert {row["run"] for row in rows} == {"trained"}
    dimensions = len(history.evaluations[0].scores.kl_per_dimension)
    assert sum(row["series"].startswith("kl_of_dimension_") for row in rows) == dimensions * len(
        history.evaluations
    )


def test_a_number_that_was_not_finite_is_an_empty_cell(copied: RunDirectory) -> None:
    last = read_whole(copied.journal_file)[-1]
    with JournalWriter(copied.journal_file) as journal:
        journal.write(
            events.Progress(
                step=last.step,
                epoch=last.epoch,
                time=last.time,
                elapsed=last.elapsed,
                ce=math.inf,
                ce_per_character=None,
                kl=1.0,
                beta=0.0,
                teacher_forcing_ratio=1.0,
                learning_rate=0.1,
                gradient_norm=None,
                words_per_second=1.0,
                eta=0.0,
            )
        )
    rows = [row for row in rows_of(contents("csv", [read_run(copied)])) if row["series"] == "ce"]
    assert rows[-1]["value"] == ""
    assert contents("svg", [read_run(copied)]), "nan must not stop a curve"


def test_the_table_holds_every_metric_that_was_measured(
    trained: RunDirectory, history: History
) -> None:
    names = {row["series"] for row in rows_of(contents("csv", [read_run(trained)]))}
    for event in (history.progress, history.evaluated):
        for name, source in metrics_of(type(event)).items():
            assert (name in names) is (source.read(event) is not None)
    assert {"loss", "gaussian_ci95_low", "gaussian_ci95_high"} <= names


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@x"])
def test_a_name_that_a_spreadsheet_would_compute_is_text(
    trained: RunDirectory, tmp_path: Path, name: str
) -> None:
    odd = RunDirectory(shutil.copytree(trained.path, tmp_path / name))
    rows = rows_of(contents("csv", [read_run(odd)]))
    assert {row["run"] for row in rows} == {f"'{name}"}
    assert "nan" not in {row["value"] for row in rows}


@pytest.fixture
def accumulated(trained: RunDirectory, tmp_path: Path) -> Any:
    """An exported run as TensorBoard itself reads it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write(FORMATS["tensorboard"], [trained], tmp_path / "board")
    everything = dict.fromkeys(("scalars", "histograms", "tensors"), 0)
    return EventAccumulator(str(tmp_path / "board"), size_guidance=everything).Reload()


def test_tensorboard_reads_the_scalars_at_their_steps_and_times(
    accumulated: Any, trained: RunDirectory, history: History
) -> None:
    told = [one for one in read_whole(trained.journal_file) if isinstance(one, events.Progress)]
    scalars = accumulated.Scalars("training/ce")
    assert [one.step for one in scalars] == [event.step for event in told]
    assert [one.value for one in scalars] == pytest.approx([event.ce for event in told], rel=1e-6)
    assert [one.wall_time for one in scalars] == pytest.approx([event.time for event in told])
    scores = [event.scores.gaussian.score for event in history.evaluations]
    assert [one.value for one in accumulated.Scalars("scores/gaussian")] == pytest.approx(scores)


def test_tensorboard_reads_every_metric_that_was_measured(
    accumulated: Any, history: History
) -> None:
    scalars = set(accumulated.Tags()["scalars"])
    for folder, event in (("training", history.progress), ("scores", history.evaluated)):
        for name, source in metrics_of(type(event)).items():
            if source.read(event) is not None:
                assert f"{folder}/{name}" in scalars
    assert {"training/loss", "scores/gaussian_ci95_low", "best/gaussian"} <= scalars


def test_tensorboard_reads_the_kl_of_the_dimensions_as_histograms(
    accumulated: Any, history: History
) -> None:
    found = accumulated.Histograms("latent/kl_per_dimension")
    assert [one.step for one in found] == [event.step for event in history.evaluations]
    for one, event in zip(found, history.evaluations, strict=True):
        assert one.histogram_value.num == len(event.scores.kl_per_dimension)
        assert one.histogram_value.sum == pytest.approx(
            sum(kl or 0 for kl in event.scores.kl_per_dimension)
        )


def test_tensorboard_reads_the_generations_as_text(accumulated: Any, history: History) -> None:
    for name in ("generations", "conversions"):
        assert f"examples/{name}/text_summary" in accumulated.Tags()["tensors"]
    *_, last = accumulated.Tensors("examples/generations/text_summary")
    (text,) = last.tensor_proto.string_val
    for draw in history.evaluations[-1].scores.samples:
        assert all(form in text.decode() for form in draw.forms)


def test_tensorboard_reads_the_hyperparameters(accumulated: Any, trained: RunDirectory) -> None:
    from tensorboard.plugins.hparams import metadata

    summary = accumulated.summary_metadata[metadata.SESSION_START_INFO_TAG]
    start = metadata.parse_session_start_info_plugin_data(summary.plugin_data.content)
    assert start.hparams["model.latent_size"].number_value == trained.config().model.latent_size
    assert start.hparams["objective.annealing.kind"].string_value
    assert "best/joint" in accumulated.Tags()["scalars"]


def test_several_runs_are_a_folder_each_for_tensorboard(
    trained: RunDirectory, second: RunDirectory, tmp_path: Path
) -> None:
    write(FORMATS["tensorboard"], [trained, second], tmp_path / "board")
    assert {path.name for path in (tmp_path / "board").iterdir()} == {"trained", "second"}


def test_a_folder_with_anything_else_in_it_is_never_replaced(
    trained: RunDirectory, tmp_path: Path
) -> None:
    board = tmp_path / "board"
    write(FORMATS["tensorboard"], [trained], board)
    write(FORMATS["tensorboard"], [trained], board, force=True)
    assert len(list(board.iterdir())) == 1
    (board / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match=r"thesis\.tex is not an event file"):
        write(FORMATS["tensorboard"], [trained], board, force=True)
    assert (board / "thesis.tex").exists()


def test_a_page_of_curves_is_the_same_bytes_each_time(
    trained: RunDirectory, second: RunDirectory
) -> None:
    for format in ("svg", "png"):
        once, again = (contents(format, FORMATS[format].read([trained, second])) for _ in "12")
        assert once == again


def texts(svg: bytes) -> Iterator[str]:
    for element in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        yield "".join(element.itertext())


def test_the_curves_name_their_quantities_units_and_runs(
    trained: RunDirectory, second: RunDirectory
) -> None:
    found = [*texts(contents("svg", FORMATS["svg"].read([trained, second])))]
    for label in (*(metric(panel).label for panel in PANELS), "Epoch", "trained", "second"):
        assert label in found


def test_a_metric_that_no_run_has_recorded_has_no_panel(trained: RunDirectory) -> None:
    earlier = RunDirectory(Path(__file__).parents[1] / "earlier" / "runs" / "default")
    assert "loss" not in panels([read_run(earlier)])
    assert panels([read_run(earlier), read_run(trained)]) == list(PANELS)
    labels = [*texts(contents("svg", [read_run(earlier)]))]
    assert metric("kl").label in labels and metric("loss").label not in labels


def test_a_picture_is_sharp_enough_for_print(trained: RunDirectory) -> None:
    picture = matplotlib.image.imread(io.BytesIO(contents("png", [read_run(trained)])))
    height, width = picture.shape[:2]
    assert width == round(7.2 * 300) and height > width / 2
    assert len({tuple(pixel) for row in picture[::20] for pixel in row[::5]}) > 3


def test_a_name_is_neither_mathematics_nor_markup(trained: RunDirectory, tmp_path: Path) -> None:
    odd = RunDirectory(shutil.copytree(trained.path, tmp_path / "_$x^2$ <b>&\x1b[31m"))
    records = FORMATS["svg"].read([odd, trained])
    assert "_$x^2$ <b>&\\x1b[31m" in [*texts(contents("svg", records))]
    contents("png", records)


def test_a_long_series_is_thinned_and_keeps_its_extremes() -> None:
    values = [float(number % 7) for number in range(100_000)]
    values[55_555], values[3] = 1000.0, math.nan
    points = [*thinned([number / 10 for number in range(len(values))], values)]
    assert len(points) == MOST_POINTS
    assert max(point.high for point in points) == 1000
    assert all(point.low <= point.mean <= point.high for point in points)
    assert [*thinned([], [])] == []
    assert math.isnan(next(thinned([1.0], [math.nan])).mean)


@pytest.mark.parametrize("format", FILES)
def test_nothing_is_overwritten_unless_asked(
    trained: RunDirectory, tmp_path: Path, format: str
) -> None:
    place = tmp_path / "export"
    place.write_text("mine")
    options = Options(diagnostics=False)
    with pytest.raises(InputError, match="--force"):
        write(FORMATS[format], [trained], place, options=options)
    assert place.read_text() == "mine"
    write(FORMATS[format], [trained], place, force=True, options=options)
    assert place.read_bytes() == contents(format, [read_run(trained)], diagnostics=False)
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_page_that_is_given_up_leaves_nothing(trained: RunDirectory, tmp_path: Path) -> None:
    for diagnostics in (True, False):
        with pytest.raises(Cancelled):
            options = Options(diagnostics=diagnostics, cancelled=lambda: True)
            write(FORMATS["html"], [trained], tmp_path / "page", options=options)
    assert not list(tmp_path.iterdir())


def test_more_runs_than_can_be_told_apart_are_refused(
    trained: RunDirectory, tmp_path: Path
) -> None:
    runs = [RunDirectory(trained.path.parent / f"run-{n}") for n in range(MOST_RUNS + 1)]
    with pytest.raises(InputError, match=f"up to {MOST_RUNS} runs"):
        write(FORMATS["svg"], runs, tmp_path / "curves.svg")


def test_what_a_resume_made_void_is_in_no_export(copied: RunDirectory) -> None:
    told = read_whole(copied.journal_file)
    middle = next(one for one in told if isinstance(one, events.Evaluated))
    started = next(one for one in told if isinstance(one, events.Started))
    with JournalWriter(copied.journal_file) as journal:
        journal.write(
            events.Started(
                step=middle.step,
                epoch=middle.epoch,
                time=told[-1].time + 1,
                elapsed=middle.elapsed,
                resumed=True,
                steps=started.steps,
                steps_per_epoch=started.steps_per_epoch,
                words=started.words,
                paradigms=started.paradigms,
                duplicates=started.duplicates,
            )
        )
    record = read_run(copied)
    assert max(event.step for event in record.events) == middle.step
    assert max(int(row["step"]) for row in rows_of(contents("csv", [record]))) == middle.step


def test_a_run_that_has_not_begun_is_refused(copied: RunDirectory, tmp_path: Path) -> None:
    copied.journal_file.unlink()
    with pytest.raises(InputError, match="has no recorded steps"):
        write(FORMATS["csv"], [copied], tmp_path / "table.csv")


def test_alarms_are_those_of_the_journal(copied: RunDirectory) -> None:
    last = read_whole(copied.journal_file)[-1]
    moment = {name: getattr(last, name) for name in ("step", "epoch", "time", "elapsed")}
    disk = events.Alarm(**moment, kind="disk", message="full", advice="", begins=True)
    with JournalWriter(copied.journal_file) as journal:
        journal.write(disk)
    run = read_run(copied)
    assert run.alarms == run.history.alarms and disk in run.active_alarms


def test_alarms_of_an_older_journal_are_computed_from_some_of_its_readings(
    copied: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        msgspec.structs.replace(one, scores=msgspec.structs.replace(one.scores, commonest=None))
        if isinstance(one, events.Evaluated)
        else one
        for one in read_whole(copied.journal_file)
        if not isinstance(one, events.Alarm)
    ]
    copied.journal_file.unlink()
    with JournalWriter(copied.journal_file) as journal:
        for one in found:
            journal.write(one)
    run = read_run(copied)
    assert run.alarms == alarms(run.config, run.events)
    monkeypatch.setattr(run_data, "MOST_READINGS", 3)
    given: list[events.Event] = []
    monkeypatch.setattr(run_data, "alarms", lambda _, some: given.extend(some) or [])
    assert read_run(copied).alarms == []
    readings = [one for one in given if isinstance(one, events.Progress)]
    assert 3 <= len(readings) < 6 and set(run.history.evaluations) <= set(given)


def test_the_documentation_names_every_format_and_no_metric_that_is_not_there() -> None:
    text = (Path(__file__).parents[3] / "docs" / "exports.md").read_text()
    for format in FORMATS.values():
        assert f"| `{format.name}` | {format.summary} |" in text
    (listed,) = re.findall(r"From each progress event: (.*?) and `kl_of_dimension_01`", text)
    assert {"loss", "gaussian"} <= set(re.findall(r"`(\w+)`", listed))
    beside = {"gaussian_ci95_low", "gaussian_ci95_high"}
    assert set(re.findall(r"`(\w+)`", listed)) - beside <= METRICS.keys()

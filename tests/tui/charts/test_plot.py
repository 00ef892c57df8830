import math
from collections.abc import Sequence

from core.exports.palette import MARKERS
from core.runs.history import Series
from core.training.events import Paused
from tui.charts.canvas import Canvas
from tui.charts.plot import GUTTER, Plot, add_upright, notice
from tui.charts.series_cache import Line, SeriesCache
from tui.charts.view import View, view


def line(values: Sequence[float], place: int | None) -> Line:
    series = Series()
    for step, value in enumerate(values):
        series.append(Paused(step=step, epoch=step, time=0.0, elapsed=step * 60.0), value)
    return Line(series, place)


def seen(*lines: Line, cells: int = 30) -> View:
    shown = view([SeriesCache(one, 0).raw for one in lines], cells * 2)
    assert shown
    return shown


def rows(canvas: Canvas) -> list[str]:
    return ["".join(text for text, _ in canvas.runs(y)) for y in range(len(canvas))]


def test_gutter_ticks_and_foot_stand_around_the_curves() -> None:
    drawn = rows(Plot().draw(seen(line([0, 1, 2], None)), GUTTER + 30, 6, "epoch"))
    assert drawn[0].startswith("     2┤") and drawn[4].startswith("     0┤")
    assert drawn[1][:GUTTER] == "      │"
    assert drawn[5].split() == ["0", "epoch", "2"]
    timed = rows(Plot().draw(seen(line([0, 1, 2], None)), GUTTER + 30, 6, "time"))
    assert timed[5].split() == ["0:00", "time", "0:02"]


def test_a_line_outside_of_the_selection_has_no_marker_and_others_have_their_own() -> None:
    shown = seen(line([0.0] * 9, None), line([1.0] * 9, 0), line([2.0] * 9, 3))
    text = "\n".join(rows(Plot().draw(shown, GUTTER + 30, 9, "step")))
    assert {mark for mark in MARKERS if mark in text} == {MARKERS[0], MARKERS[3]}


def test_markers_of_lines_on_one_another_stand_side_by_side() -> None:
    shown = seen(*(line([1.0] * 9, place) for place in range(8)), cells=40)
    text = "\n".join(rows(Plot().draw(shown, GUTTER + 40, 5, "step")))
    assert all(marker in text for marker in MARKERS)


def test_a_line_without_a_finite_value_leaves_the_others() -> None:
    shown = seen(line([math.nan] * 3, 0), line([1.0, 2.0, 3.0], 1))
    text = "\n".join(rows(Plot().draw(shown, GUTTER + 30, 5, "step")))
    assert MARKERS[1] in text and MARKERS[0] not in text


def test_what_did_not_change_is_not_drawn_again() -> None:
    plot, still, growing = Plot(), line([1.0, 2.0], 0), line([1.0, 2.0], 1)
    caches = [SeriesCache(one, 0) for one in (still, growing)]
    for _ in range(2):
        shown = view([cache.raw for cache in caches], 60)
        assert shown
        plot.draw(shown, GUTTER + 30, 5, "step")
        before = dict(plot._drawn)
    growing.series.append(Paused(step=2, epoch=2, time=0.0, elapsed=2.0), 1.5)
    shown = view([caches[0].raw, caches[1].raw], 60, extent=None)
    assert shown
    plot.draw(shown, GUTTER + 30, 5, "step")
    assert plot._drawn.keys() == before.keys()


def test_an_upright_stands_behind_the_curves_with_its_letter_on_top() -> None:
    canvas = Plot().draw(seen(line([1.0, 1.0], None)), GUTTER + 30, 6, "step")
    add_upright(canvas, 10, "│", "cursor", "▾")
    drawn = rows(canvas)
    assert drawn[0][GUTTER + 10] == "▾" and drawn[1][GUTTER + 10] == "│"
    assert drawn[5][GUTTER + 10] == " ", "not in the foot"


def test_a_notice_stands_in_the_middle() -> None:
    assert rows(notice(14, 3, "no value yet"))[1] == " no value yet "
    assert rows(notice(14, 0, "no value yet")) == []

from core.runs.history import Series
from core.training.events import Paused
from tui.charts.series_cache import Course


def grown(series: Series, *values: float) -> Series:
    for value in values:
        step = len(series)
        series.append(Paused(step=step, epoch=step, time=0, elapsed=step), value)
    return series


def test_a_course_no_longer_holds_once_values_were_dropped() -> None:
    series = grown(Series(), 1.0, 2.0, 3.0)
    course = Course(series, 0.5)
    assert len(course.smooth("line").values) == 3
    grown(series, 4.0)
    assert course.holds and len(course.smooth("line").values) == 4
    series.forget_after(1)
    grown(series, 3.0, 4.0)
    assert not course.holds


def test_without_a_weight_nothing_is_smoothed() -> None:
    series = grown(Series(), 1.0, 2.0)
    assert Course(series, 0).smooth("line").values is series.values

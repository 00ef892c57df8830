import time

import pytest

from core.training.clock import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the clock reads, to be moved by hand."""
    moment = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: moment[0])
    return moment


def test_time_is_counted_from_the_start_and_not_in_pauses(now: list[float]) -> None:
    clock = Clock()
    now[0] += 5
    assert clock.elapsed == 0
    clock.start()
    now[0] += 2
    assert clock.elapsed == 2
    clock.pause()
    now[0] += 100
    assert clock.elapsed == 2
    clock.start()
    clock.start()
    now[0] += 1
    assert clock.elapsed == 3


def test_a_resumed_clock_goes_on_from_what_was_counted(now: list[float]) -> None:
    clock = Clock(elapsed=60)
    clock.start()
    now[0] += 1
    assert clock.elapsed == 61
    assert clock.lap(100) == pytest.approx(100)


def test_words_per_second_are_those_since_the_last_lap(now: list[float]) -> None:
    clock = Clock()
    clock.start()
    now[0] += 2
    assert clock.lap(100) == pytest.approx(50)
    now[0] += 4
    assert clock.lap(300) == pytest.approx(50)
    now[0] += 30
    clock.restart_lap(300)
    now[0] += 1
    assert clock.lap(400) == pytest.approx(100)


def test_a_lap_without_time_divides_by_something() -> None:
    clock = Clock()
    assert clock.lap(1) > 0


def test_the_time_left_follows_from_the_pace(now: list[float]) -> None:
    clock = Clock()
    clock.start()
    now[0] += 10
    assert clock.left(20, 100) == pytest.approx(40)
    assert clock.left(100, 100) == 0
    assert clock.left(0, 100) == pytest.approx(1000)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.charts.window import Window


@given(st.floats(0.01, 1e7))
def test_the_whole_of_a_run_is_in_sight_with_little_room_to_spare(last: float) -> None:
    start, end = Window().limits(last)
    assert start == 0
    assert last * (1 - 1e-6) <= end <= last * 1.26 + 1e-9


def test_what_is_in_sight_moves_in_jumps_so_that_a_picture_stays() -> None:
    ends = [Window().limits(50 + step / 100)[1] for step in range(100)]
    assert len(set(ends)) <= 3
    following = [Window(span=16).limits(50 + step / 100) for step in range(100)]
    assert len(set(following)) <= 3


def test_following_it_ends_at_the_newest_point() -> None:
    window = Window().zoomed(0.5, 100)
    assert not window.held
    start, end = window.limits(100)
    assert end == pytest.approx(100, rel=0.07) and end - start == pytest.approx(50, rel=0.1)
    assert window.limits(200)[0] > end - 1


def test_looking_back_holds_it_still_until_it_comes_to_the_end_again() -> None:
    window = Window().zoomed(0.5, 100).panned(-0.5, 100)
    assert window.held
    assert window.limits(100) == window.limits(500)
    assert not window.following().held
    assert not window.panned(5, 100).held


def test_nobody_looks_beyond_the_beginning() -> None:
    window = Window().zoomed(0.25, 100).panned(-100, 100)
    start, end = window.limits(100)
    assert start == 0 and end == pytest.approx(25)


@given(st.floats(0, 100), st.floats(0.1, 0.95))
def test_zooming_leaves_what_is_under_the_pointer_where_it_is(at: float, factor: float) -> None:
    before = Window(span=40, end=80)
    at = 40 + at * 0.4
    after = before.zoomed(factor, 100, at)
    (start, end), (first, last) = before.limits(100), after.limits(100)
    assert (at - first) / (last - first) == pytest.approx((at - start) / (end - start), abs=1e-6)


def test_zooming_out_far_enough_shows_the_whole_and_follows() -> None:
    window = Window(span=10, end=50)
    for _ in range(20):
        window = window.zoomed(1.5, 100)
    assert window == Window()


def test_a_cursor_that_leaves_the_sight_takes_it_along() -> None:
    window = Window(span=10, end=50)
    assert window.showing(45, 100) == window
    assert window.showing(30, 100).limits(100) == (30, 40)
    assert window.showing(60, 100).limits(100) == (50, 60)

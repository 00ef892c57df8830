import pytest

from tui.screens.latent.scatter import MARKS, OTHERS, Viewport, mark, neighbour, winners

POINTS = [(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 1.0)]


def test_a_viewport_holds_all_points_with_the_top_in_the_first_row() -> None:
    window = Viewport.of(POINTS)
    cells = [window.cell(point, 5, 3) for point in POINTS]
    assert cells == [(0, 2), (4, 2), (4, 0), (2, 1)]
    assert window.cell((5.0, 1.0), 5, 3) is None


def test_points_that_are_all_one_lie_in_the_middle() -> None:
    assert Viewport.of([(3.0, 3.0)]).cell((3.0, 3.0), 5, 3) == (2, 1)


@pytest.mark.parametrize(
    ("centre", "expected"),
    [((2, 1), (1, 3, 0.5, 1.5)), ((0, 0), (0, 2, 0, 1)), ((4, 2), (2, 4, 1, 2))],
)
def test_a_zoom_stays_within_the_points(
    centre: tuple[float, float], expected: tuple[float, ...]
) -> None:
    assert Viewport.of(POINTS).zoomed(2, centre) == Viewport(*expected)


def test_a_cell_shows_the_group_with_most_points_in_it() -> None:
    cells = [(0, 0), (0, 0), (0, 0), (1, 0), (1, 0), None]
    assert winners(cells, [2, 1, 1, 5, 3, 4]) == {(0, 0): 1, (1, 0): 3}


def test_every_group_has_a_mark_and_the_first_have_one_each() -> None:
    marks = [mark(group) for group in range(len(MARKS) + 2)]
    assert marks == [*MARKS, OTHERS, OTHERS]
    assert len(set(MARKS + OTHERS)) == len(MARKS) + 1


@pytest.mark.parametrize(
    ("direction", "expected"), [((1, 0), 1), ((0, 1), 2), ((-1, 0), 0), ((0, -1), 0)]
)
def test_a_step_goes_to_the_nearest_point_in_its_direction(
    direction: tuple[int, int], expected: int
) -> None:
    cells = [(0, 0), (3, 0), (0, 2), (1, 3), None]
    assert neighbour(cells, 0, direction) == expected

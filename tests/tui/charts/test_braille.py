from hypothesis import given
from hypothesis import strategies as st

from tui.charts.bins import GAP, Bin
from tui.charts.braille import BLANK, HATCH, SOLID, draw


def at(value: float) -> Bin:
    return Bin(value, value, value, value)


def test_a_flat_line_at_the_bottom_fills_the_lowest_dots() -> None:
    assert draw([at(0)] * 4, 0, 1, 2) == [BLANK * 2, "\u28c0" * 2]


def test_a_flat_line_at_the_top_fills_the_highest_dots() -> None:
    assert draw([at(1)] * 4, 0, 1, 2) == ["\u2809" * 2, BLANK * 2]


def test_a_spike_within_a_column_is_drawn_to_its_height() -> None:
    (cell,) = draw([Bin(0, 0, 0, 1), at(0)], 0, 1, 1)
    assert ord(cell) & 0x47 == 0x47


def test_columns_without_points_are_bridged() -> None:
    (line,) = draw([at(0), None, None, None, None, None, None, at(0)], 0, 1, 1)
    assert BLANK not in line


def test_nothing_is_drawn_where_there_is_nothing() -> None:
    assert draw([None] * 6, 0, 1, 2) == [BLANK * 3] * 2


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6).map(at), min_size=2, max_size=80),
    st.integers(1, 20),
)
def test_any_columns_fill_the_rows_asked_for(shown: list[Bin | None], rows: int) -> None:
    lines = draw(shown, -10, 10, rows)
    assert [len(line) for line in lines] == [(len(shown) + 1) // 2] * rows
    if any(shown):
        assert any(character != BLANK for line in lines for character in line)


def test_a_line_breaks_off_at_a_gap() -> None:
    (line,) = draw([at(0), None, None, GAP, None, None, None, at(0)], 0, 1, 1)
    assert line[1:3] == BLANK * 2
    assert line[0] != BLANK != line[3]


def test_a_broken_line_still_shows_a_spike() -> None:
    columns: list[Bin | None] = [at(0)] * 9
    for x in range(9):
        spiked = [*columns[:x], Bin(0, 0, 0, 1), *columns[x + 1 :]]
        for pattern in (SOLID, HATCH):
            top = draw(spiked, 0, 1, 4, pattern)[0]
            assert any(character != BLANK for character in top)

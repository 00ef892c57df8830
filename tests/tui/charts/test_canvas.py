from tui.charts.canvas import Canvas


def test_a_row_is_told_in_runs_of_a_style_and_blanks_belong_to_any() -> None:
    canvas = Canvas(8, 1, "axis")
    canvas.write(0, 0, "1┤", "axis")
    canvas.write_dots(4, 0, "⠁_⠂", "_", "line")
    assert list(canvas.runs(0)) == [("1┤  ", "axis"), ("⠁ ⠂ ", "line")]


def test_what_stands_in_the_foreground_is_not_written_over() -> None:
    canvas = Canvas(2, 1, "axis")
    canvas.write(0, 0, "⠁", "line")
    for x in range(2):
        canvas.write_behind(x, 0, "┊", "mark", weaker="mark")
        canvas.write_behind(x, 0, "│", "cursor", weaker="mark")
    assert list(canvas.runs(0)) == [("⠁", "line"), ("│", "cursor")]


def test_two_canvases_differ_from_the_first_to_the_last_cell_that_does() -> None:
    one = Canvas(6, 2, "axis")
    other = one.copy()
    other.write(1, 1, "a", "axis")
    other.write(4, 1, " ", "line")
    assert other.differing(one, 0) is None
    assert other.differing(one, 1) == (1, 5)


def test_a_text_that_is_too_long_is_cut_off() -> None:
    canvas = Canvas(3, 1, "axis")
    canvas.write(1, 0, "abc", "axis")
    assert list(canvas.runs(0)) == [(" ab", "axis")]

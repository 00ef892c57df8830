import pytest

from tui.text.format import ago, duration, figure, score


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (59.6, "1:00"), (754, "12:34"), (3_725, "1:02:05")]
)
def test_durations_are_read_as_clocks(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"), [(-1, "0 s"), (59, "59 s"), (61, "1 min"), (7_300, "2 h"), (9e5, "10 d")]
)
def test_ages_have_one_unit(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12.3456, "12.35"),
        (0.00005, "5.0e-5"),
        (1e7, "1.0e7"),
        (float("nan"), "not finite"),
    ],
)
def test_figures_are_short(value: float, text: str) -> None:
    assert figure(value) == text


def test_a_missing_score_is_blank() -> None:
    assert score(None) == ""
    assert score(0.92861) == "0.9286"

import json
from pathlib import Path

import pytest

from tui.state.view_state import KEPT, ViewState, state_file


def test_what_was_set_is_there_the_next_time(tmp_path: Path) -> None:
    ViewState(tmp_path).set("smoothing", 0.6)
    assert ViewState(tmp_path).get("smoothing", 0.0) == 0.6


def test_runs_directories_do_not_share_what_was_not_meant_for_all(tmp_path: Path) -> None:
    here, there = ViewState(tmp_path / "a"), ViewState(tmp_path / "b")
    here.set("run", "mine")
    here.set("theme", "cvae-light", everywhere=True)
    there.set("run", "other")
    again = ViewState(tmp_path / "b")
    assert (again.get("run", ""), again.get("theme", "")) == ("other", "cvae-light")
    assert ViewState(tmp_path / "a").get("run", "") == "mine"


def test_a_value_of_another_type_counts_as_none(tmp_path: Path) -> None:
    ViewState(tmp_path).set("smoothing", "much")
    assert ViewState(tmp_path).get("smoothing", 0.5) == 0.5
    assert ViewState(tmp_path).get("smoothing", False) is False


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"": 3}', "\ufeff{}", "[" * 100_000, "\x00", '{"": {"theme": ["x"]}}']
)
def test_damage_is_nothing_remembered_and_is_mended(tmp_path: Path, text: str) -> None:
    state_file().parent.mkdir(parents=True)
    state_file().write_text(text)
    view = ViewState(tmp_path)
    assert view.get("theme", "dark") == "dark"
    view.set("theme", "light")
    assert ViewState(tmp_path).get("theme", "dark") == "light"


def test_what_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    state_file().parent.parent.mkdir(parents=True, exist_ok=True)
    state_file().parent.write_text("a file where a folder should be")
    view = ViewState(tmp_path)
    view.set("theme", "light")
    assert view.get("theme", "") == "light"


def test_nothing_but_the_file_is_left_behind(tmp_path: Path) -> None:
    for number in range(KEPT + 10):
        ViewState(tmp_path / str(number)).set("run", "x")
    assert [path.name for path in state_file().parent.iterdir()] == ["view.json"]
    assert len(json.loads(state_file().read_text())) == KEPT

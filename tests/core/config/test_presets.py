from pathlib import Path

import pytest

from core.config import presets
from core.config.build import to_toml, with_settings
from core.config.presets import preset, preset_description, preset_names, save_preset
from core.config.schema import Config
from core.errors import InputError

CHANGED = with_settings(Config(), ["training.epochs=7", "optimizer.learning_rate=0.0123456789"])


def test_a_saved_preset_is_found_by_its_name_beside_those_that_ship() -> None:
    shipped = preset_names()
    save_preset("mine", CHANGED, "Seven epochs,\nno more.")
    assert preset_names() == (*shipped, "mine")
    assert preset("mine") == CHANGED
    assert preset_description("mine") == "Seven epochs, no more."


def test_a_preset_holds_every_setting() -> None:
    file = save_preset("mine", CHANGED, "Seven epochs.")
    assert file.parent == presets.own_folder()
    assert file.read_text() == 'description = "Seven epochs."\n' + to_toml(CHANGED)


def test_a_preset_of_an_earlier_layout_has_the_defaults_of_then() -> None:
    presets.own_folder().mkdir(parents=True)
    (presets.own_folder() / "mine.toml").write_text("[training]\nepochs = 7\n")
    assert preset("mine") == with_settings(preset("default"), ["training.epochs=7"])


def test_nothing_is_overwritten_unless_that_was_asked_for() -> None:
    save_preset("mine", CHANGED, "")
    with pytest.raises(InputError, match="there is a preset 'mine' already"):
        save_preset("mine", Config(), "")
    assert preset("mine") == CHANGED
    save_preset("mine", Config(), "", replace=True)
    assert preset("mine") == Config()
    assert [path.name for path in presets.own_folder().iterdir()] == ["mine.toml"]


@pytest.mark.parametrize("replace", [False, True])
def test_a_shipped_preset_is_never_replaced(replace: bool) -> None:
    with pytest.raises(InputError, match="ships with the program"):
        save_preset("lab4", Config(), "", replace=replace)


@pytest.mark.parametrize("name", ["", "../mine", ".mine", "a b", "a/b", "x" * 61, "é"])
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="cannot be the name of a preset"):
        save_preset(name, Config(), "")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("training = ", "is not valid TOML"),
        ("[training]\nepochs = 0", "preset bad: training.epochs: 0 is not accepted"),
        ("[trainer]\nepochs = 1", "'trainer' is not a section"),
    ],
)
def test_a_damaged_preset_is_refused_in_a_sentence(text: str, complaint: str) -> None:
    presets.own_folder().mkdir(parents=True)
    (presets.own_folder() / "bad.toml").write_text(text)
    with pytest.raises(InputError, match=complaint):
        preset("bad")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    presets.own_folder().parent.mkdir(parents=True)
    presets.own_folder().write_text("a file where a folder should be")
    with pytest.raises(InputError, match="cannot write"):
        save_preset("mine", Config(), "")


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    save_preset("mine", CHANGED, "")
    with pytest.raises(InputError, match=r"accepted: default, converter, lab4, mine"):
        preset("yours")

from pathlib import Path

import msgspec
import pytest

from core.config import presets
from core.config.build import with_settings
from core.config.fields import Field, field, fields
from core.config.presets import preset
from core.config.schema import Chosen, Config
from core.errors import InputError
from tui.screens.setup.draft import Draft, label
from tui.text.command_line import command_line

EPOCHS, RATE = field("training.epochs"), field("optimizer.learning_rate")


def test_a_draft_begins_as_its_preset() -> None:
    for name in presets.shipped_names():
        assert Draft(name).config() == preset(name)
        assert Draft(name).changed() == []


def test_what_is_typed_counts_and_is_marked() -> None:
    draft = Draft()
    draft.type(EPOCHS, "7")
    assert draft.config() == with_settings(preset("default"), ["training.epochs=7"])
    assert draft.changed() == [EPOCHS]


def test_another_spelling_of_the_same_value_is_no_change() -> None:
    draft = Draft()
    draft.type(RATE, "6e-3")
    assert not draft.differs(RATE)


def test_a_text_that_cannot_be_is_kept_and_explained() -> None:
    draft = Draft()
    draft.type(EPOCHS, "many")
    assert draft.text(EPOCHS) == "many"
    assert "'many' is not accepted; it takes a whole number" in draft.problem(EPOCHS)
    with pytest.raises(InputError, match=r"training\.epochs: 'many'"):
        draft.config()


@pytest.mark.parametrize(("key", "text"), [("data.corpus", "nowhere"), ("data.pairs", "no.tsv")])
def test_a_file_that_is_not_there_is_a_problem(key: str, text: str) -> None:
    draft = Draft()
    draft.type(field(key), text)
    assert f"there is no '{text}'" in draft.problem(field(key))


def test_what_is_typed_into_one_field_is_undone_at_once() -> None:
    draft = Draft()
    for text in ("1", "12", "123"):
        draft.type(EPOCHS, text)
    draft.type(RATE, "0.5")
    assert draft.undo()
    assert (draft.text(EPOCHS), draft.text(RATE)) == ("123", "0.006")
    assert draft.undo()
    assert draft.config() == preset("default")
    assert not draft.undo()


def test_taking_everything_back_and_another_preset_can_be_undone() -> None:
    draft = Draft()
    draft.type(EPOCHS, "7")
    draft.fill(draft.base)
    assert draft.changed() == []
    draft.undo()
    assert draft.changed() == [EPOCHS]
    draft.choose("lab4")
    assert (draft.preset_name, draft.config()) == ("lab4", preset("lab4"))
    draft.undo()
    assert (draft.preset_name, draft.changed()) == ("default", [EPOCHS])


def test_a_preset_that_cannot_be_used_changes_nothing() -> None:
    draft = Draft()
    draft.type(EPOCHS, "7")
    with pytest.raises(InputError, match="is not a preset"):
        draft.choose("nobody's")
    assert (draft.preset_name, draft.changed()) == ("default", [EPOCHS])


def test_a_field_goes_back_to_its_preset_not_to_its_default() -> None:
    draft = Draft("lab4")
    draft.type(RATE, "0.5")
    draft.reset(RATE)
    assert draft.text(RATE) == "0.05"


def test_a_choice_brings_its_settings_and_keeps_those_typed_before() -> None:
    draft, kind, size = Draft("lab4"), field("prior.kind"), field("prior.size")
    assert size not in draft.fields()
    draft.type(kind, "codebook")
    assert size in draft.fields()
    assert draft.changed() == [kind]
    draft.type(size, "7")
    draft.type(kind, "standard")
    assert draft.config() == preset("lab4")
    draft.type(kind, "codebook")
    assert draft.config() == with_settings(preset("lab4"), ["prior.kind=codebook", "prior.size=7"])
    assert command_line(draft.config(), "lab4", draft.base, "", Path("runs")).endswith(
        "--set prior.kind=codebook --set prior.size=7"
    )


def test_settings_in_an_order_that_a_reader_expects() -> None:
    labels = [label(one) for one in Draft().fields() if one.section == "objective"]
    assert labels[2:5] == ["annealing", "  beta max", "  beta start"]


def test_a_run_that_is_filled_in_leaves_what_was_chosen_behind() -> None:
    chosen = Chosen(device="cpu", threads=2, precision="float32", batch_size=64)
    draft = Draft()
    draft.fill(msgspec.structs.replace(preset("default"), chosen=chosen))
    assert draft.config() == preset("default")


@pytest.mark.parametrize("known", fields(), ids=lambda known: known.key)
def test_every_text_can_be_typed_without_an_exception(known: Field) -> None:
    draft = Draft()
    for text in ("", "[red]", "\x1b[31m", "9" * 5000, "nan", "é", "\udcff", "~nobody/x"):
        draft.type(known, text)
        draft.problem(known)
        draft.differs(known)


def test_the_command_line_says_what_differs_and_quotes_it(tmp_path: Path) -> None:
    base = preset("lab4")
    config = with_settings(base, ["training.seed=3", "data.corpus=my words; rm *.tsv"])
    assert command_line(config, "lab4", base, "mine", Path("my runs")) == (
        "cvae-tui train --runs-dir 'my runs' --preset lab4 --name mine "
        "--set 'data.corpus=my words; rm *.tsv' --set training.seed=3"
    )
    assert command_line(Config(), "default", Config(), "", Path("runs")) == "cvae-tui train"

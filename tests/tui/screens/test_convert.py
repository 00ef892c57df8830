import csv
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import safetensors
from safetensors.torch import load_file, save_file
from textual import events
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, Select, Static

from core.corpus.paradigms import Paradigm
from core.corpus.vocabulary import EOS, FIRST_OUTPUT
from core.model.inference import Form
from core.runs.directory import RunDirectory
from tui.app.app import CvaeApp
from tui.screens.base import SCREENS
from tui.screens.convert.converted import Converted, expectations, spelt, verdict
from tui.screens.convert.screen import AUTO
from tui.widgets.model_picker import ModelPicker

SIZE = (80, 24)
Until = Callable[..., Awaitable[None]]
KEY = f"f{[*SCREENS].index('convert') + 1}"


def table(app: CvaeApp) -> DataTable[object]:
    return app.screen.query_one(DataTable)


def column(app: CvaeApp, index: int) -> list[str]:
    return [str(table(app).get_cell_at((row, index))) for row in range(table(app).row_count)]


def message(app: CvaeApp) -> str:
    return str(app.screen.query_one("#message", Static).render())


async def opened(pilot: Pilot[None], until: Until) -> None:
    await pilot.press(KEY)
    tense = pilot.app.screen.query_one("#tense", Select)
    await until(pilot, lambda: isinstance(tense.value, int))


def end_sooner(run: RunDirectory) -> None:
    """Replace a checkpoint by one that ends its words sooner."""
    file = run.checkpoint("best")
    with safetensors.safe_open(file, framework="pt") as opened_file:
        metadata = opened_file.metadata()
    tensors = load_file(file)
    tensors["model.decoder.output.bias"][EOS - FIRST_OUTPUT] += 5
    replacement = file.with_name("replacement")
    save_file(tensors, replacement, metadata=metadata)
    replacement.replace(file)


async def test_a_replaced_checkpoint_is_used_at_once_and_that_is_said(
    copied: RunDirectory, until: Until
) -> None:
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        await pilot.press(*"giving")
        await until(pilot, lambda: table(app).row_count == 4)
        before = column(app, 1)
        end_sooner(copied)
        await until(pilot, lambda: table(app).row_count == 4 and column(app, 1) != before)
        said = app.screen.query_one("#said", Static)
        assert str(said.render()).startswith("replaced ")
        assert app.screen.query_one(ModelPicker).region.right == SIZE[0]


async def test_the_first_checkpoint_of_a_training_is_offered_when_it_is_there(
    copied: RunDirectory, tmp_path: Path, until: Until
) -> None:
    file = copied.checkpoint("best")
    for name in copied.checkpoint_names():
        copied.checkpoint(name).rename(tmp_path / f"{name}.later")
    app = CvaeApp(copied.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(KEY)
        await until(pilot, lambda: "Train a model first" in message(app))
        await pilot.press(*"talk")
        (tmp_path / "best.later").rename(file)
        await until(pilot, lambda: table(app).row_count == 4)
        assert not message(app)


async def test_a_form_shows_its_least_sure_character_and_the_corpus_verdict(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        await pilot.press(*"talk")
        await until(pilot, lambda: table(app).row_count == 4)
        model = app.models.load(trained, "best")
        (forms,) = model.inflect(["talk"], [0])
        for sure, form in zip(column(app, 2), forms, strict=True):
            character, chance = form.least_sure
            assert sure == f"{chance:.2f} {character or 'end'}"
        expected = ("talk", "talks", "talking", "talked")
        for found, form, wanted in zip(column(app, 3), forms, expected, strict=True):
            assert found == ("✓ right" if form.word == wanted else f"✗ {wanted}")


async def test_a_pasted_list_becomes_words_and_what_cannot_be_spelt_is_said(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        await pilot.press(*"cut")
        word = app.screen.query_one("#word", Input)
        word.post_message(events.Paste("walk\r\ntalks\tjumped\n\n"))
        word.post_message(events.Paste("9 8"))
        await until(pilot, lambda: table(app).row_count == 4)
        assert word.value == "cut walk talks jumped 9 8"
        assert [cell.split()[0] for cell in column(app, 0)] == ["cut", "walk", "talks", "jumped"]
        assert "'9' has '9'" in message(app)
        assert "(and 1 more)" in message(app)


async def test_auto_reads_each_word_in_its_likeliest_tense(
    trained: RunDirectory, until: Until
) -> None:
    app = CvaeApp(trained.path.parent)
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        app.screen.query_one("#tense", Select).value = AUTO
        app.screen.query_one("#word", Input).value = "talking walks played"
        await until(pilot, lambda: table(app).row_count == 3)
        found = app.models.load(trained, "best").likeliest_conditions(
            ["talking", "walks", "played"]
        )
        shorts = [cell.split()[1] for cell in column(app, 0)]
        assert shorts == [("sp", "tp", "pg", "p")[one] for one in found]
        app.screen.query_one("#word", Input).value = "talking"
        await until(pilot, lambda: table(app).row_count == 4)
        assert message(app) == f"Read as {trained.vocabulary().conditions[found[0]]}."


async def test_a_second_model_stands_beside_the_first_with_its_differences_marked(
    trained: RunDirectory, tmp_path: Path, until: Until
) -> None:
    for name in ("first", "second"):
        shutil.copytree(trained.path, tmp_path / name)
    other = RunDirectory(tmp_path / "second")
    end_sooner(other)
    app = CvaeApp(tmp_path)
    app.viewed = RunDirectory(tmp_path / "first")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        await pilot.press("ctrl+o")
        app.screen.query_one("#second #run", Select).value = str(other.path)
        app.screen.query_one("#word", Input).value = "giving"
        await until(pilot, lambda: len(table(app).columns) == 6)
        ours, theirs = column(app, 1), column(app, 3)
        models = [app.models.load(RunDirectory(tmp_path / n), "best") for n in ("first", "second")]
        words = [[form.word for form in m.inflect(["giving"], [0])[0]] for m in models]
        assert words[0] != words[1]
        assert [cell.rstrip("·") for cell in ours] == words[0]
        for cell, one, two in zip(theirs, *words, strict=True):
            assert cell.rstrip("·") == ("≠ " if one != two else "  ") + two
        app.screen.query_one("#word", Input).value = "giving cut"
        await until(pilot, lambda: table(app).row_count == 4)
        assert "words differ" in message(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: table(app).row_count == 2)


async def test_what_is_shown_is_saved_and_no_file_is_replaced_without_a_second_word(
    trained: RunDirectory, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = CvaeApp(trained.path.parent)
    file = tmp_path / "mine.tsv"
    file.write_text("precious")
    async with app.run_test(size=SIZE) as pilot:
        await opened(pilot, until)
        await pilot.press("ctrl+s")
        assert "nothing to save" in message(app)
        app.screen.query_one("#word", Input).value = "talk blorp"
        await until(pilot, lambda: table(app).row_count or "alphabet" in message(app))
        app.screen.query_one("#word", Input).value = "talk pull"
        await until(pilot, lambda: table(app).row_count == 2)
        await pilot.press("ctrl+s")
        await pilot.pause()
        saving = app.screen.query_one("#saving", Static)
        app.screen.query_one("#path", Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: "is a folder" in str(saving.render()))
        app.screen.query_one("#path", Input).value = "mine.tsv"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "exists" in str(saving.render()))
        assert file.read_text() == "precious"
        await pilot.press("enter")
        await until(pilot, lambda: file.read_text() != "precious")
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert [row["word"] for row in rows] == ["talk", "pull"]
    (forms,) = app.models.load(trained, "best").inflect(["talk"], [0])
    assert rows[0]["simple-past"] == forms[3].word
    assert float(rows[0]["least_sure"]) == pytest.approx(
        min(form.least_sure[1] for form in forms), abs=1e-4
    )


def test_a_word_of_two_verbs_may_be_converted_to_either() -> None:
    find, found = ("find", "found"), ("found", "founded")
    paradigms = [Paradigm(find), Paradigm(found, "test"), Paradigm(("found", "founden"), "valid")]
    (past, present, none) = expectations(paradigms, ["found", "found", "x"], [1, 0, 0])
    assert past is not None and present is not None and none is None
    assert (past.forms, past.split) == ((("find",), ("found",)), "train")
    assert (present.forms, present.split) == ((("found",), ("founded", "founden")), "test")
    forms = [Form(word, (1.0,) * (len(word) + 1)) for word in ("found", "foundan")]
    one = Converted("found", 0, [forms], present)
    assert verdict(one, 0).plain == "✓ right (test)"
    assert verdict(one, 1).plain == "✗ founded or founden (test)"
    assert verdict(Converted("x", 0, [forms], None), 1).plain == "unseen"


def test_unsure_characters_are_marked_without_colour() -> None:
    text = spelt("walk", Form("walks", (1, 0.95, 0.8, 0.4, 1, 0.3)))
    marked = {text.plain[span.start : span.end]: span.style for span in text.spans}
    assert text.plain == "walks·"
    assert marked == {"l": "underline", "k": "reverse", "s": "bold", "·": "reverse"}
    assert Form("walks", (1, 0.95, 0.8, 0.4, 1, 0.3)).least_sure == ("", 0.3)

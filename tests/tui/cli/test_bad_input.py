"""Whatever a user gets wrong is one sentence on standard error, exit code 2, and nothing lost."""

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.directory import RunDirectory

Run = Callable[..., "tuple[int, str, str]"]


def refused(result: tuple[int, str, str], *parts: str) -> None:
    code, out, err = result
    assert code == 2, err
    assert out == ""
    assert err.count("\n") == 1 and err.startswith("cvae-tui: ")
    for part in parts:
        assert part in err


@pytest.fixture
def train(cvae_tui: Run, tmp_path: Path) -> Run:
    def run(*arguments: object) -> tuple[int, str, str]:
        runs = tmp_path / "runs"
        result = cvae_tui("train", "--headless", "--runs-dir", runs, *arguments)
        assert not list(runs.glob("*")), "something was left behind"
        return result

    return run


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["--corpus", "nowhere.tsv"], ["no corpus 'nowhere.tsv'", "verbs, verbs-all"]),
        (["--corpus", "."], ["not a file"]),
        (["--preset", "nonsense"], ["'nonsense' is not a preset", "default, converter, lab4"]),
        (["--config", "nowhere.toml"], ["cannot read nowhere.toml"]),
        (["--set", "model.depth=3"], ["'model.depth' is not a setting", "model.hidden_size"]),
        (["--set", "depth=3"], ["'depth' is not a setting", "section.key"]),
        (["--set", "model.hidden_size"], ["section.key=value is needed"]),
        (["--set", "model.hidden_size=large"], ["model.hidden_size: 'large'", "a whole number"]),
        (["--set", "model.hidden_size=-1"], ["from 1 to"]),
        (["--set", "optimizer.learning_rate=nan"], ["'nan' is not accepted"]),
        (["--set", "model.variant=vae"], ["vae", "reconstruct"]),
        (["--set", "hardware.device=cuda"], ["there is no cuda here", "cpu"]),
        (["--epochs", "0"], ["training.epochs: '0'"]),
        (["--seed", "x"], ["training.seed: 'x'"]),
        (["--name", "../evil"], ["cannot be the name of a run"]),
        (["--name", ".hidden"], ["cannot be the name of a run"]),
        (["--name", "a" * 200], ["cannot be the name of a run"]),
        (["--pairs", "nowhere.tsv"], ["nowhere.tsv"]),
        (["--detach"], ["exclude each other"]),
        (["--resume", "nobody"], ["there is no run 'nobody'"]),
        (["--resume", "nobody", "--epochs", "3"], ["--epochs cannot be given with it"]),
        (["--nonsense"], ["--nonsense"]),
        (["extra"], ["extra"]),
    ],
)
def test_a_wrong_argument_of_train(train: Run, arguments: list[str], parts: list[str]) -> None:
    refused(train(*arguments), *parts)


@pytest.mark.parametrize(
    ("name", "content", "parts"),
    [
        ("binary.txt", b"\x7fELF\x02\x01\x00\xff\xfe", ["binary.txt, line 1", "not UTF-8"]),
        ("zeros.txt", bytes(100), ["control character"]),
        ("empty.tsv", b"", ["is empty"]),
        ("words.txt", b"a b c d\na b c\n", ["words.txt, line 2", "3 words instead of 4"]),
        ("twice.tsv", b"x\tx\na\tb\n", ["line 1", "'x' twice"]),
        ("again.tsv", b"x\ty\na\tb\nx\ty\n", ["line 3", "repeated"]),
        ("form.tsv", b"x\ty\na\t \n", ["line 2", "an empty form"]),
    ],
)
def test_a_bad_corpus(
    train: Run, tmp_path: Path, name: str, content: bytes, parts: list[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    refused(train("--corpus", tmp_path / name), *parts)


def test_a_bad_configuration_file(train: Run, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    for text, part in [
        ("[model", "not valid TOML"),
        ("model = 3", "must be a table"),
        ("[madel]\n", "not a section"),
        ("[model]\nhidden_size = '7'", "model.hidden_size"),
    ]:
        file.write_text(text)
        refused(train("--config", file), str(file), part)


def test_a_name_that_exists(cvae_tui: Run, trained: RunDirectory) -> None:
    refused(
        cvae_tui("train", "--headless", "--runs-dir", trained.path.parent, "--name", trained.name),
        f"there is a run '{trained.name}'",
    )


def test_a_finished_run_has_nothing_to_resume(cvae_tui: Run, trained: RunDirectory) -> None:
    refused(
        cvae_tui("train", "--headless", "--runs-dir", "x", "--resume", trained.path),
        "has finished all its epochs",
    )


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["walk", "--from", "nonsense"], "'nonsense' is not a tense"),
        (["walk", "--from", "sp", "--to", "xx"], "'xx' is not a tense"),
        (["naïve", "--from", "sp"], "'ï', which is not in the alphabet"),
        (["x" * 1000, "--from", "sp"], "at most 64"),
        (["", "--from", "sp"], "the word is empty"),
        (["walk"], "--from"),
        (["walk", "--from", "sp", "--beam", "2", "--temperature", "1"], "exclude each other"),
        (["walk", "--from", "sp", "--beam", "0"], "0 is not in the range"),
        (["walk", "--from", "sp", "--temperature", "nan"], "finite number"),
        (["walk", "--from", "sp", "--checkpoint", "../../x"], "has no checkpoint '../../x'"),
    ],
)
def test_a_wrong_argument_of_convert(
    cvae_tui: Run, trained: RunDirectory, arguments: list[str], part: str
) -> None:
    refused(cvae_tui("convert", trained.path, *arguments), part)


@pytest.mark.parametrize("words", [b"", b" \n ", b"\xff\xfe"])
def test_standard_input_without_words(
    cvae_tui: Run, trained: RunDirectory, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(words), encoding="utf-8"))
    refused(cvae_tui("convert", trained.path, "--from", "sp"), "standard input")


@pytest.mark.parametrize("command", ["convert walk --from sp", "sample", "evaluate"])
def test_a_run_that_cannot_be_used(cvae_tui: Run, copied: RunDirectory, command: str) -> None:
    verb, *rest = command.split()

    def run() -> tuple[int, str, str]:
        return cvae_tui(verb, copied.path, *rest)

    refused(cvae_tui(verb, copied.path / "nowhere", *rest), "there is no run")
    best = copied.checkpoint("best")
    whole = best.read_bytes()
    best.write_bytes(whole[: len(whole) // 2])
    refused(run(), "not a whole checkpoint")
    best.write_bytes(pickle.dumps({"weights": [1, 2, 3]}))
    refused(run(), "not a whole checkpoint")
    best.write_bytes((100 * 2**30).to_bytes(8, "little") + b"{}")
    refused(run(), "not a whole checkpoint")
    best.write_bytes(whole)
    vocabulary = copied.vocabulary_file.read_text()
    copied.vocabulary_file.write_text("{}")
    refused(run(), "vocabulary.json")
    copied.vocabulary_file.write_text(vocabulary.replace('"longest_form"', '"x"'))
    refused(run(), "vocabulary.json")
    copied.vocabulary_file.write_text(vocabulary)
    for file in copied.checkpoints.iterdir():
        file.unlink()
    refused(run(), "no checkpoint yet")


def test_a_bad_pair_file(cvae_tui: Run, trained: RunDirectory, tmp_path: Path) -> None:
    file = tmp_path / "pairs.tsv"
    for text, part in [
        ("walk walks walking\n", "3 words instead of 2"),
        ("walk nonsense\n", "their tenses are unknown"),
        ("source\ttarget\tsource_tense\ttarget_tense\n", "no pairs"),
        ("source\ttarget\tsource_tense\ttarget_tense\nwalk\twalks\tsp\txx\n", "line 2: 'xx'"),
        ("source\ttarget\tsource_tense\n", "the header must be"),
    ]:
        file.write_text(text)
        refused(cvae_tui("evaluate", trained.path, "--pairs", file), part)
    file.write_text("source\ttarget\tsource_tense\ttarget_tense\nwalké\twalks\tsp\ttp\n")
    refused(cvae_tui("evaluate", trained.path, "--pairs", file), "'é'")


def test_paradigms_of_other_tenses(cvae_tui: Run, trained: RunDirectory, tmp_path: Path) -> None:
    file = tmp_path / "p.tsv"
    file.write_text("x\ty\nwalk\twalks\n")
    refused(cvae_tui("evaluate", trained.path, "--paradigms", file), "has the conditions x, y")


@given(st.lists(st.text(max_size=12).filter(lambda text: "\0" not in text), max_size=3))
def test_no_words_on_the_command_line_end_in_a_traceback(cvae_tui: Run, words: list[str]) -> None:
    code, _, err = cvae_tui("convert", "nowhere", *words)
    assert code in (0, 2)
    assert "Traceback" not in err


def test_the_app_needs_a_terminal(cvae_tui: Run, tmp_path: Path) -> None:
    refused(cvae_tui("--runs-dir", tmp_path), "there is no terminal")
    refused(cvae_tui("train", "--runs-dir", tmp_path), "there is no terminal")
    assert not list(tmp_path.iterdir())


def test_an_error_that_nobody_foresaw_is_one_sentence_and_a_file(
    cvae_tui: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(runs: Path, **_: object) -> None:
        raise RuntimeError("a bug\nin two lines")

    monkeypatch.setattr("tui.cli.results.runs.Catalogue", broken)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    code, out, err = cvae_tui("runs")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and "a bug" in err and "Traceback" not in err
    written = Path(err.split()[-1])
    assert tmp_path in written.parents
    assert "in broken" in written.read_text()


def test_an_output_that_is_closed_or_cannot_encode_is_no_failure(trained: RunDirectory) -> None:
    environment = os.environ | {"CVAE_TUI_RUNS_DIR": str(trained.path.parent)}
    for command, encoding in (("runs >&-", "utf-8"), ("plot trained kl", "latin-1")):
        done = subprocess.run(
            f"{sys.executable} -m tui.cli.main {command}",
            shell=True,
            env=environment | {"PYTHONIOENCODING": encoding},
            capture_output=True,
        )
        assert (done.returncode, done.stderr) == (0, b"")

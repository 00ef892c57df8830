import errno
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.alarms.rules import RULES
from core.catalogue.listing import summarize
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory
from core.runs.journal import JournalWriter, read_tail
from core.scores.bleu import bleu4
from core.training.events import Evaluated, Started

Run = Callable[..., Any]
TENSES = ["simple-present", "third-person", "present-progressive", "simple-past"]


def test_help_names_every_command_without_importing_one() -> None:
    script = (
        "import sys; sys.argv = ['cvae-tui', '--help']\n"
        "from tui.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as leaving: assert leaving.code == 0\n"
        "assert not {'torch', 'textual', 'rich'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    for name in ("train", "runs", "convert", "sample", "evaluate", "diagnose", "bench"):
        assert f"  {name} " in done.stdout


def test_convert_gives_every_tense(cvae_tui: Run, trained: RunDirectory) -> None:
    code, out, _ = cvae_tui("convert", trained.path, "walk", "cut", "--from", "sp", "--json")
    assert code == 0
    first, second = json.loads(out)
    assert (first["word"], first["from"]) == ("walk", "simple-present")
    assert list(first["forms"]) == list(second["forms"]) == TENSES


def test_convert_to_some_tenses_reads_standard_input(
    cvae_tui: Run, trained: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("walk\ncut see"))
    _, out, _ = cvae_tui("convert", trained.path, "--from", "sp", "--to", "pg", "--to", "p")
    header, *rows = out.splitlines()
    assert header.split("\t") == ["word", "from", "present-progressive", "simple-past"]
    assert [row.split("\t")[0] for row in rows] == ["walk", "cut", "see"]


def test_convert_agrees_with_itself_word_by_word(cvae_tui: Run, trained: RunDirectory) -> None:
    words = ["walk", "cut", "see", "give"]
    together = json.loads(cvae_tui("convert", trained.path, *words, "--from", "sp", "--json")[1])
    alone = [
        json.loads(cvae_tui("convert", trained.path, word, "--from", "sp", "--json")[1])[0]
        for word in words
    ]
    assert together == alone


def test_convert_guesses_the_tense(cvae_tui: Run, trained: RunDirectory) -> None:
    words = ["walk", "talking", "played"]
    code, out, _ = cvae_tui("convert", trained.path, *words, "--from", "auto", "--json")
    assert code == 0
    inference = load_inference(trained)
    expected = [inference.vocabulary.conditions[i] for i in inference.likeliest_conditions(words)]
    assert [one["from"] for one in json.loads(out)] == expected


@pytest.mark.parametrize("options", [["--beam", 3], ["--temperature", 0.7]])
def test_convert_and_sample_decode_in_other_ways(
    cvae_tui: Run, trained: RunDirectory, options: list[object]
) -> None:
    for command in (["convert", trained.path, "walk", "--from", "sp"], ["sample", trained.path]):
        first, second = (cvae_tui(*command, *options, "--json") for _ in range(2))
        assert first.code == 0
        assert first == second


def test_sample_depends_on_the_seed_alone(cvae_tui: Run, trained: RunDirectory) -> None:
    def draw(seed: int) -> object:
        return json.loads(cvae_tui("sample", trained.path, "-n", 5, "--seed", seed, "--json")[1])

    assert draw(1) == draw(1) != draw(2)
    draws = draw(1)
    assert isinstance(draws, list) and len(draws) == 5
    known = {p.forms for p in trained.corpus().split("train")}
    for one in draws:
        assert list(one["forms"]) == TENSES
        assert one["hit"] == (tuple(one["forms"].values()) in known)


def test_evaluate_prints_the_scores_of_the_definitions(
    cvae_tui: Run, trained: RunDirectory, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(
        "source\ttarget\tsource_tense\ttarget_tense\nwalk\twalked\tsp\tp\ncut\tcuts\tp\ttp\n"
    )
    code, out, _ = cvae_tui(
        "evaluate", trained.path, "--pairs", pairs, "--gaussian", 50, "--paradigms",
        trained.corpus_file, "--json",
    )  # fmt: skip
    assert code == 0
    scores = json.loads(out)
    assert [row["target"] for row in scores["pairs"]] == ["walked", "cuts"]
    for row in scores["pairs"]:
        assert row["bleu"] == bleu4(row["target"], row["prediction"])
    assert scores["bleu4"] == sum(row["bleu"] for row in scores["pairs"]) / 2
    draws = json.loads(cvae_tui("sample", trained.path, "-n", 50, "--json")[1])
    gaussian = scores["gaussian"]
    assert gaussian["score"] == sum(one["hit"] for one in draws) / 50
    assert gaussian["draws"] == 50
    assert gaussian["ci95"][0] <= gaussian["score"] <= gaussian["ci95"][1]
    assert len(scores["accuracy"]["by_direction"]) == 12


def test_evaluate_without_pairs_scores_what_was_not_selected_on(
    cvae_tui: Run, trained: RunDirectory
) -> None:
    code, out, _ = cvae_tui("evaluate", trained.path, "--gaussian", 10)
    assert code == 0
    assert "BLEU-4" in out and "distinct paradigms" in out


def test_runs_lists_state_and_scores_of_the_best(cvae_tui: Run, trained: RunDirectory) -> None:
    _, out, _ = cvae_tui("runs", "--runs-dir", trained.path.parent, "--json")
    (run,) = json.loads(out)
    assert list(run) == ["name", "state", "epoch", "step", "bleu4", "gaussian"]
    assert (run["name"], run["state"], run["epoch"]) == (trained.name, "finished", 40.0)
    evaluated = [e for e in read_tail(trained.journal_file) if isinstance(e, Evaluated)]
    best = [e for e in evaluated if e.best][-1]
    assert run["gaussian"] == best.scores.gaussian.score
    _, table, _ = cvae_tui("runs", "--runs-dir", trained.path.parent)
    assert table.splitlines()[1].startswith(f"{trained.name}\tfinished")


def test_runs_are_filtered_by_an_expression(cvae_tui: Run, trained: RunDirectory) -> None:
    where = ("--runs-dir", trained.path.parent, "--filter")
    (run,) = json.loads(cvae_tui("runs", *where, "latent = 4 and state = finished", "--json")[1])
    assert run["name"] == trained.name
    assert json.loads(cvae_tui("runs", *where, "latent > 4", "--json")[1]) == []
    assert cvae_tui("runs", *where, "latent > 4")[1].startswith("none of the ")
    code, out, err = cvae_tui("runs", *where, "latent > much")
    assert (code, out) == (2, "") and "model.latent_size is a number; 'much' is none" in err


def test_no_runs_is_an_empty_list(cvae_tui: Run, tmp_path: Path) -> None:
    assert json.loads(cvae_tui("runs", "--runs-dir", tmp_path / "none", "--json")[1]) == []


def test_train_headless_from_a_configuration_file(
    cvae_tui: Run, corpus_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        "[model]\nhidden_size = 16\n[hardware]\nthreads = 1\nprecision = 'float32'\n"
        "[evaluation]\ngaussian_draws = 10\n"
    )
    runs = tmp_path / "runs"
    code, out, err = cvae_tui(
        "train", "--headless", "--config", file, "--corpus", corpus_file, "--epochs", 2,
        "--seed", 7, "--set", "model.latent_size=3", "--runs-dir", runs,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "tiny-default-1 starts: 8 paradigms, 36 forms, 1 duplicated rows" in out
    assert "finished" in out
    config = RunDirectory(runs / "tiny-default-1").config()
    assert (config.model.hidden_size, config.model.latent_size) == (16, 3)
    assert (config.training.epochs, config.training.seed) == (2, 7)


def test_the_documents_preset_trains(cvae_tui: Run, corpus_file: Path, tmp_path: Path) -> None:
    code, _, err = cvae_tui(
        "train", "--headless", "--preset", "lab4", "--corpus", corpus_file, "--epochs", 1,
        "--set", "model.hidden_size=16", "--name", "doc", "--runs-dir", tmp_path,
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert summarize(RunDirectory(tmp_path / "doc")).step == 36


def test_detach_prints_the_name_and_trains_on(
    corpus_file: Path, tmp_path: Path, cvae_tui: Run
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tui.cli.main", "train", "--detach"),
            *("--corpus", str(corpus_file), "--epochs", "2", "--set", "model.hidden_size=16"),
            *("--name", "far", "--runs-dir", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "far\n"
    far = RunDirectory(tmp_path / "far")
    wait_until(lambda: summarize(far).state == "finished", 240)


def test_bench_prints_what_it_measured(cvae_tui: Run) -> None:
    code, out, _ = cvae_tui("bench", "--rounds", 1, "--pairs", 0, "--json")
    assert code == 0
    found = json.loads(out)
    assert {"loop", "lab4", "default", "limit", "ratio", "machine"} == set(found)
    assert found["ratio"]["default_over_loop"] > 1


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_diagnose_prints_every_diagnostic(cvae_tui: Run, trained: RunDirectory) -> None:
    code, out, err = cvae_tui("diagnose", trained.path, "--importance", 20, "--draws", 50, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["run"] == "trained" and document["checkpoint"] == "best"
    assert document["paradigms"] == 8 and document["unseen_paradigms"] == 3
    found = document["likelihood"]
    assert found["elbo"] == pytest.approx(-(found["ce"] + found["kl"]))
    assert found["elbo"] <= document["importance_weighted"]["log_likelihood"]
    assert document["probe"]["chance"] == 0.25
    assert (
        document["prior"]["gaussian"]["draws"] == document["aggregate"]["gaussian"]["draws"] == 50
    )
    assert {alarm["kind"] for alarm in document["alarms"]} <= RULES.keys()


def test_diagnose_reads_as_text_and_leaves_the_slow_part_out_on_demand(
    cvae_tui: Run, trained: RunDirectory
) -> None:
    code, out, _ = cvae_tui(
        "diagnose", trained.path, "--checkpoint", "last", "--importance", 0, "--draws", 50
    )
    assert code == 0
    for heading in ("Likelihood", "Rate", "Latent", "Conversions", "Generation", "Alarms"):
        assert f"\n{heading}" in f"\n{out}"
    assert "log p" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_diagnose_of_an_unknown_checkpoint_is_refused(cvae_tui: Run, trained: RunDirectory) -> None:
    code, out, err = cvae_tui("diagnose", trained.path, "--checkpoint", "worst")
    assert (code, out) == (2, "") and "no checkpoint 'worst'; accepted: best, last" in err


def test_runs_tells_a_run_that_another_machine_trains(cvae_tui: Run, copied: RunDirectory) -> None:
    with JournalWriter(copied.journal_file) as journal:
        now = {"step": 3, "epoch": 1.0, "time": time.time(), "elapsed": 1.0}
        sizes = {"steps": 12, "steps_per_epoch": 3, "words": 36, "paradigms": 8, "duplicates": 1}
        journal.write(Started(**now, resumed=True, **sizes))
    copied.lock_file.write_text(json.dumps({"host": "far.example", "pid": 7, "since": 1.5}))
    result = cvae_tui("runs", "--json", "--runs-dir", copied.path.parent)
    assert [run["state"] for run in json.loads(result.out)] == ["elsewhere"]
    assert "elsewhere" in cvae_tui("runs", "--runs-dir", copied.path.parent).out
    resumed = cvae_tui("train", "--headless", "--resume", copied.path)
    assert resumed.code == 1 and "process 7 on far.example" in resumed.err


def test_a_disk_that_refuses_a_run_is_one_sentence(
    cvae_tui: Run, corpus_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    runs = tmp_path / "runs"
    result = cvae_tui("train", "--headless", "--corpus", corpus_file, "--runs-dir", runs)
    assert result.code == 2
    assert result.err == f"cvae-tui: cannot write to {runs}: No space left on device\n"
    assert not runs.exists()


def test_a_training_whose_memory_does_not_suffice_is_one_sentence(
    cvae_tui: Run, corpus_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr("core.training.trainer.Trainer.train_step", full)
    quick = ("--set", "hardware.threads=1", "--set", "hardware.precision=float32")
    where = ("--name", "run", "--corpus", corpus_file, "--runs-dir", tmp_path)
    result = cvae_tui("train", "--headless", "--device", "cpu", *quick, *where)
    assert result.code == 1
    assert result.err.count("\n") == 1 and "training.batch_size=256" in result.err
    assert summarize(RunDirectory(tmp_path / "run")).state == "failed"


def test_a_runs_directory_on_the_command_line_goes_before_the_variable(
    copied: RunDirectory, tmp_path: Path, cvae_tui: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setenv("CVAE_TUI_RUNS_DIR", str(tmp_path / "elsewhere"))
    here = copied.path.parent
    for arguments in (["--runs-dir", here, "runs"], ["runs", "--runs-dir", here]):
        assert "copied" in cvae_tui(*arguments).out
    monkeypatch.setenv("CVAE_TUI_RUNS_DIR", str(here))
    assert "copied" in cvae_tui("runs").out
    assert "copied" not in cvae_tui("--runs-dir", tmp_path / "elsewhere", "runs").out

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.catalogue.listing import Catalogue, summarize
from core.runs import checkpoint
from core.runs.directory import RunDirectory
from core.runs.journal import read_whole
from core.training.events import Evaluated, Started

Run = Callable[..., Any]
COMMAND = [sys.executable, "-m", "tui.cli.main", "experiment"]

DESIGN = """\
seeds = [0, 1]
[set]
data.corpus = "{corpus}"
model.embedding_size = 8
model.hidden_size = 16
model.latent_size = 4
model.condition_size = 4
training.batch_size = 16
training.epochs = {epochs}
evaluation.every_epochs = 2
evaluation.gaussian_draws = 20
evaluation.selection_pairs = 8
checkpoints.every_epochs = 1
[vary]
objective.beta_max = [1e-4, 0.1]
"""
NAMES = {f"weights-beta_max-{beta}-s{seed}" for beta in ("0.0001", "0.1") for seed in (0, 1)}


@pytest.fixture
def design(tmp_path: Path, corpus_file: Path) -> Callable[[int], Path]:
    def write(epochs: int = 4) -> Path:
        file = tmp_path / "weights.toml"
        file.write_text(DESIGN.replace("{corpus}", str(corpus_file)).format(epochs=epochs))
        return file

    return write


@pytest.fixture
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were not installed."""
    there = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> Any:
        return None if name == "ray" else there(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)


def states(runs: Path) -> dict[str, str]:
    return {run.name: run.state for run in Catalogue(runs).summaries()}


def course(run: RunDirectory) -> list[object]:
    """What a run's journal tells of its scores."""
    return [event.scores for event in read_whole(run.journal_file) if isinstance(event, Evaluated)]


def assert_same(one: Path, other: Path) -> None:
    for name in NAMES:
        left, right = (
            checkpoint.load(RunDirectory(runs / name).checkpoint("last")).model
            for runs in (one, other)
        )
        assert all(torch.equal(left[key], right[key]) for key in left)
        assert course(RunDirectory(one / name)) == course(RunDirectory(other / name))


def test_without_ray_the_trials_run_one_after_another(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path, no_ray: None
) -> None:
    runs = tmp_path / "runs"
    code, out, err = cvae_tui("experiment", design(), "--runs-dir", runs)
    assert (code, err) == (0, "")
    assert out.startswith("weights: 4 trials, 2 variants with 2 seeds each\n")
    assert out.count(" finished: BLEU-4 ") == 4
    header, *rows = out.splitlines()[-3:]
    assert header.split("\t") == ["variant", "finished", "BLEU-4", "Gaussian"]
    assert [row.split("\t")[:2] for row in rows] == [
        ["beta_max-0.0001", "2 of 2"],
        ["beta_max-0.1", "2 of 2"],
    ]
    assert states(runs) == dict.fromkeys(NAMES, "finished")
    found = json.loads(
        cvae_tui("runs", "--runs-dir", runs, "--filter", "tag = weights", "--json")[1]
    )
    assert {run["name"] for run in found} == NAMES
    code, again, _ = cvae_tui("experiment", design(), "--runs-dir", runs)
    assert code == 0 and "4 of them ended earlier" in again and again.endswith(rows[-1] + "\n")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--ray", "127.0.0.1:1"], "--ray needs Ray: pip install 'cvae-tui[experiments]'"),
        (["--jobs", "2"], "--jobs needs Ray"),
        (["--stopping", "asha"], "which needs Ray"),
        (["--sequential", "--jobs", "2"], "--sequential excludes --ray and --jobs"),
        (["--ray", "127.0.0.1:1", "--jobs", "2"], "it excludes --ray"),
        (
            ["--set", "objective.annealing.beta_max=1"],
            "the experiment varies objective.annealing.beta_max",
        ),
        (["--corpus", "nowhere"], "no corpus 'nowhere'"),
        (["--pairs", "nowhere"], "nowhere"),
        (["--name", "a b"], "cannot be the name of an experiment"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    cvae_tui: Run,
    design: Callable[..., Path],
    tmp_path: Path,
    no_ray: None,
    arguments: list[str],
    part: str,
) -> None:
    runs = tmp_path / "runs"
    code, out, err = cvae_tui("experiment", design(), "--runs-dir", runs, *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1 and part in err
    assert not runs.exists()


def test_an_unknown_experiment_is_answered_with_those_there_are(cvae_tui: Run) -> None:
    code, _, err = cvae_tui("experiment", "none")
    assert code == 2 and "accepted: a file, or annealing, conditioning, kl-weight" in err


def begun(design: Path, runs: Path, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, str(design), "--runs-dir", str(runs), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], object], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.1)


def test_ctrl_c_leaves_a_checkpoint_from_which_the_same_command_goes_on(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    process = begun(design(400), runs, "--sequential")
    until(lambda: "training" in states(runs).values())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert re.search(r"-s0 stopped\b", out)
    assert "4 of 4 trials have not finished; the same command resumes them" in err
    assert list(states(runs).values()) == ["stopped"]


@pytest.mark.slow
def test_ray_trains_the_same_weights_on_the_loopback_address_alone(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path
) -> None:
    ours, rays = tmp_path / "ours", tmp_path / "rays"
    assert cvae_tui("experiment", design(), "--sequential", "--runs-dir", ours).code == 0
    process = begun(design(), rays, "--jobs", "2")
    heard: set[str] = set()
    while process.poll() is None:
        heard |= listening(process.pid)
        time.sleep(0.2)
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert out.count(" finished: BLEU-4 ") == 4
    assert err == ""
    assert heard and heard <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}
    assert_same(ours, rays)


def listening(leader: int) -> set[str]:
    """The addresses at which the processes of a session listen."""
    import psutil

    found = set()
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader:
                found |= {
                    one.laddr.ip
                    for one in process.net_connections("tcp")
                    if one.status == psutil.CONN_LISTEN
                }
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.slow
def test_what_was_killed_under_ray_goes_on_and_ends_as_if_it_had_not(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path
) -> None:
    ours, rays = tmp_path / "ours", tmp_path / "rays"
    assert cvae_tui("experiment", design(60), "--sequential", "--runs-dir", ours).code == 0
    process = begun(design(60), rays, "--jobs", "2")
    until(lambda: any(rays.glob("*/checkpoints/last.safetensors")))
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    until(lambda: "training" not in states(rays).values())
    assert "crashed" in states(rays).values()
    process = begun(design(60), rays, "--jobs", "2")
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    for name in NAMES:
        assert summarize(RunDirectory(rays / name)).state == "finished"
    told = [
        event
        for name in NAMES
        for event in read_whole(RunDirectory(rays / name).journal_file)
        if isinstance(event, Started)
    ]
    assert any(event.resumed for event in told)
    for name in NAMES:
        left, right = (
            checkpoint.load(RunDirectory(runs / name).checkpoint("last")).model
            for runs in (ours, rays)
        )
        assert all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.slow
def test_ctrl_c_stops_rays_trials_with_checkpoints(
    design: Callable[..., Path], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    process = begun(design(100_000), runs, "--jobs", "2")
    until(lambda: list(states(runs).values()).count("training") == 2)
    # As a terminal sends it: to all processes of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert len(re.findall(r"-s0 stopped\b", out)) == 2
    assert sorted(states(runs).values()) == ["stopped", "stopped"]


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["median", "asha"])
def test_trials_that_do_badly_end_early_if_asked(
    design: Callable[..., Path], tmp_path: Path, rule: str
) -> None:
    runs = tmp_path / "runs"
    process = begun(design(40), runs, "--jobs", "2", "--stopping", rule)
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert set(states(runs)) == NAMES
    assert set(states(runs).values()) <= {"finished", "stopped"}


@pytest.fixture
def two_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a cluster of two nodes, each with one processor, that asks for a token."""
    for name, value in {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "0123456789abcdef",
    }.items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}"
    start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1"]
    head = ["--head", f"--port={port}", "--include-dashboard=false"]
    nodes = []

    def begin(*more: str) -> None:
        nodes.append(
            subprocess.Popen(
                [*start, *more],
                env=os.environ,
                stdout=(tmp_path / "nodes.txt").open("ab"),
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    try:
        begin(*head)
        until(lambda: is_open(port))
        begin(f"--address={address}")
        until(lambda: (tmp_path / "nodes.txt").read_text().count("Ray runtime started") == 2)
        yield address
    finally:
        # Not `ray stop`, which ends every cluster of the machine.
        for node in reversed(nodes):
            node.terminate()
            node.wait(240)


def is_open(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
def test_a_cluster_that_runs_already_is_joined_by_its_address(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path, two_nodes: str
) -> None:
    ours, rays = tmp_path / "ours", tmp_path / "rays"
    assert cvae_tui("experiment", design(300), "--sequential", "--runs-dir", ours).code == 0
    process = begun(design(300), rays, "--ray", two_nodes)
    at_once = 0
    while process.poll() is None:
        at_once = max(at_once, list(states(rays).values()).count("training"))
        time.sleep(0.02)
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert at_once == 2, "each node trains one"
    assert_same(ours, rays)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "nowhere:x", "127.0.0.1:99999"])
def test_an_address_without_a_cluster_is_refused_in_a_sentence(
    cvae_tui: Run, design: Callable[..., Path], tmp_path: Path, address: str
) -> None:
    code, _, err = cvae_tui("experiment", design(), "--ray", address, "--runs-dir", tmp_path)
    assert code == 2
    assert err.startswith(f"cvae-tui: --ray {address}: cannot connect: ")

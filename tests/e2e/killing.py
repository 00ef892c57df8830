"""Trains runs in processes that are killed again and again, until enough have died.

    python killing.py RUNS CONFIG KILLS SEED

The first run, `whole`, is trained without a disturbance. The others are killed with SIGKILL at
random moments and resumed by the next process, until they have come to their end. Processes are
forked once PyTorch has trained, which takes seconds the first time, so that what is killed is
training and saving.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from core.config.build import read_config
from core.runs.directory import RunDirectory
from core.session import prepare, train
from core.training.control import Control


def train_in_child(directory: RunDirectory) -> int:
    """The process that goes on with a run and then ends."""
    child = os.fork()
    if child == 0:
        try:
            for _ in train(directory, Control()):
                pass
            os._exit(0)
        except BaseException as error:
            print(f"{directory.name}: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
    return child


def wait_or_kill(child: int, seconds: float) -> int | None:
    """The exit code, or None where the time was over first and it was killed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return None if code == -signal.SIGKILL else code


def main() -> None:
    runs, config = Path(sys.argv[1]), read_config(Path(sys.argv[2]))
    kills, chance = int(sys.argv[3]), random.Random(int(sys.argv[4]))
    torch.set_num_threads(1)
    for name in ("first", "whole"):
        start = time.monotonic()
        for _ in train(prepare(config, runs, name), Control()):
            pass
    takes = time.monotonic() - start
    killed = torn = number = 0
    while killed < kills:
        directory = prepare(config, runs, f"killed-{number}")
        number += 1
        while True:
            code = wait_or_kill(train_in_child(directory), chance.uniform(0, 0.7 * takes))
            torn += any(directory.path.rglob(".*"))
            if code is not None:
                break
            killed += 1
        if code:
            sys.exit(f"{directory.name} ended with {code}")
    print(killed, number, torn)


if __name__ == "__main__":
    main()

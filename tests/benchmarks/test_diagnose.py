"""How long the diagnostics of a whole run take: 10 s on two cores, 60 s with log p(x|c).

Measured in seconds of processor time, all threads together, for machines are shared. That is no
less than what passes on a machine with nothing else to do.
"""

import time
from pathlib import Path

import pytest

from core.diagnostics.diagnosis import diagnose
from core.runs.checkpoint import load_inference
from core.runs.directory import RunDirectory

LAST = "importance-weighted likelihood"


@pytest.mark.slow
def test_all_diagnostics_of_the_demonstration_run_are_quick() -> None:
    run = RunDirectory(Path(__file__).parents[2] / "runs" / "demo")
    stages: dict[str, float] = {}
    begins = time.process_time()
    diagnose(
        load_inference(run),
        run.corpus(),
        report=lambda stage: stages.update({stage: time.process_time()}),
    )
    assert list(stages)[-1] == LAST
    assert stages[LAST] - begins < 10
    assert time.process_time() - stages[LAST] < 60

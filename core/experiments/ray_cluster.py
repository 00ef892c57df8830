"""The trials of an experiment side by side, on a Ray cluster.

Ray decides where and when a trial runs, and how often it is retried. The run directory decides the
rest, so that a trial is the same here and in sequence. Ray keeps nothing after the command.
"""

import contextlib
import logging
import os
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from core.compute.allocator import keep_freed_memory
from core.compute.search_path import child_environment
from core.compute.workers import processor_count
from core.errors import InputError, TrainingError
from core.experiments.design import Stopping, Trial
from core.experiments.trial import packed, run_of, train_trial, unpacked
from core.runs.ownership import is_owned
from core.training import events
from core.training.control import Control

RETRIES = 2
"""Retries of a trial whose process died."""
GRACE = 4
"""No trial is stopped early in the first 1/GRACE of its epochs."""
QUIET = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S": "0",
}
"""Settings of Ray: no usage reports, no files of its own, no handler of Ctrl-C."""
LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
"""Settings of Ray: servers on the loopback address, and a token, its default on other systems."""


def run_on_ray(
    trials: Sequence[Trial],
    runs: Path,
    stopping: threading.Event,
    *,
    address: str = "",
    rule: Stopping = "none",
    jobs: int = 0,
) -> None:
    """Train every trial to its end, until `stopping` is set.

    address: of a running cluster. When empty, a cluster of this machine is started on the loopback
    address, and ends with the command.
    rule: early stopping of trials with low scores.
    jobs: processors of the cluster of this machine; 0 for all.

    Raise InputError without a cluster at the address, TrainingError when a trial died each time.
    """
    os.environ |= QUIET
    if not address:
        # Ray would keep a token of its own in the user's home.
        os.environ |= LOOPBACK | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    from ray import tune

    runs = runs.resolve()
    with _cluster(address, jobs) as storage:
        tuner = tune.Tuner(
            tune.with_resources(_trainable(), _resources),
            param_space={
                "trial": tune.grid_search([packed(trial) for trial in trials]),
                "runs": str(runs),
            },
            tune_config=tune.TuneConfig(
                scheduler=_scheduler(rule, trials),
                reuse_actors=True,
                trial_name_creator=_name,
                trial_dirname_creator=_name,
            ),
            run_config=tune.RunConfig(
                name="trials",
                storage_path=storage,
                stop=_stopper(stopping),
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                verbose=0,
            ),
        )
        results = tuner.fit()
        # A trial that is stopping writes a checkpoint before its process may end.
        while any(is_owned(run_of(trial, runs)) for trial in trials):
            time.sleep(0.2)
    for result in (results[number] for number in range(len(results))):
        if result.error and not stopping.is_set():
            raise TrainingError(
                f"the trial {_name(result)!r} died in each of {RETRIES + 1} attempts: "
                f"{_last_line(result.error)}"
            )


@contextlib.contextmanager
def _cluster(address: str, jobs: int) -> Iterator[str]:
    """Connect to a cluster until the end of the block. Yield a folder for the files of Ray."""
    import ray

    # The workers of Ray must not import from the working directory.
    os.environ["PYTHONPATH"] = child_environment().get("PYTHONPATH", "")
    job = ray.job_config.JobConfig()
    job._py_driver_sys_path = _NoDirectories()
    logging.getLogger("ray").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="cvae-tui-", ignore_cleanup_errors=True) as folder:
        settings: dict[str, Any] = {"address": address}
        if address:
            _check_reachable(address)
        else:
            settings = {
                "address": "local",
                "num_cpus": jobs or processor_count(),
                "include_dashboard": False,
                "_node_ip_address": "127.0.0.1",
                "_temp_dir": folder,
            }
        try:
            ray.init(**settings, job_config=job, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
            if not address:
                raise
            reason = _last_line(error).partition(". ")[0]
            raise InputError(f"--ray {address}: cannot connect to Ray: {reason}") from None
        try:
            yield folder
        finally:
            ray.shutdown()


class _NoDirectories(list[str]):
    """Directories that the workers of Ray search first; none, though Ray adds the working one."""

    def extend(self, directories: Iterable[str]) -> None:
        """Add nothing."""


def _check_reachable(address: str) -> None:
    """Raise InputError when no server listens. Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"--ray {address}: cannot connect: {error}; give HOST:PORT of the head of a Ray "
            "cluster, which `ray start --head` starts"
        ) from None


def _trainable() -> Any:
    from ray import tune

    class TrialActor(tune.Trainable):
        """Trial in the form that Ray needs: each step ends with an evaluation."""

        def setup(self, config: dict[str, Any]) -> None:
            keep_freed_memory()
            self._control = Control()
            self._last: dict[str, float] = {"score": 0.0, "epoch": 0.0}
            self._trial = unpacked(config["trial"])
            self._events = train_trial(self._trial, Path(config["runs"]), self._control)

        def reset_config(self, new_config: dict[str, Any]) -> bool:
            self.cleanup()
            self.setup(new_config)
            return True

        def step(self) -> dict[str, Any]:
            for event in self._events:
                if isinstance(event, events.Evaluated):
                    self._last = _reported(event, self._trial)
                    return self._last
            return self._last | {"done": True}

        def save_checkpoint(self, checkpoint_dir: str) -> None:
            """Do nothing: a trial resumes from the checkpoints of its run."""

        def load_checkpoint(self, checkpoint: Any) -> None:
            """Do nothing: a trial resumes from the checkpoints of its run."""

        def cleanup(self) -> None:
            self._control.stop()
            for _ in self._events:
                pass

    return TrialActor


def _reported(event: events.Evaluated, trial: Trial) -> dict[str, float]:
    by_joint = trial.config.evaluation.select_by == "joint"
    score = event.joint if by_joint else event.scores.selection_bleu4
    return {"score": score, "epoch": event.epoch}


def _resources(config: dict[str, Any]) -> Any:
    from ray import tune

    hardware = unpacked(config["trial"]).config.hardware
    gpus = 1.0 if hardware.device == "cuda" else 0.0
    return tune.PlacementGroupFactory([{"CPU": float(hardware.threads), "GPU": gpus}])


def _scheduler(rule: Stopping, trials: Sequence[Trial]) -> Any:
    from ray.tune import schedulers

    epochs = max(trial.config.training.epochs for trial in trials)
    measure, grace = ("epoch", "score", "max"), max(1, epochs // GRACE)
    if rule == "median":
        return schedulers.MedianStoppingRule(*measure, grace_period=grace)
    if rule == "asha":
        return schedulers.ASHAScheduler(*measure, max_t=epochs + 1, grace_period=grace)
    return None


def _stopper(stopping: threading.Event) -> Any:
    from ray import tune

    class StopTogether(tune.Stopper):
        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            return False

        def stop_all(self) -> bool:
            return stopping.is_set()

        def __reduce__(self) -> Any:
            # Ray pickles its state to resume without this command, which is not wanted.
            return tune.stopper.NoopStopper, ()

    return StopTogether()


def _name(trial: Any) -> str:
    return unpacked(trial.config["trial"]).name


def _last_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]

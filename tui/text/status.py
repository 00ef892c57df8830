"""The status of a run in words: state, best scores, alarms, beta and KL."""

import math

from textual.content import Content

from core.config.schema import Config
from core.runs.directory import RunDirectory
from core.runs.history import ACTIVE, History, State
from core.runs.ownership import owner
from core.text import printable
from core.training.schedules import Schedules
from tui.text.format import count, duration, figure
from tui.text.notices import in_words

LONGEST_NAME = 28


def status(
    directory: RunDirectory, config: Config, history: History, state: State | str, *, loading: bool
) -> Content:
    """Return two lines: the run, and its newest alarm or else its beta and KL."""
    second = Content.styled(" · ".join(_course(config, history)), "$text-muted")
    return Content("\n").join(
        [_run(directory, history, state, loading=loading), _alarm(history) or second]
    )


def _run(
    directory: RunDirectory, history: History, state: State | str, *, loading: bool
) -> Content:
    if state == "elsewhere" and (writer := owner(directory)):
        state = f"training on {printable(writer.host)}, read-only here"
    parts = [Content.styled(short_name(directory.name), "bold"), Content(state)]
    if loading:
        parts.append(Content("reading the rest of its journal ..."))
    elif best := history.best:
        gaussian = best.scores.gaussian
        parts.append(
            Content(
                f"best: epoch {best.epoch:.0f}, Gaussian {gaussian.score:.2f}, "
                f"{gaussian.distinct} distinct"
            )
        )
    return Content(" · ").join(parts)


def _alarm(history: History) -> Content | None:
    """Return the newest active alarm, and the number of active alarms."""
    active = sorted(history.active_alarms.values(), key=lambda alarm: -alarm.step)
    if not active:
        return None
    which = f"{len(active)} alarms" if len(active) > 1 else "Alarm"
    return Content.assemble((f"! {which} (w)", "bold $text-warning"), f" {in_words(active[0])}")


def _course(config: Config, history: History) -> list[str]:
    """Describe beta and KL at the last step."""
    progress, started = history.progress, history.started
    if not (progress and started):
        return []
    schedules = Schedules(config, started.steps_per_epoch, history.overrides)
    phase = schedules.phase(progress.step)
    parts = [f"beta {phase.course} at {figure(progress.beta)}"]
    if phase.cycles > 1:
        parts.insert(0, f"cycle {phase.cycle} of {phase.cycles}")
    if progress.kl is not None:
        limit = math.log(started.paradigms)
        paradigms = count(started.paradigms)
        parts.append(f"KL {progress.kl:.1f}, ln N = {limit:.1f} (N = {paradigms} paradigms)")
    return parts


def pace(history: History, state: State | str) -> str:
    """Describe progress, speed and remaining time of a run."""
    progress, started = history.progress, history.started
    if not (progress and started):
        return ""
    epochs = f"epoch {progress.epoch:.1f}/{started.steps // started.steps_per_epoch}"
    if state in ACTIVE or state == "stopping":
        return (
            f"{epochs}  {count(progress.words_per_second)} words/s  {duration(progress.eta)} left"
        )
    return f"{epochs}  {duration(progress.elapsed)} of training"


def short_name(name: str) -> str:
    """Shorten the name of a run."""
    name = printable(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"

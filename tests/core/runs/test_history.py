import math
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from core.runs.history import History
from core.scores.results import Gaussian, Scores
from core.training import events
from core.training.schedules import Overrides

SCORES = Scores(
    selection_bleu4=0.5,
    bleu4=0.6,
    gaussian=Gaussian(score=0.1, ci95=(0, 0.2), draws=10, distinct=1, course_score=0.2),
    kl_per_dimension=(0.5,),
    conversions=(),
    samples=(),
)


def at(step: int) -> dict[str, float]:
    return {"step": step, "epoch": step / 10, "time": 1e9 + step, "elapsed": step / 2}


def started(step: int = 0) -> events.Started:
    return events.Started(
        **at(step),
        resumed=step > 0,
        steps=100,
        steps_per_epoch=10,
        words=30,
        paradigms=8,
        duplicates=1,
    )


def progress(step: int, kl: float | None = 5.0) -> events.Progress:
    return events.Progress(
        **at(step),
        ce=float(step),
        ce_per_character=0.1,
        kl=kl,
        beta=0.5,
        teacher_forcing_ratio=1.0,
        learning_rate=1e-3,
        gradient_norm=1.0,
        words_per_second=100.0,
        eta=1.0,
    )


def evaluated(step: int, *, best: bool = False, **scored: object) -> events.Evaluated:
    scores = msgspec.structs.replace(SCORES, **scored)
    return events.Evaluated(**at(step), scores=scores, joint=0.2, best=best)


def saved(step: int, name: str = "last") -> events.Saved:
    return events.Saved(**at(step), checkpoint=name)


def edited(step: int, value: float | None) -> events.Edited:
    return events.Edited(**at(step), name="beta", value=value)


def alarm(step: int, kind: str = "collapse", *, begins: bool = True) -> events.Alarm:
    return events.Alarm(**at(step), kind=kind, message="KL is 0", advice="", begins=begins)


def history(*told: events.Event) -> History:
    made = History()
    made.add(told)
    return made


PAUSED, UNPAUSED = events.Paused(**at(20)), events.Unpaused(**at(20))


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ([], "new"),
        ([started()], "training"),
        ([started(), progress(10)], "training"),
        ([started(), PAUSED], "paused"),
        ([started(), PAUSED, saved(20)], "paused"),
        ([started(), PAUSED, events.Detached(**at(20))], "paused"),
        ([started(), progress(20), events.Detached(**at(20))], "training"),
        ([started(), PAUSED, evaluated(20), alarm(20)], "paused"),
        ([started(), PAUSED, evaluated(20)], "paused"),
        ([started(), PAUSED, edited(20, 0.1)], "paused"),
        ([started(), PAUSED, UNPAUSED], "training"),
        ([started(), PAUSED, UNPAUSED, saved(20)], "training"),
        ([started(), events.Stopped(**at(20))], "stopped"),
        ([started(), events.Finished(**at(100))], "finished"),
        ([started(), events.Failed(**at(20), message="no")], "failed"),
        ([started(), events.Stopped(**at(20)), started(20)], "training"),
        ([started(), PAUSED, started(10), saved(20)], "training"),
    ],
)
def test_the_last_events_tell_the_state(told: list[events.Event], state: str) -> None:
    assert history(*told).state == state


def test_every_number_of_progress_and_evaluation_is_a_series() -> None:
    found = history(started(), progress(10), progress(20), evaluated(20), progress(30, kl=None))
    kl = found.series["kl"]
    assert list(kl.steps) == [10, 20, 30]
    assert list(kl.epochs) == [1, 2, 3]
    assert list(kl.times) == [5, 10, 15]
    assert list(kl.values[:2]) == [5, 5] and math.isnan(kl.values[2])
    assert list(found.series["ce"].values) == [10, 20, 30]
    assert {
        "ce",
        "ce_per_character",
        "kl",
        "beta",
        "teacher_forcing_ratio",
        "learning_rate",
        "gradient_norm",
        "words_per_second",
        "selection_bleu4",
        "bleu4",
        "gaussian",
        "distinct",
        "joint",
        "course_score",
    } <= found.series.keys()
    assert all(len(column) == len(column.values) for column in found.series.values())


def test_the_kl_of_each_dimension_is_a_series_however_many_an_evaluation_tells() -> None:
    told = [
        evaluated(10 * number, kl_per_dimension=kl)
        for number, kl in enumerate(((0.5, 2.0), (None, 3.0), (1.0,), (1.0, 4.0, 9.0)), start=1)
    ]
    found = history(started(), *told)
    first, second = (found.series[f"kl_of_dimension_{number:02}"] for number in (1, 2))
    assert list(first.steps) == [10, 20, 30, 40]
    assert list(first.values) == pytest.approx([0.5, math.nan, 1.0, 1.0], nan_ok=True)
    assert list(second.values) == pytest.approx([2.0, 3.0, math.nan, 4.0], nan_ok=True)
    found.add([started(20)])
    assert list(first.values) == pytest.approx([0.5, math.nan], nan_ok=True)
    assert list(second.steps) == [10, 20]


def test_a_run_without_pairs_has_no_series_of_their_bleu() -> None:
    found = history(started(), evaluated(10, bleu4=None))
    assert "bleu4" not in found.series
    assert list(found.series["selection_bleu4"].values) == [0.5]


def test_the_last_of_each_kind_is_at_hand() -> None:
    told = [
        started(),
        progress(10),
        evaluated(10, best=True),
        saved(10, "best"),
        evaluated(20),
        saved(20),
    ]
    found = history(*told)
    assert found.started is told[0]
    assert found.progress is told[1]
    assert found.best is told[2]
    assert found.evaluated is told[4]
    assert found.saved == {"best": told[3], "last": told[5]}
    assert found.last is told[5]


def test_a_resumed_training_makes_void_what_came_after_its_step() -> None:
    before = [progress(10), evaluated(10, best=True), progress(20), saved(20)]
    void = [progress(30), evaluated(30, best=False), progress(40)]
    again = [started(20), progress(30, kl=7.0)]
    resumed = history(started(), *before, *void, *again)
    straight = history(started(), *before, progress(30, kl=7.0))
    assert {name: list(s.values) for name, s in resumed.series.items()} == {
        name: list(s.values) for name, s in straight.series.items()
    }
    assert list(resumed.series["kl"].steps) == [10, 20, 30]


def test_a_training_that_begins_anew_makes_everything_void() -> None:
    again = history(started(), progress(10), evaluated(10, best=True), started(), progress(10))
    assert list(again.series["kl"].steps) == [10]
    assert len(again.series["joint"]) == 0
    assert again.best is None and again.evaluated is None


def test_a_series_tells_how_often_it_did_not_only_grow() -> None:
    told = history(started(), progress(10), progress(20), started(20))
    assert told.series["kl"].voided == 0
    told.add([started(10), progress(20)])
    assert told.series["kl"].voided == 1 and len(told.series["kl"]) == 2


def test_after_a_resume_no_void_numbers_are_at_hand() -> None:
    told = [started(), progress(10), evaluated(10), saved(20)]
    kept = history(*told, started(20))
    assert (kept.progress, kept.evaluated) == (told[1], told[2])
    void = history(*told, progress(30), evaluated(30), started(20))
    assert void.progress is None and void.evaluated is told[2]


def test_a_resume_leaves_the_best_checkpoint_what_it_is_on_the_disk() -> None:
    best = evaluated(30, best=True)
    assert history(started(), saved(20), best, saved(30, "best"), started(20)).best is best


def test_an_alarm_stands_until_one_of_its_kind_ends() -> None:
    told = [started(), alarm(10), alarm(20, "rate"), alarm(30, begins=False)]
    assert history(*told[:3]).active_alarms == {"collapse": told[1], "rate": told[2]}
    assert history(*told).active_alarms == {"rate": told[2]}
    assert history(*told, started(20)).active_alarms == {"collapse": told[1], "rate": told[2]}
    assert history(*told, started(10)).active_alarms == {"collapse": told[1]}


def test_a_journal_without_active_units_has_no_series_of_them() -> None:
    assert "active_units" not in history(started(), evaluated(10)).series
    scores = msgspec.structs.replace(SCORES, active_units=3, mutual_information=2.5)
    event = events.Evaluated(**at(10), scores=scores, joint=0.2, best=False)
    found = history(started(), event).series
    assert list(found["active_units"].values) == [3]
    assert list(found["mutual_information"].values) == [2.5]


def test_events_may_come_in_portions() -> None:
    told = [started(), progress(10), evaluated(10), progress(20), started(10), progress(20)]
    one_by_one = History()
    for event in told:
        one_by_one.add([event])
    at_once = history(*told)
    assert {n: list(s.steps) for n, s in one_by_one.series.items()} == {
        n: list(s.steps) for n, s in at_once.series.items()
    }


def test_what_is_set_by_hand_is_what_the_last_edit_says() -> None:
    told = [started(), edited(10, 0.5), progress(10), edited(20, 0.1)]
    assert history(*told).overrides == Overrides(beta=0.1)
    assert history(*told, edited(20, None)).overrides == Overrides()
    assert history(*told, started(10)).overrides == Overrides(beta=0.5)
    assert history(*told, started()).overrides == Overrides()


def test_numbers_of_the_same_events_share_their_moments() -> None:
    found = history(started(), progress(10), progress(20)).series
    assert found["ce"].steps is found["kl"].steps


def test_a_long_journal_takes_little_more_memory_than_its_numbers(
    tmp_path: Path,
) -> None:
    journal, count = tmp_path / "journal.jsonl", 200_000
    with journal.open("wb") as file:
        file.write(events.to_line(started()))
        for step in range(1, count + 1):
            file.write(events.to_line(progress(step)))
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from core.runs.history import History; from core.runs.journal import JournalFollower\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "history, follower = History(), JournalFollower(Path(sys.argv[1]))\n"
        "while new := follower.read_new(2**22): history.add(new)\n"
        "after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(len(history.series['ce']), after - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, journal], capture_output=True, text=True, check=True
    )
    points, kilobytes = map(int, done.stdout.split())
    assert points == count
    # 11 columns of 8 bytes, and what reading needs at a time.
    assert kilobytes * 1024 < count * 11 * 8 * 1.3 + 40 * 2**20

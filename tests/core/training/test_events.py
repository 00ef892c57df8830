import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.scores.results import Conversion, Draw, Gaussian, Scores
from core.training import events
from core.training.events import EVENTS, Event, from_lines, to_line

NOW = {"step": 3, "epoch": 0.5, "time": 1.0, "elapsed": 2.0}
SCORES = Scores(
    selection_bleu4=0.5,
    bleu4=None,
    gaussian=Gaussian(score=0.1, ci95=(0.0, 0.2), draws=10, distinct=1, course_score=0.2),
    kl_per_dimension=(0.5, 1.5),
    conversions=(
        Conversion(
            source="a",
            target="b",
            prediction="\x1b[31m\n",
            source_condition="x",
            target_condition="y",
        ),
    ),
    samples=(Draw(("a", "é"), True),),
)
PROGRESS = events.Progress(
    **NOW,
    ce=1.0,
    ce_per_character=None,
    kl=2.0,
    beta=0.1,
    teacher_forcing_ratio=1.0,
    learning_rate=1e-3,
    gradient_norm=0.5,
    words_per_second=10.0,
    eta=5.0,
)
SOME = (
    events.Started(
        **NOW, resumed=True, steps=9, steps_per_epoch=6, words=3, paradigms=2, duplicates=1
    ),
    PROGRESS,
    events.Evaluated(**NOW, scores=SCORES, joint=0.2, best=True),
    events.Edited(**NOW, name="beta", value=None),
    events.Saved(**NOW, checkpoint="last"),
    events.Paused(**NOW),
    events.Unpaused(**NOW),
    events.Detached(**NOW),
    events.Stopped(**NOW),
    events.Finished(**NOW),
    events.Failed(**NOW, message="two\nlines"),
    events.Alarm(**NOW, kind="collapse", message="KL is 0", advice="less beta", begins=True),
)


def test_there_is_an_example_of_every_kind() -> None:
    assert tuple(map(type, SOME)) == EVENTS


@pytest.mark.parametrize("event", SOME, ids=lambda event: type(event).__name__)
def test_an_event_is_one_line_and_comes_back_from_it(event: Event) -> None:
    line = to_line(event)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert list(from_lines(line)) == [event]


def test_a_kind_is_named_in_words_with_hyphens() -> None:
    assert b'"event":"started"' in to_line(SOME[0])
    assert b'"event":"checkpoint-due"' in to_line(events.CheckpointDue(**NOW, checkpoint="last"))


def test_a_mean_that_is_not_finite_comes_back_as_none() -> None:
    event = msgspec.structs.replace(PROGRESS, kl=math.nan, ce=math.inf)
    (back,) = from_lines(to_line(event))
    assert back == msgspec.structs.replace(PROGRESS, kl=None, ce=None)


def test_an_evaluation_with_an_infinite_kl_is_not_lost() -> None:
    scores = msgspec.structs.replace(SCORES, kl_per_dimension=(1.0, math.inf))
    event = events.Evaluated(**NOW, scores=scores, joint=0.2, best=True)
    assert len(list(from_lines(to_line(event)))) == 1


def test_torn_foreign_and_unknown_lines_are_passed_over() -> None:
    lines = [to_line(event) for event in SOME]
    foreign = [
        b"\n",
        b"\xff\xfe\n",
        b"42\n",
        b"{}\n",
        b'{"event":"saved"}\n',
        b'{"event":"unheard-of","step":1}\n',
        b'{"event":"saved","step":"three","epoch":1,"time":1,"elapsed":1,"checkpoint":"last"}\n',
        b"[" * 100_000 + b"\n",
        b'{"event":"alarm","step":1,"epoch":1,"time":1,"elapsed":1,"kind":"collapse"}\n',
        lines[1][:40] + b"\n",
        b'{"event":"saved","checkpoint":\n',
    ]
    mixed = b"".join(a + b for a, b in zip(lines, [*foreign, b""], strict=True))
    assert list(from_lines(mixed)) == list(SOME)


def test_what_a_later_version_adds_to_an_event_is_ignored() -> None:
    line = to_line(SOME[4]).replace(b"{", b'{"colour":"green",', 1)
    assert list(from_lines(line)) == [SOME[4]]


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_passed_over(raw: bytes) -> None:
    assert all(isinstance(event, Event) for event in from_lines(raw))


def test_scores_of_a_journal_without_active_units_are_read() -> None:
    line = to_line(SOME[2])
    old = line.replace(b',"active_units":null,"mutual_information":null', b"")
    assert old != line and list(from_lines(old)) == [SOME[2]]


def test_an_event_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        SOME[4].step = 4

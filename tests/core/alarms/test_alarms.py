from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from core.alarms.evidence import GRACE, LOW_KL
from core.alarms.rules import RULES
from core.alarms.watch import Watch, alarms
from core.config.build import with_settings
from core.config.presets import preset
from core.config.schema import Config
from core.corpus.formats import find_corpus, write_corpus
from core.corpus.paradigms import Corpus
from core.runs.directory import RunDirectory
from core.runs.history import History
from core.runs.journal import read_whole
from core.scores.results import Commonest, Conversion, Gaussian, Scores
from core.session import prepare, train
from core.training import events
from core.training.control import Control

STEPS = 1000
PLAIN = ("prior.kind=standard", "objective.annealing.kind=constant")
NAMES = ("walk", "talk", "play", "jump", "call", "see", "cut", "take", "help", "pull")

Tiny = Callable[..., Config]


def config(*settings: str) -> Config:
    return with_settings(preset("default"), settings)


def at(step: int) -> dict[str, float | int]:
    return {"step": step, "epoch": step / 10, "time": float(step), "elapsed": float(step)}


def started(step: int = 0, paradigms: int = 1217) -> events.Started:
    return events.Started(
        **at(step),
        resumed=step > 0,
        steps=STEPS,
        steps_per_epoch=10,
        words=4 * paradigms,
        paradigms=paradigms,
        duplicates=0,
    )


def progress(
    step: int, kl: float | None, ce: float = 20.0, norm: float | None = 3.0
) -> events.Progress:
    return events.Progress(
        **at(step),
        ce=ce,
        ce_per_character=ce / 8,
        kl=kl,
        beta=1.0,
        teacher_forcing_ratio=1.0,
        learning_rate=0.01,
        gradient_norm=norm,
        words_per_second=100.0,
        eta=1.0,
    )


def evaluated(
    step: int,
    *,
    bleu4: float = 0.5,
    gaussian: float = 0.5,
    distinct: int = 400,
    kl: float = 8.0,
    said: tuple[str, ...] = NAMES,
    commonest: int = 5,
    **more: object,
) -> events.Evaluated:
    half = 0.03 if 0 < gaussian < 1 else 0.003
    scores = Scores(
        selection_bleu4=bleu4,
        bleu4=None,
        gaussian=Gaussian(
            score=gaussian,
            ci95=(max(0.0, gaussian - half), min(1.0, gaussian + half)),
            draws=1000,
            distinct=distinct,
            course_score=gaussian,
        ),
        kl_per_dimension=(kl / 2, None, kl / 2),
        conversions=tuple(
            Conversion(
                source=f"{target}s",
                target=target,
                prediction=prediction,
                source_condition="third-person",
                target_condition="simple-present",
            )
            for target, prediction in zip(NAMES, said, strict=True)
        ),
        samples=(),
        commonest=Commonest(("succeed", "succeeds"), commonest),
        **more,
    )
    return events.Evaluated(**at(step), scores=scores, joint=bleu4, best=False)


def rung(settings: Config, told: list[events.Event]) -> list[tuple[int, str, bool]]:
    return [(alarm.step, alarm.kind, alarm.begins) for alarm in alarms(settings, told)]


def course(kl: Callable[[int], float], until: int = STEPS) -> list[events.Event]:
    return [started(), *(progress(step, kl(step)) for step in range(10, until + 1, 10))]


class TestCollapse:
    def test_comes_within_a_twentieth_of_the_training_and_ends_when_kl_is_back(self) -> None:
        told = course(lambda step: 0.1 if 500 < step <= 700 else 8.0)
        (begins, kind, _), (ends, _, begun) = rung(config(*PLAIN), told)
        assert kind == "collapse" and not begun
        assert 500 < begins <= 550 and 700 < ends <= 750

    def test_is_not_told_in_the_first_few_per_cent(self) -> None:
        told = course(lambda step: 0.01, until=int(GRACE * STEPS))
        assert rung(config(*PLAIN), told) == []

    def test_of_a_latent_that_was_never_in_use_waits_until_beta_has_risen(self) -> None:
        rising = config("prior.kind=standard", "objective.annealing.rise_ratio=0.4")
        ((begins, kind, _),) = rung(rising, course(lambda step: 0.1))
        assert kind == "collapse" and 400 < begins <= 450

    def test_does_not_wait_for_the_fall_of_beta_that_a_memory_lets(self) -> None:
        high = config("objective.annealing.kind=constant", "objective.annealing.beta_max=5")
        told = rung(high, course(lambda step: 0.1 if step < 400 else 8.0))
        assert [(kind, begins) for _, kind, begins in told[:1]] == [("collapse", True)]
        assert GRACE * STEPS < told[0][0] <= GRACE * STEPS + 0.05 * STEPS

    def test_of_a_latent_that_was_in_use_is_told_while_beta_rises(self) -> None:
        rising = config("prior.kind=standard", "objective.annealing.rise_ratio=0.7")
        ((begins, _, _),) = rung(rising, course(lambda step: 15.0 if step < 300 else 0.1))
        assert 300 < begins <= 350

    def test_is_not_told_of_the_first_leap_of_kl(self) -> None:
        """The default preset's KL leaps at once, falls back, and rises for good much later."""
        told = course(lambda step: 6.7 if 10 < step < 30 else 0.1 if step < 180 else 8.0)
        assert rung(config(), told) == []

    def test_needs_more_than_a_spike(self) -> None:
        told = course(lambda step: 0.1 if step == 600 else 8.0)
        assert rung(config(*PLAIN), told) == []

    def test_rings_once_while_kl_wavers_about_the_bound(self) -> None:
        told = course(lambda step: LOW_KL * (0.8 if step % 20 or step < 200 else 1.2))
        assert len(rung(config(*PLAIN), told)) == 1

    @pytest.mark.parametrize(
        "number",
        [
            {"active_units": 0, "mutual_information": 0.6},
            {"active_units": 9, "mutual_information": 0.01},
        ],
    )
    def test_is_seen_behind_a_kl_that_is_high_because_all_posteriors_are_alike(
        self, number: dict[str, float]
    ) -> None:
        told = [started(), *(evaluated(step, **number) for step in (400, 450, 500))]
        assert rung(config(*PLAIN), told) == [(450, "collapse", True)]
        well = evaluated(600, active_units=9, mutual_information=5.0)
        assert rung(config(*PLAIN), [*told, well])[1:] == [(600, "collapse", False)]
        early = [started(), *(evaluated(step, **number) for step in (100, 150, 200))]
        assert rung(config(*PLAIN), early) == []
        assert rung(config(*PLAIN), [started(), well, evaluated(650, **number)]) == []


class TestRate:
    def test_is_too_high_where_kl_is_far_above_ln_n_and_draws_miss(self) -> None:
        told = [started(), evaluated(500, kl=20.0, gaussian=0.02)]
        assert rung(config(*PLAIN), told) == [(500, "rate", True)]

    @pytest.mark.parametrize(
        ("settings", "kl", "gaussian"),
        [
            (PLAIN, 20.0, 0.9),
            (PLAIN, 10.0, 0.02),
            ((*PLAIN, "evaluation.select_by=bleu4"), 60.0, 0.0),
            ((), 20.0, 0.02),
        ],
        ids=["sampling works", "not far above", "not meant to generate", "beta still falls"],
    )
    def test_is_not_too_high(self, settings: tuple[str, ...], kl: float, gaussian: float) -> None:
        told = [started(), evaluated(400, kl=kl, gaussian=gaussian)]
        assert rung(config(*settings), told) == []

    def test_is_too_high_where_draws_hit_but_come_to_some_verbs_alone(self) -> None:
        """980 hits that fall alike on 1,217 verbs are 673 different ones."""
        uneven = evaluated(500, kl=120.0, gaussian=0.98, distinct=234)
        even = evaluated(500, kl=120.0, gaussian=0.98, distinct=400)
        assert rung(config(), [started(), uneven]) == [(500, "rate", True)]
        assert rung(config(), [started(), even]) == []

    def test_ends_when_sampling_works(self) -> None:
        told = [started(), evaluated(500, kl=20.0, gaussian=0.02), evaluated(600, kl=20.0)]
        assert rung(config(*PLAIN), told) == [(500, "rate", True), (600, "rate", False)]


def test_a_decoder_that_says_the_same_of_every_verb_ignores_the_latent() -> None:
    told = [started(), *(evaluated(step, said=("walk",) * 10) for step in (400, 500))]
    assert rung(config(*PLAIN), told) == [(500, "ignored-latent", True)]
    mended = [*told, evaluated(600, said=(*NAMES[:3], *("walk",) * 7))]
    assert rung(config(*PLAIN), mended)[1:] == [(600, "ignored-latent", False)]


def test_a_decoder_that_ignores_a_collapsed_latent_is_not_blamed() -> None:
    told = [started(), *(evaluated(s, said=("walk",) * 10, kl=0.1) for s in (400, 500))]
    assert rung(config(*PLAIN), told) == []


class TestOneWord:
    def test_drawn_again_and_again_is_named(self) -> None:
        told = [started(), evaluated(500, commonest=600)]
        (alarm,) = alarms(config(*PLAIN), told)
        assert alarm.kind == "one-word" and "600 of 1000 draws say succeed" in alarm.message

    @pytest.mark.parametrize(("gaussian", "distinct"), [(0.3, 1), (0.8, 40), (0.02, 1)])
    def test_is_told_where_the_hits_are_a_few_verbs(self, gaussian: float, distinct: int) -> None:
        """800 hits that fall alike on 1,217 verbs are 586 different ones."""
        told = [started(), evaluated(500, gaussian=gaussian, distinct=distinct)]
        assert rung(config(*PLAIN), told) == [(500, "one-word", True)]

    @pytest.mark.parametrize(
        ("gaussian", "distinct", "commonest"), [(0.8, 100, 300), (0.019, 1, 19), (0.0, 0, 599)]
    )
    def test_is_not_told_of_draws_that_differ_or_seldom_hit(
        self, gaussian: float, distinct: int, commonest: int
    ) -> None:
        at_500 = evaluated(500, gaussian=gaussian, distinct=distinct, commonest=commonest)
        assert rung(config(*PLAIN), [started(), at_500]) == []

    def test_ends_only_when_the_draws_clearly_differ(self) -> None:
        told = [started(), *(evaluated(s, commonest=t) for s, t in ((500, 610), (550, 500)))]
        assert rung(config(*PLAIN), told) == [(500, "one-word", True)]
        told.append(evaluated(600, commonest=390))
        assert rung(config(*PLAIN), told)[1:] == [(600, "one-word", False)]

    def test_waits_until_the_memory_has_been_learnt(self) -> None:
        told = [started(), progress(200, 8.0), evaluated(400, commonest=900)]
        assert rung(config(), told) == []
        assert rung(config(), [*told, evaluated(500, commonest=900)]) == [(500, "one-word", True)]


class TestDivision:
    def test_before_the_latent_tells_verbs_apart_is_told_for_good(self) -> None:
        told = course(lambda step: 0.1 if step <= 250 else 8.0)
        assert [one for one in rung(config(), told) if one[1] != "collapse"] == [
            (210, "division", True)
        ]

    def test_is_not_told_where_kl_has_risen_or_nothing_is_divided(self) -> None:
        assert rung(config(), course(lambda step: 0.1 if step < 190 else 8.0)) == []
        late = course(lambda step: 0.1 if step <= 250 else 8.0)
        assert "division" not in {kind for _, kind, _ in rung(config(*PLAIN), late)}


class TestPlateau:
    @staticmethod
    def told(ce: Callable[[int], float], bleu4: Callable[[int], float]) -> list[events.Event]:
        told: list[events.Event] = [started()]
        for step in range(10, STEPS + 1, 10):
            told.append(progress(step, 8.0, ce=ce(step)))
            if step % 50 == 0:
                told.append(evaluated(step, bleu4=bleu4(step)))
        return told

    def test_is_told_once_after_a_fifth_of_the_training_without_improvement(self) -> None:
        told = self.told(lambda s: max(20 - s / 25, 8), lambda s: min(s / 600, 0.5))
        ((step, kind, begins),) = rung(config(*PLAIN), told)
        assert kind == "plateau" and begins and 500 <= step <= 600

    def test_ends_with_the_next_improvement(self) -> None:
        told = self.told(lambda s: 8 if s < 850 else 4, lambda s: 0.3 if s < 850 else 0.7)
        assert [begins for _, _, begins in rung(config(*PLAIN), told)] == [True, False]

    @pytest.mark.parametrize(
        ("ce", "bleu4"),
        [
            (lambda s: 20 - s / 60, lambda s: 0.3),
            (lambda s: 8, lambda s: s / 1100),
            (lambda s: 0.4, lambda s: 0.97),
        ],
        ids=["CE falls", "the score rises", "good enough"],
    )
    def test_is_none_where(self, ce: Callable[[int], float], bleu4: Callable[[int], float]) -> None:
        assert rung(config(*PLAIN), self.told(ce, bleu4)) == []


class TestOverfitting:
    @staticmethod
    def told(ce_falls: bool) -> list[events.Event]:
        told: list[events.Event] = [started()]
        for step in range(10, STEPS + 1, 10):
            ce = 10 - 9 * step / STEPS if ce_falls else 1 + 9 * step / STEPS
            told.append(progress(step, 8.0, ce=ce))
            if step % 100 == 0:
                told.append(evaluated(step, bleu4=0.9 - abs(step - 400) / 2000))
        return told

    def test_is_a_fall_of_the_unseen_verbs_while_the_training_verbs_are_learnt(self) -> None:
        unseen = config(*PLAIN, "evaluation.select_on=valid")
        assert rung(unseen, self.told(ce_falls=True)) == [(700, "overfitting", True)]
        assert "overfitting" not in {kind for _, kind, _ in rung(unseen, self.told(False))}

    def test_cannot_be_seen_where_the_selection_pairs_are_training_verbs(self) -> None:
        assert rung(config(*PLAIN), self.told(ce_falls=True)) == []


@pytest.mark.parametrize("norm", [500.0, 1e-9])
def test_a_gradient_that_explodes_or_vanishes_is_told_until_it_is_as_usual(norm: float) -> None:
    odd = (500, 510, 520)
    steps = range(10, STEPS + 1, 10)
    told = [started(), *(progress(s, 8.0, norm=norm if s in odd else 3.0) for s in steps)]
    assert rung(config(*PLAIN), told) == [(510, "gradient", True), (530, "gradient", False)]


def test_a_gradient_that_is_not_finite_is_left_to_the_training_which_fails() -> None:
    told = [started(), progress(500, None, norm=None), progress(510, None, norm=None)]
    assert rung(config(*PLAIN), told) == []


class TestBeta:
    @pytest.mark.parametrize(
        "settings",
        [
            (),
            ("objective.annealing.kind=constant",),
            ("objective.annealing.kind=cyclical", "objective.annealing.cycles=10"),
            ("objective.annealing.rise_ratio=1", "prior.kind=standard"),
            ("objective.annealing.beta_max=0", "prior.beta_final=0"),
            ("prior.start=0.19",),
        ],
    )
    def test_that_reaches_its_maximum_is_no_alarm(self, settings: tuple[str, ...]) -> None:
        assert rung(config(*settings), [started()]) == []

    @pytest.mark.parametrize(
        "settings", [("prior.start=0.1",), ("objective.annealing.rise_ratio=0.7",)]
    )
    def test_that_falls_before_it_has_risen_is_told_at_the_start(
        self, settings: tuple[str, ...]
    ) -> None:
        assert rung(config(*settings), [started()]) == [(0, "beta", True)]

    def test_is_not_told_again_when_the_run_goes_on(self) -> None:
        watch = Watch(config("prior.start=0.1"))
        assert watch.update(started()) and not watch.update(started(step=100))


def test_alarms_after_the_point_from_which_a_run_goes_on_are_void() -> None:
    told = course(lambda step: 8.0 if step <= 300 else 0.1, until=400)
    watch = Watch(config(*PLAIN), [*told, *alarms(config(*PLAIN), told)])
    assert "collapse" in watch.history.active_alarms
    watch.update(started(step=300))
    assert watch.history.active_alarms == {}
    again = [watch.update(progress(step, 0.1)) for step in (310, 320, 330)]
    assert [alarm.kind for some in again for alarm in some] == ["collapse"]


def test_every_alarm_says_what_was_seen_and_what_to_try() -> None:
    told = [
        started(),
        *course(lambda step: 0.1, until=500)[1:],
        *(
            evaluated(step, said=("walk",) * 10, kl=20, gaussian=0.02, commonest=900)
            for step in (490, 500)
        ),
    ]
    begun = alarms(config(*PLAIN), told)
    assert len(begun) > 3
    for alarm in begun:
        assert alarm.kind in RULES
        assert alarm.message and not alarm.message.endswith(".")
        assert alarm.advice.endswith(".")


def test_the_demonstration_run_raises_no_alarm() -> None:
    demo = RunDirectory(Path(__file__).parents[3] / "runs" / "demo")
    assert alarms(demo.config(), read_whole(demo.journal_file)) == []


def journal_of(run: RunDirectory) -> tuple[list[events.Alarm], dict[str, events.Alarm]]:
    history = History()
    history.add(read_whole(run.journal_file))
    return history.alarms, history.active_alarms


def timeless(told: list[events.Alarm]) -> list[events.Alarm]:
    return [msgspec.structs.replace(alarm, time=0.0, elapsed=0.0) for alarm in told]


def test_a_live_run_a_resumed_one_and_a_replayed_journal_give_the_same_alarms(
    tiny: Tiny, tmp_path: Path
) -> None:
    settings = tiny("training.epochs=20", "prior.kind=standard", "checkpoints.every_epochs=3")
    whole = prepare(settings, tmp_path, "whole")
    live = [event for event in train(whole, Control()) if isinstance(event, events.Alarm)]
    assert {alarm.kind for alarm in live} >= {"collapse"}
    assert journal_of(whole)[0] == live
    assert alarms(settings, read_whole(whole.journal_file)) == live
    resumed = prepare(settings, tmp_path, "resumed")
    for stop in (14, 31):
        # As if the process died: what comes after the last checkpoint is void.
        training = train(resumed, Control())
        while next(training).step < stop:
            pass
        training.close()
    for _ in train(resumed, Control()):
        pass
    assert timeless(journal_of(resumed)[0]) == timeless(live)
    assert timeless(alarms(settings, read_whole(resumed.journal_file))) == timeless(live)


@pytest.fixture(scope="module")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    verbs = find_corpus("verbs")
    file = tmp_path_factory.mktemp("corpus") / "small.tsv"
    write_corpus(Corpus("small", verbs.conditions, verbs.split("train")[:200]), file)
    return file


@pytest.fixture(scope="module")
def trained(
    small_corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., list[events.Event]]:
    def told(*settings: str) -> list[events.Event]:
        chosen = with_settings(
            preset("default"),
            [
                f"data.corpus={small_corpus}",
                "training.epochs=40",
                "training.batch_size=64",
                "training.report_every=5",
                "evaluation.every_epochs=4",
                "evaluation.gaussian_draws=200",
                "hardware.device=cpu",
                "hardware.threads=1",
                "hardware.precision=float32",
                *settings,
            ],
        )
        return list(train(prepare(chosen, tmp_path_factory.mktemp("runs")), Control()))

    return told


def begun(told: list[events.Event], kind: str) -> Iterator[events.Alarm]:
    for event in told:
        if isinstance(event, events.Alarm) and event.kind == kind and event.begins:
            yield event


@pytest.mark.slow
def test_a_training_with_a_high_constant_beta_is_told_that_it_collapsed(
    trained: Callable[..., list[events.Event]],
) -> None:
    told = trained(
        "objective.annealing.kind=constant", "objective.annealing.beta_max=5", "prior.kind=standard"
    )
    reports = [event for event in told if isinstance(event, events.Progress)]
    fell = next(
        after.epoch
        for before, after in pairwise([reports[0], *reports])
        if before.kl is not None and after.kl is not None and after.kl < 0.5
    )
    (alarm,) = begun(told, "collapse")
    assert alarm.epoch <= fell + 0.05 * 40
    assert "rate" not in {e.kind for e in told if isinstance(e, events.Alarm)}


@pytest.mark.slow
def test_a_training_without_kl_is_told_that_its_rate_is_too_high(
    trained: Callable[..., list[events.Event]],
) -> None:
    told = trained("objective.annealing.beta_max=0", "prior.beta_final=0", "prior.kind=standard")
    assert list(begun(told, "rate")) and not list(begun(told, "collapse"))


@pytest.mark.slow
def test_a_training_by_default_is_told_nothing(
    trained: Callable[..., list[events.Event]],
) -> None:
    """As many steps as the preset's own, of fewer words: the latent needs them to be learnt."""
    told = trained("training.epochs=100", "training.batch_size=32", "evaluation.every_epochs=10")
    assert [event for event in told if isinstance(event, events.Alarm)] == []


@pytest.mark.slow
def test_a_training_by_default_that_is_far_too_short_is_told_that_it_divided_too_early(
    trained: Callable[..., list[events.Event]],
) -> None:
    (alarm,) = begun(trained(), "division")
    assert alarm.epoch < 0.25 * 40

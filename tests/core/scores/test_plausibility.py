import itertools

import pytest

from core.corpus.formats import ENGLISH_TENSES, find_corpus
from core.corpus.paradigms import Corpus, Paradigm
from core.scores.plausibility import Plausibility

WALK = ("walk", "walks", "walking", "walked")
STOP = ("stop", "stops", "stopping", "stopped")
PULL = ("pull", "pulls", "pulling", "pulled")
GO = ("go", "goes", "going", "went")


@pytest.mark.parametrize(
    ("forms", "kind"),
    [
        (WALK, "hit"),
        (PULL, "real"),
        (("blark", "blarks", "blarking", "blarked"), "plausible"),
        (("snop", "snops", "snopping", "snopped"), "plausible"),
        (("blark", "blarks", "blarkking", "blarkked"), "broken"),
        (("snop", "snops", "snoping", "snoped"), "broken"),
        (("walk", "walks", "talking", "walked"), "broken"),
        (("bo", "boes", "boing", "went"), "broken"),
        (("", "", "", ""), "broken"),
    ],
)
def test_draws_are_judged_by_what_their_forms_have_in_common(
    forms: tuple[str, ...], kind: str
) -> None:
    assert Plausibility([WALK, STOP, GO], known=[WALK, PULL]).kind(forms) == kind


def test_a_paradigm_of_another_split_or_of_the_shipped_verbs_is_real() -> None:
    rows = (Paradigm(WALK), Paradigm(PULL, split="test"))
    judge = Plausibility.of(Corpus("two", ENGLISH_TENSES, rows))
    assert judge.kind(WALK) == "hit"
    assert judge.kind(PULL) == judge.kind(STOP) == "real"
    elsewhere = Plausibility.of(Corpus("two", ("a", "b", "c", "d"), rows))
    assert elsewhere.kind(STOP) == "broken"


def test_nearly_all_verbs_never_trained_on_count_as_plausible() -> None:
    paradigms = find_corpus("verbs").paradigms
    judge = Plausibility([p.forms for p in paradigms if p.split == "train"])
    unseen = [judge.kind(p.forms) for p in paradigms if p.split != "train"]
    assert unseen.count("plausible") / len(unseen) > 0.9
    crossed = [
        judge.kind((*one.forms[:3], other.forms[3])) for one, other in itertools.pairwise(paradigms)
    ]
    assert crossed.count("broken") / len(crossed) > 0.9

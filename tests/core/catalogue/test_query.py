import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue.listing import RunSummary
from core.catalogue.query import DEEPEST, KEYS, parse
from core.config.build import with_settings
from core.config.presets import preset
from core.config.schema import Config
from core.errors import InputError

RUN = RunSummary(
    name="lab4-7",
    state="finished",
    epoch=12.5,
    step=4000,
    age=time.time() - 7_000,
    metrics={"bleu4": 0.93, "gaussian": 0.4, "ce": 0.25, "kl": 8.5, "joint": None},
    size=12_000_000,
    tags=("good", "lab"),
    note="The one to keep",
)
NEW = RunSummary(name="new", state="new", epoch=0.0, step=0, age=None)
CONFIG = with_settings(
    preset("default"),
    ["model.latent_size=64", "optimizer.learning_rate=1e-3", "objective.annealing.shape=cosine"],
)


def passes(expression: str, run: RunSummary = RUN, config: Config | None = CONFIG) -> bool:
    return parse(expression)(run, lambda: config)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "   ",
        "bleu4 > 0.9",
        "bleu4>.9",
        "BLEU4 >= 0.93",
        "bleu4 > 0.9 and latent = 64",
        "latent_size = 64.0",
        "model.latent_size = 64 and model.latent >= 64",
        "learning_rate = 0.001",
        "learning_rate <= 1e-3",
        "bidirectional = false",
        "shape = cosine and shape ~ COS and shape != linear",
        "corpus = verbs",
        "state = finished",
        "state != crashed and not state = training",
        "name ~ LAB",
        'name = "lab4-7"',
        "note ~ 'one to'",
        "tag = good and tag ~ la and tag != bad",
        "age > 1h and age < 2 h and age < 120min and age > 6000",
        "size > 11 MB and size < 0.1GB",
        "kl < 9 and not joint > 0 and not loss < 5",
        "step = 4000 and epoch < 13 and ce < 1 and gaussian = 0.4",
        "state = crashed or bleu4 > 0.9",
        "state = crashed and state = new or bleu4 > 0.9",
        "not (state = finished and bleu4 < 0.9)",
        "NOT state = new AND (name ~ x OR name ~ lab)",
        "not not state = finished",
    ],
)
def test_an_expression_that_holds_lets_the_run_pass(expression: str) -> None:
    assert passes(expression)
    if expression.strip():
        assert not passes(f"not ({expression})")


def test_and_binds_more_than_or() -> None:
    assert passes("state = finished or state = new and bleu4 > 1")
    assert not passes("(state = finished or state = new) and bleu4 > 1")


@pytest.mark.parametrize("key", ["bleu4", "gaussian", "ce", "age"])
def test_what_a_run_does_not_have_is_neither_more_nor_less(key: str) -> None:
    assert not passes(f"{key} > 0 or {key} <= 0 or {key} = 0", NEW)
    assert passes(f"{key} != 0", NEW)


def test_a_run_whose_configuration_cannot_be_read_passes_no_setting() -> None:
    assert not passes("latent = 64", config=None)
    assert not passes("shape ~ cos", config=None)
    assert passes("latent != 64", config=None)


def test_the_configuration_is_read_only_when_an_expression_needs_it() -> None:
    def never() -> Config:
        raise AssertionError

    assert parse("bleu4 > 0.9 and state = finished")(RUN, never)
    assert not parse("bleu4 > 0.99 and latent = 64")(RUN, never)


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("beta_max <= 0.4", True),
        ("blank_probability = 0.3", True),
        ("memory = 96 and model.memory_size = 96", True),
        ("annealing = cyclical", False),
        ("objective.annealing = monotonic and schedule = onecycle", True),
        ("prior.kind = codebook and slots >= 0", True),
        ("passes = 1", False),
    ],
)
def test_settings_go_by_their_names_and_by_those_of_version_0_1_0(
    expression: str, passes: bool
) -> None:
    assert parse(expression)(NEW, lambda: CONFIG) is passes


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("blue > 3", "'blue' is not known; accepted: name, state, tag"),
        ("bleu4", "after 'bleu4': one of =, !=, <, <=, >, >= and ~ is needed"),
        ("bleu4 0.9", "is needed, not '0.9'"),
        ("bleu4 >", "after 'bleu4 >': a value is needed"),
        ("bleu4 > )", "after 'bleu4 >': a value is needed"),
        ("bleu4 > high", "bleu4 is a number; 'high' is none"),
        ("bleu4 > 1h", "bleu4 is a number; '1h' is none"),
        ("bleu4 > nan", "bleu4 is a number; 'nan' is none"),
        ("bleu4 ~ 9", "bleu4 is a number, compared by"),
        ("age < 2 weeks", "'weeks' was not expected"),
        ("age < 2weeks", "age is a number, with one of s, min, h, d after it; '2weeks' is none"),
        ("state = done", "state cannot be 'done'; accepted: new, training, paused"),
        ("state > new", "state is a text, compared by =, != or ~"),
        (
            "shape = square",
            "objective.annealing.shape cannot be 'square'; accepted: linear, sigmoid, cosine",
        ),
        ("bidirectional = yes", "model.bidirectional cannot be 'yes'; accepted: true, false"),
        ("tag > good", "a tag is compared by =, != or ~"),
        ("start = 1", "'start' may be prior.start or teacher_forcing.start; say which"),
        ("bleu4 > 0.9 name ~ lab", "'name' was not expected; 'and' or 'or' would be accepted"),
        ("bleu4 > 0.9 and", "at the end: a run's name, state"),
        ("and", "after 'and': one of"),
        ("= 3", "at '=': a run's name, state"),
        ("(bleu4 > 0.9", "a ')' is missing"),
        ("bleu4 > 0.9)", "')' was not expected"),
        ("note ~ 'open", '"\'" was not expected, or is never closed'),
        ("not " * (DEEPEST + 1) + "step = 0", "more than 50 brackets and negations"),
        ("(" * 5000, "more than 50 brackets and negations"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_a_sentence(expression: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(expression)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@given(st.lists(st.sampled_from([*KEYS, *"=<>~()'\"", "!=", "and", "or", "not", "3", "x", "2h"])))
def test_whatever_is_typed_is_understood_or_refused(words: list[str]) -> None:
    try:
        query = parse(" ".join(words))
    except InputError:
        return
    assert query(RUN, lambda: CONFIG) in (True, False)


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parse(text)
    except InputError as error:
        assert str(error)

import contextlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import presets
from core.config.annealing import Cyclical
from core.config.build import build, leaves, read_config, to_toml, with_settings
from core.config.fields import Field, differences, field, fields, fields_of, sections, value
from core.config.presets import preset, preset_description, preset_names
from core.config.schema import Chosen, Config, HardwareConfig, Parallel
from core.errors import InputError

ANY_TEXT = st.text(st.characters(), max_size=40)
"""Surrogates included: that is how a command line spells bytes that are not UTF-8."""
NUMBERS = [known for known in fields() if known.type in (int, float)]


def bringing(known: Field, base: Config | None = None) -> Config:
    """A configuration whose choices bring a setting."""
    chosen = [f"{known.choice}={known.kinds[0]}"] if known.choice else []
    return with_settings(base or Config(), chosen)


def bounds(known: Field) -> list[tuple[float, bool]]:
    """The lowest and the highest number that a setting names, each with whether it is left out."""
    words = known.accepts.split()
    low, high = (float(word) for word in words if word[0].isdigit())
    return [(low, "above" in words), (high, "below" in words)]


@pytest.mark.parametrize("known", fields(), ids=lambda known: known.key)
class TestEveryField:
    def test_says_what_it_is(self, known: Field) -> None:
        assert known.doc.endswith(".")
        assert known.accepts

    def test_accepts_its_default(self, known: Field) -> None:
        assert known.check(known.default) == known.default
        assert known.parse(str(known.default)) == known.default
        assert known.parse(known.spell(known.default)) == known.default

    def test_stands_in_the_configuration_with_its_default(self, known: Field) -> None:
        assert value(bringing(known), known) == known.default
        assert field(known.key) is known


@pytest.mark.parametrize("known", NUMBERS, ids=lambda known: known.key)
class TestEveryNumber:
    @pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "9" * 400, "", "one"])
    def test_refuses_what_is_not_finite_or_not_a_number(self, known: Field, text: str) -> None:
        with pytest.raises(InputError, match=r"it takes a (whole )?number"):
            known.parse(text)

    def test_refuses_what_lies_outside_its_bounds(self, known: Field) -> None:
        (low, _), (high, _) = bounds(known)
        for beyond in (low - 1, high + 1):
            with pytest.raises(InputError) as refused:
                known.parse(f"{beyond:.17g}")
            assert known.accepts in str(refused.value)

    def test_accepts_its_bounds_unless_they_are_open(self, known: Field) -> None:
        for bound, is_open in bounds(known):
            if is_open:
                with pytest.raises(InputError):
                    known.parse(f"{bound:.17g}")
            else:
                assert known.parse(f"{bound:.17g}") == bound


@pytest.mark.parametrize(
    ("key", "accepts"),
    [
        ("model.variant", "one of cvae, vae"),
        ("model.latent_every_step", "true or false"),
        ("data.pairs", "a name or a path"),
        ("training.seed", "a whole number from 0 to 2147483647"),
        ("optimizer.learning_rate", "a number above 0 up to 100"),
        ("optimizer.momentum", "a number from 0 below 1"),
    ],
)
def test_what_a_field_accepts_is_said_in_words(key: str, accepts: str) -> None:
    assert field(key).accepts == accepts


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("training.epoch=3", "'training.epoch' is not a setting; accepted: training.seed"),
        ("trainer.epochs=3", "accepted: section.key with a section among data, model"),
        ("training.epochs", "section.key=value is needed"),
        ("", "section.key=value is needed"),
        ("training.epochs=0", "training.epochs: '0' is not accepted; it takes a whole number"),
        ("training.epochs=2.5", "it takes a whole number"),
        ("model.variant=gan", "one of cvae, vae"),
        ("model.latent_every_step=maybe", "true or false"),
        ("objective.annealing.beta_start=2", r"annealing.beta_start \(2\) must not exceed"),
        ("objective.annealing.zero_ratio=0.9", "must not exceed 1 together"),
        ("model.hidden_size=4", r"model.condition_size \(8\) must not exceed"),
        ("data.corpus=\udcff.tsv", "data.corpus: .* it takes a name or a path"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_what_could(setting: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        with_settings(Config(), [setting])


def test_settings_that_contradict_one_another_only_on_the_way_are_accepted() -> None:
    config = with_settings(Config(), ["model.variant=vae", "objective.task=reconstruct"])
    assert (config.model.variant, config.objective.task) == ("vae", "reconstruct")


def test_of_two_settings_of_one_field_the_last_counts() -> None:
    config = with_settings(Config(), ["training.epochs=3", "training.epochs=4"])
    assert config.training.epochs == 4


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("model.variant=vae", "objective.task must be reconstruct"),
        ("prior.size=9,prior.kind=standard", "set prior.kind=codebook as well"),
        ("optimizer.momentum=0.9", "a setting of optimizer.kind sgd, not of adam"),
        ("teacher_forcing.start=0.5", "of teacher_forcing.kind sequence or token or parallel"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(setting: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        with_settings(preset("default"), setting.split(","))


def test_the_variant_without_tenses_takes_no_codebook() -> None:
    settings = ["model.variant=vae", "objective.task=reconstruct"]
    with pytest.raises(InputError, match=r"prior\.kind must be standard"):
        with_settings(preset("default"), settings)
    with_settings(preset("default"), [*settings, "prior.kind=standard"])


@pytest.mark.parametrize("turn", [1, -1])
def test_a_switched_choice_keeps_what_both_share_whatever_the_order(turn: int) -> None:
    settings = ["objective.annealing.kind=cyclical", "objective.annealing.cycles=7"][::turn]
    annealing = with_settings(Config(), ["objective.annealing.rise_ratio=0.3"]).objective.annealing
    before = with_settings(Config(), ["objective.annealing.rise_ratio=0.3"])
    after = with_settings(before, settings).objective.annealing
    assert isinstance(after, Cyclical)
    assert (after.cycles, after.rise_ratio, after.beta_max) == (7, 0.3, annealing.beta_max)


def test_a_switched_section_keeps_the_choices_within() -> None:
    after = with_settings(preset("default"), ["optimizer.kind=sgd"]).optimizer
    assert after.kind == "sgd"
    assert after.schedule == preset("default").optimizer.schedule


def test_the_defaults_are_those_of_the_lab() -> None:
    assert Config() == preset("lab4")


@pytest.mark.parametrize("name", presets.shipped_names())
def test_a_preset_that_ships_states_every_setting(name: str) -> None:
    document = presets.read(name)
    assert document["format"] == 2
    stated = {key for section in sections() for key, _ in leaves({section: document[section]})}
    assert stated == {known.key for known in fields_of(preset(name))}


@pytest.mark.parametrize(
    ("setting", "now"),
    [
        ("objective.beta_max=0.3", "objective.annealing.beta_max=0.3"),
        ("model.memory_size=0", "prior.kind=standard"),
        ("model.memory_size=7", "prior.size=7"),
        ("optimizer.schedule=cosine", "optimizer.schedule.kind=cosine"),
        ("objective.annealing=cyclical", "objective.annealing.kind=cyclical"),
        ("objective.blank_probability=0.1", "objective.word_dropout=0.1"),
        ("training.hallucinated=5", "training.invented=5"),
    ],
)
def test_a_setting_by_its_earlier_name_is_taken(setting: str, now: str) -> None:
    assert with_settings(preset("default"), [setting]) == with_settings(preset("default"), [now])


def test_settings_by_their_earlier_names_mean_what_they_meant() -> None:
    settings = ["teacher_forcing.mode=parallel", "teacher_forcing.end=0.4"]
    assert with_settings(preset("default"), settings).teacher_forcing == Parallel(
        start=1.0, end=0.4
    )
    idle = ["optimizer.step_epochs=3", "objective.beta_max=0.3"]
    assert differences(with_settings(preset("default"), idle), preset("default")) == (
        field("objective.annealing.beta_max"),
    )
    with pytest.raises(InputError, match=r"prior\.size: '-1' is not accepted"):
        with_settings(preset("default"), ["model.memory_size=-1"])


def test_what_was_chosen_takes_the_place_of_what_is_left_open() -> None:
    chosen = Chosen(device="cpu", threads=2, precision="float32", batch_size=64)
    base = msgspec.structs.replace(preset("default"), chosen=chosen)
    assert with_settings(base, []).with_chosen().hardware == HardwareConfig(
        device="cpu", threads=2, precision="float32"
    )
    given = with_settings(base, ["hardware.threads=3", "training.batch_size=0"]).with_chosen()
    assert (given.hardware.threads, given.training.batch_size) == (3, 0)
    elsewhere = with_settings(base, ["hardware.device=cuda"]).with_chosen()
    assert elsewhere.hardware == HardwareConfig(device="cuda")
    assert read_toml_text(to_toml(base)) == base


def read_toml_text(text: str) -> Config:
    return build(tomllib.loads(text))


@pytest.mark.parametrize("mark", [1, 3, "2"])
def test_a_file_of_an_unknown_layout_is_refused(mark: object) -> None:
    with pytest.raises(InputError, match="is not known; accepted: 2"):
        build({"format": mark})


def test_the_schema_describes_every_setting() -> None:
    text = msgspec.json.encode(msgspec.json.schema(Config)).decode()
    assert all(json.dumps(known.doc, ensure_ascii=False) in text for known in fields())


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_a_configuration_with_a_description(name: str) -> None:
    assert isinstance(preset(name), Config)
    assert preset_description(name).endswith(".")


def test_the_presets_begin_with_the_default_and_include_the_course() -> None:
    assert preset_names()[0] == "default"
    assert "lab4" in preset_names()


def test_an_unknown_preset_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="'lab5' is not a preset; accepted: default"):
        preset("lab5")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[trainer]\nepochs = 3", "'trainer' is not a section; accepted: data, model"),
        ("training = 3", "training must be a table of settings"),
        ("[training]\nepoch = 3", "'training.epoch' is not a setting"),
        ('[training]\nepochs = "3"', "it takes a whole number"),
        ("[optimizer]\nlearning_rate = nan", "it takes a number"),
        ("[optimizer]\nlearning_rate = inf", "it takes a number"),
        ("[optimizer]\nlearning_rate = 1" + "0" * 400, "it takes a number"),
        ("[data]\ncorpus = 1979-05-27", "it takes a name or a path"),
        ("[model]\nvariant = 'vae'", "objective.task must be reconstruct"),
        ("[training", "is not valid TOML"),
        ("a = " + "[" * 3000, "is not valid TOML"),
        ("[training]\nseed = " + "9" * 5000, "is not valid TOML"),
        ("[training]\nseed = 0x" + "f" * 5000, "it takes a whole number"),
        ("format = 2\n[optimizer" + ".a" * 5000 + "]\nx = 1", "nested too deeply"),
    ],
    ids=lambda argument: argument[:30],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_name(
    tmp_path: Path, text: str, complaint: str
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=complaint) as refused:
        read_config(file)
    assert str(file) in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    for name, complaint in (("latin.toml", "not UTF-8"), ("none.toml", "No such"), (".", "Is a")):
        with pytest.raises(InputError, match=complaint):
            read_config(tmp_path / name)


def test_a_file_needs_only_what_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[training]\nepochs = 7")
    base = preset("lab4")
    config = read_config(file, base)
    assert [known.key for known in differences(config, base)] == ["training.epochs"]
    assert config.training.epochs == 7


@pytest.mark.parametrize("name", preset_names())
def test_a_configuration_survives_its_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(to_toml(preset(name)), encoding="utf-8")
    assert read_config(file) == preset(name)


def test_the_file_of_a_configuration_writes_all_defaults_out() -> None:
    text = to_toml(Config())
    assert all(f"\n{known.name} = " in text for known in fields_of(Config()))


@given(st.data())
def test_whatever_is_set_is_a_configuration_that_survives_its_file_or_refused(
    tmp_path: Path, data: st.DataObject
) -> None:
    known = data.draw(st.sampled_from(fields()))
    text = data.draw(st.one_of(ANY_TEXT, st.floats().map(str), st.integers().map(str)))
    try:
        config = with_settings(bringing(known), [f"{known.key}={text}"])
    except InputError as error:
        assert known.key in str(error) or known.section in str(error)
        return
    file = tmp_path / "config.toml"
    file.write_text(to_toml(config), encoding="utf-8")
    assert read_config(file) == config


@given(st.lists(ANY_TEXT, max_size=3))
def test_any_text_as_a_setting_is_a_configuration_or_refused(settings: list[str]) -> None:
    refused_or(lambda: with_settings(Config(), settings))


@given(st.one_of(st.binary(max_size=60), ANY_TEXT.map(lambda t: t.encode("utf-8", "replace"))))
def test_any_bytes_as_a_file_are_a_configuration_or_refused(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(raw)
    refused_or(lambda: read_config(file))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(
    st.dictionaries(
        st.sampled_from([known.section for known in fields()]),
        JSON
        | st.dictionaries(st.sampled_from([known.name for known in fields()]), JSON, max_size=3),
        max_size=3,
    )
)
def test_any_tables_are_a_configuration_or_refused(document: dict[str, object]) -> None:
    refused_or(lambda: build(document))


def refused_or(make: Callable[[], Config]) -> None:
    with contextlib.suppress(InputError):
        assert isinstance(make(), Config)


def test_any_threads_may_ask_for_the_fields_first() -> None:
    # In an interpreter of its own, since here they are known already. While garbage is collected,
    # other threads may run in the middle of it.
    script = (
        "import gc, threading, time; from core.config.fields import fields_of, sections, fields\n"
        "gc.set_threshold(100); gc.callbacks.append(lambda *_: time.sleep(1e-5))\n"
        "threads = [threading.Thread(target=fields) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]"
    )
    asked = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert asked.stderr == ""


def test_settings_work_where_python_drops_docstrings() -> None:
    script = "from core.config.presets import preset; print(preset('lab4').training.epochs)"
    done = subprocess.run([sys.executable, "-OO", "-c", script], capture_output=True, text=True)
    assert done.stdout == "5000\n", done.stderr


def test_part_of_a_file_of_version_0_1_0_is_read_over_a_preset(tmp_path: Path) -> None:
    file = tmp_path / "part.toml"
    file.write_text("[teacher_forcing]\nstart = 0.5\nend = 0.5\n[optimizer]\nmomentum = 0.3\n")
    config = read_config(file, preset("default"))
    assert (config.teacher_forcing.kind, config.optimizer.kind) == ("sequence", "adam")
    assert config.teacher_forcing.start == 0.5

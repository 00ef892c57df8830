"""One page that tells a run, or compares several: a file of HTML that needs nothing beside it."""

import os.path
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.config.build import differences, to_toml, value
from core.config.fields import fields
from core.config.presets import preset, shipped_names
from core.config.schema import Config
from core.errors import Cancelled
from core.exports.diagnosis_text import findings
from core.exports.figure import DASHES, GRID, INK, PANELS, band_label, curve
from core.exports.markup import facts, picture, table, text
from core.exports.palette import COLOURS
from core.exports.run_data import Record
from core.exports.style import STYLE
from core.scores.results import Scores
from core.training import events
from core.training.metrics import metric

if TYPE_CHECKING:
    from core.diagnostics.diagnosis import Diagnosis

DRAWS = 2000
"""Draws of the diagnostics, from the prior and from the aggregate posterior."""
THEMED = {INK: "currentColor", "#ffffff": "var(--paper)", GRID: "var(--rule)"}
"""Colours of a figure that are not those of a line."""
SCORES = (
    "run",
    "checkpoint",
    "BLEU-4",
    "pairs",
    "Gaussian score",
    "95 % interval",
    "draws",
    "distinct",
    "course score",
    "joint",
)
STATES = {
    "new": "Not trained yet",
    "training": "Training",
    "paused": "Paused",
    "finished": "Finished",
    "stopped": "Stopped before its last step",
    "failed": "Failed",
    "crashed": "Ended without a word",
    "elsewhere": "Training on another host",
}


def page(
    records: Sequence[Record],
    *,
    diagnostics: bool,
    say: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> str:
    """The page of one run, or of a comparison.

    Raises InputError when a checkpoint cannot be used, Cancelled when that is asked for.
    """
    found: dict[str, Diagnosis] = {}
    for record in records if diagnostics else ():
        if (diagnosis := _diagnosed(record, say, cancelled)) is not None:
            found[record.name] = diagnosis
    say("curves")
    title = " against ".join(record.name for record in records)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            # The page loads nothing, whatever the words in it say.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="color-scheme" content="light dark">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{text(title)}</title><style>{STYLE}</style></head><body>",
            f"<header><h1>{text(title)}</h1>",
            *(_verdict(record, named=len(records) > 1) for record in records),
            "</header><main>",
            *_together(records, cancelled),
            *(part for record in records for part in _alone(record, records, found)),
            "</main></body></html>\n",
        ]
    )


def _diagnosed(
    record: Record, say: Callable[[str], None], cancelled: Callable[[], bool]
) -> "Diagnosis | None":
    """The diagnostics of the best checkpoint; None for a run without any."""
    if not record.directory.checkpoint_names():
        return None
    # Torch takes seconds to import.
    from core.diagnostics.diagnosis import diagnose
    from core.runs.checkpoint import load_inference

    say(f"{record.name}: model")
    inference = load_inference(record.directory).watched(cancelled=cancelled)
    return diagnose(
        inference,
        record.directory.corpus(),
        draws=DRAWS,
        importance_draws=0,
        say=lambda stage: say(f"{record.name}: {stage}"),
    )


def _verdict(record: Record, *, named: bool) -> str:
    """What became of a run, in words."""
    last, best = record.history.last, record.history.best
    sentences = []
    if last:
        sentences.append(
            f"{STATES[record.state]}: epoch {last.epoch:.0f}, step {last.step:,} of "
            f"{record.started.steps:,}, {_duration(last.elapsed)} of training."
        )
    if best:
        scores, gaussian = best.scores, best.scores.gaussian
        low, high = gaussian.ci95
        sentences.append(
            f"The best checkpoint, of epoch {best.epoch:.0f}, reaches BLEU-4 "
            f"{scores.headline_bleu4:.4f} on the {_pairs(scores)} pairs and a Gaussian "
            f"score of {gaussian.score:.4f} (95 % interval {low:.4f} to {high:.4f}); its "
            f"{gaussian.draws:,} draws hit {gaussian.distinct:,} of {record.started.paradigms:,} "
            "paradigms."
        )
    standing = [alarm for alarm in _alarms(record).values() if alarm.begins]
    sentences.append(
        f"What stands at the end: {'; '.join(alarm.message for alarm in standing)}."
        if standing
        else "No alarm stands."
    )
    name = f"<strong>{text(record.name)}.</strong> " if named else ""
    note = f'<p class="quiet">{text(record.labels.note)}</p>' if record.labels.note else ""
    return f'<p class="verdict">{name}{text(" ".join(sentences))}</p>{note}'


def _together(records: Sequence[Record], cancelled: Callable[[], bool]) -> Iterator[str]:
    """What is shown of all runs at once."""
    yield '<section aria-labelledby="curves"><h2 id="curves">Curves</h2>'
    yield f'<ul class="legend">{"".join(_legend(records))}</ul><div class="curves">'
    for panel in PANELS:
        if cancelled():
            raise Cancelled("the export was given up")
        drawing = picture(
            curve(records, panel), panel, metric(panel).label, _ends(records, panel), THEMED
        )
        yield f"<figure>{drawing}</figure>"
    yield '</div></section><section aria-labelledby="scores"><h2 id="scores">Scores</h2>'
    rows = [row for record in records for row in _scores(record)]
    yield table("Scores of the best and of the last evaluation", SCORES, rows, numbers=True)
    yield (
        '<p class="quiet">A Gaussian score is the share of draws from N(0, I) whose forms are a '
        "training paradigm, each draw counted once; where two intervals overlap, the difference "
        "may be chance. The course score counts a draw once for each equal training row. Joint is "
        "the harmonic mean of BLEU-4 on the selection pairs and the Gaussian score.</p></section>"
    )
    if len(records) > 1:
        yield '<section aria-labelledby="differing"><h2 id="differing">Settings that differ</h2>'
        names = [record.name for record in records]
        rows = list(_differing([record.config for record in records]))
        yield table("Settings that differ", ["setting", *names], rows) if rows else "<p>None.</p>"
        yield "</section>"


def _alone(
    record: Record, records: Sequence[Record], found: dict[str, "Diagnosis"]
) -> Iterator[str]:
    """What is shown of one run."""
    several, place = len(records) > 1, records.index(record)
    if several:
        yield f'<section aria-labelledby="run-{place}"><h2 id="run-{place}">'
        yield f"{text(record.name)}</h2>"
    level = 3 if several else 2
    for name, content in (
        ("Conversions", _conversions(record)),
        ("Generations", _generations(record)),
        ("Diagnostics", _diagnostics(found.get(record.name), level + 1)),
        ("Alarms", _told_alarms(record)),
        ("Configuration", _configuration(record)),
        ("Environment", _environment(record)),
    ):
        if content:
            key = f"{name.lower()}-{place}"
            yield f'<section aria-labelledby="{key}"><h{level} id="{key}">{name}</h{level}>'
            yield f"{content}</section>"
    if several:
        yield "</section>"


def _legend(records: Sequence[Record]) -> Iterator[str]:
    for place, record in enumerate(records):
        dashes = " ".join(f"{length * 2:g}" for length in DASHES[place])
        line = f'<path d="M0 6h40" stroke="{COLOURS[place]}" stroke-width="2.5"' + (
            f' stroke-dasharray="{dashes}"/>' if dashes else "/>"
        )
        yield f"<li>{_sample(line)}<span>{text(record.name)}</span></li>"
    if len(records) == 1 and any(one.scores.bleu4 is not None for one in _evaluations(records)):
        line = '<path d="M0 6h40" stroke="#8c8c8c" stroke-width="2" stroke-dasharray="6 4"/>'
        yield f"<li>{_sample(line)}<span>BLEU-4 of the selection pairs</span></li>"
    ring = '<circle cx="20" cy="6" r="5" fill="none" stroke="currentColor" stroke-width="1.5"/>'
    yield f"<li>{_sample(ring)}<span>best checkpoint</span></li>"
    band = '<path d="M0 6h40" stroke="#8c8c8c" stroke-width="10" stroke-opacity=".35"/>'
    yield f"<li>{_sample(band)}<span>{band_label(records)}</span></li>"


def _sample(shape: str) -> str:
    return f'<svg viewBox="0 0 40 12" aria-hidden="true">{shape}</svg>'


def _evaluations(records: Sequence[Record]) -> list[events.Evaluated]:
    return [event for record in records for event in record.history.evaluations]


def _ends(records: Sequence[Record], panel: str) -> str:
    """Where the lines of a panel begin and end, for those who do not see them."""
    parts = []
    for record in records:
        found = record.history.find(panel)
        if found:
            parts.append(
                f"{record.name}: from {found.values[0]:.4g} to {found.values[-1]:.4g} over "
                f"{found.epochs[-1]:.0f} epochs"
            )
    return f"{metric(panel).label}. {'; '.join(parts) or 'No values yet'}."


def _scores(record: Record) -> Iterator[list[str]]:
    history = record.history
    rows = {"best": history.best, "last evaluation": history.evaluated}
    if history.best and history.evaluated and history.best.step == history.evaluated.step:
        rows = {"best, which is the last": history.best}
    for name, event in rows.items():
        if event:
            scores, gaussian = event.scores, event.scores.gaussian
            low, high = gaussian.ci95
            yield [
                text(record.name),
                f"{name}, epoch {event.epoch:.0f}",
                f"{scores.headline_bleu4:.4f}",
                _pairs(scores),
                f"{gaussian.score:.4f}",
                f"{low:.4f} to {high:.4f}",
                f"{gaussian.draws:,}",
                f"{gaussian.distinct:,}",
                f"{gaussian.course_score:.4f}",
                f"{event.joint:.4f}",
            ]


def _pairs(scores: Scores) -> str:
    return "selection" if scores.bleu4 is None else "reported"


def _shown(record: Record) -> events.Evaluated | None:
    """The evaluation whose examples are shown."""
    return record.history.best or record.history.evaluated


def _conversions(record: Record) -> str:
    event = _shown(record)
    if event is None or not event.scores.conversions:
        return ""
    return table(
        f"Some pairs at epoch {event.epoch:.0f}; what differs from the source is marked",
        ["source", "from", "to", "prediction", "verdict"],
        [
            [
                text(one.source),
                text(one.source_condition),
                text(one.target_condition),
                _changed(one.source, one.prediction),
                '<span class="right">✓ right</span>'
                if one.prediction == one.target
                else f'<span class="wrong">✗ expected {text(one.target)}</span>',
            ]
            for one in event.scores.conversions
        ],
    )


def _changed(source: str, form: str) -> str:
    """The form, with what it does not share with the head of the source marked."""
    shared = len(os.path.commonprefix([source, form]))  # noqa: RUF071
    changed = f"<mark>{text(form[shared:])}</mark>" if form[shared:] else ""
    return text(form[:shared]) + changed


def _generations(record: Record) -> str:
    event = _shown(record)
    if event is None or not event.scores.samples:
        return ""
    return table(
        f"Some draws from N(0, I) at epoch {event.epoch:.0f}",
        ["verdict", *record.conditions],
        [
            [
                '<span class="right">✓ hit</span>'
                if one.hit
                else '<span class="wrong">miss</span>',
                *map(text, one.forms),
            ]
            for one in event.scores.samples
        ],
    )


def _diagnostics(found: "Diagnosis | None", level: int) -> str:
    if found is None:
        return ""
    return "\n".join(
        f"<h{level}>{text(title)}</h{level}>"
        + facts((text(name), text(fact)) for name, fact in rows)
        for title, rows in findings(found)
    )


def _alarms(record: Record) -> dict[str, events.Alarm]:
    """The last word of each kind of alarm."""
    from core.alarms.watch import alarms

    return {alarm.kind: alarm for alarm in alarms(record.config, record.told)}


def _told_alarms(record: Record) -> str:
    from core.alarms.watch import alarms

    standing = [alarm for alarm in _alarms(record).values() if alarm.begins]
    parts = [
        f'<div class="alarm"><p><strong>{text(alarm.message)}</strong></p>'
        f"<p>{text(alarm.advice)}</p>"
        f'<p class="quiet">Since epoch {alarm.epoch:.0f}.</p></div>'
        for alarm in standing
    ]
    past = [alarm for alarm in alarms(record.config, record.told) if alarm not in standing]
    if past:
        told = "".join(
            f"<li>Epoch {alarm.epoch:.0f}: {text(alarm.message)}.</li>" for alarm in past
        )
        parts.append(f"<details><summary>Earlier ones, which are over</summary><ul>{told}</ul>")
        parts.append("</details>")
    return "".join(parts) or "<p>None was given.</p>"


def _configuration(record: Record) -> str:
    name, base = _nearest_preset(record.config)
    rows = [
        [
            text(known.key),
            text(known.spell(value(record.config, known))),
            text(known.spell(value(base, known))),
            text(known.doc),
        ]
        for known in differences(record.config, base)
    ]
    changed = (
        table(f"What differs from {name}", ["setting", "value", f"in {name}", "meaning"], rows)
        if rows
        else "<p>Nothing differs.</p>"
    )
    return (
        f"<details><summary>{_counted(len(rows), 'setting')} beside the preset {text(name)}; all "
        f'of config.toml</summary>{changed}<pre tabindex="0">'
        f"{_toml(record.config)}</pre></details>"
    )


def _toml(config: Config) -> str:
    return "\n".join(map(text, to_toml(config).splitlines()))


def _nearest_preset(config: Config) -> tuple[str, Config]:
    """The preset that ships and differs least."""
    presets = [(name, preset(name)) for name in shipped_names()]
    return min(presets, key=lambda one: len(differences(config, one[1])))


def _differing(configs: Sequence[Config]) -> Iterator[list[str]]:
    """A row for each setting that is not the same in all the runs."""
    for known in fields():
        spelt = [known.spell(value(config, known)) for config in configs]
        if len(set(spelt)) > 1:
            yield [text(known.key), *map(text, spelt)]


def _environment(record: Record) -> str:
    first = datetime.fromtimestamp(record.told[0].time, UTC)
    rows = [("begun", f"{first:%Y-%m-%d %H:%M} UTC")]
    started = record.started
    rows.append(("training words", f"{started.words:,} in {started.paradigms:,} paradigms"))
    if record.labels.tags:
        rows.append(("tags", ", ".join(record.labels.tags)))
    for name, told in record.environment.items():
        nested = told if isinstance(told, dict) else {name: told}
        rows += [(str(key), str(one)) for key, one in nested.items() if one not in ("", None)]
    return facts((text(name.replace("_", " ")), text(told)) for name, told in rows)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"

"""Invented paradigms, so that a converter learns to copy whatever stem it meets.

Source: Anastasopoulos & Neubig 2019, section 3.2, but with the heads of real stems in the place of
random characters.
"""

from collections.abc import Sequence

import torch

from core.compute.randomness import seeded
from core.corpus.inflection import common_stem
from core.corpus.paradigms import Paradigm

TAIL = 2
"""Last characters of a stem, which are kept: the spelling of an ending depends on them."""


def invent(paradigms: Sequence[Paradigm], count: int, seed: int) -> list[Paradigm]:
    """Invent at most `count` paradigms, the same for the same seed.

    Each is a regular one with the head of another one's stem, the same in all forms. None has a
    form longer than the longest given one, or the forms of a given one.
    """
    known = {paradigm.forms for paradigm in paradigms}
    longest = max((len(form) for forms in known for form in forms), default=0)
    stems = [(p.forms, common_stem(p.forms)) for p in paradigms if not p.irregular]
    stems = [(forms, stem) for forms, stem in stems if len(stem) > TAIL]
    if not stems:
        return []
    made: dict[tuple[str, ...], Paradigm] = {}
    chances = torch.rand(count, 4, generator=seeded(seed, "hallucination"))
    for one, other, cut, taken in chances.tolist():
        forms, stem = stems[int(one * len(stems))]
        donor = stems[int(other * len(stems))][1]
        head = donor[: 1 + int(taken * (len(donor) - 1))]
        rest = 1 + int(cut * (len(stem) - TAIL))
        invented = tuple(head + form[rest:] for form in forms)
        if invented not in known and max(map(len, invented)) <= longest:
            made[invented] = Paradigm(invented)
    return list(made.values())

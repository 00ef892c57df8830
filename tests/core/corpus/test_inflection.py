import pytest

from core.corpus.inflection import inflection


@pytest.mark.parametrize(
    ("forms", "stem", "endings"),
    [
        (("walk", "walks", "walking"), "walk", ("", "s", "ing")),
        (("carry", "carries", "carrying", "carried"), "carr", ("y", "ies", "ying", "ied")),
        (("be", "is", "being", "was"), "", ("be", "is", "being", "was")),
        (("cut", "cuts", "cutting", "cut"), "cut", ("", "s", "ting", "")),
        (("one",), "one", ("",)),
        (("see", "sees", "seeing", "saw"), "s", ("ee", "ees", "eeing", "aw")),
        (("go", "went"), "", ("go", "went")),
    ],
)
def test_forms_are_their_stem_with_their_endings(
    forms: tuple[str, ...], stem: str, endings: tuple[str, ...]
) -> None:
    assert inflection(forms) == (stem, endings)

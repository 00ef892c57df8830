import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from core.text import printable


def test_words_of_any_script_are_left_alone() -> None:
    for word in ("access", "naïve", "идти", "走る", "a b", "[bold]x[/]"):
        assert printable(word) == word


def test_escape_sequences_and_overrides_are_spelt_out() -> None:
    assert printable("\x1b[31mred") == "\\x1b[31mred"
    assert printable("a\u202eb\u200bc") == "a\\u202eb\\u200bc"


@given(st.text())
def test_nothing_that_acts_on_a_terminal_is_left(text: str) -> None:
    left = {unicodedata.category(character) for character in printable(text)}
    assert not left & {"Cc", "Cf", "Cs"}
    assert Text(printable(text)).plain == printable(text)

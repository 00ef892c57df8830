import math
import threading
import time

import pytest

from core.errors import InputError
from core.training.control import Control


def test_nothing_is_wished_at_first() -> None:
    control = Control()
    assert not control.pausing
    assert not control.stopping
    assert not control.take_checkpoint()
    assert not control.take_evaluate()


def test_a_wish_is_taken_once() -> None:
    control = Control()
    control.checkpoint()
    control.checkpoint()
    control.evaluate()
    assert (control.take_checkpoint(), control.take_checkpoint()) == (True, False)
    assert (control.take_evaluate(), control.take_evaluate()) == (True, False)


def test_a_stop_ends_a_pause_for_good() -> None:
    control = Control()
    control.pause()
    assert control.pausing
    control.resume()
    assert not control.pausing
    control.pause()
    control.stop()
    assert control.stopping and not control.pausing


def test_every_wish_wakes_a_pause_at_once() -> None:
    for name in ("resume", "stop", "checkpoint", "evaluate", "detach"):
        control = Control()
        control.pause()
        waiting = threading.Thread(target=control.wait_for_change)
        waiting.start()
        time.sleep(0.02)
        assert waiting.is_alive(), "it sleeps while nothing is wished"
        wished = time.monotonic()
        getattr(control, name)()
        waiting.join()
        assert time.monotonic() - wished < 0.5, name


def test_a_wish_that_came_before_the_wait_is_not_slept_over() -> None:
    control = Control()
    control.pause()
    control.checkpoint()
    asked = time.monotonic()
    control.wait_for_change()
    assert time.monotonic() - asked < 0.5


def test_the_last_edit_of_a_number_is_taken_once() -> None:
    control = Control()
    control.edit("beta", 0.5)
    control.edit("learning_rate", 1e-3)
    control.edit("beta", None)
    assert control.take_edits() == {"beta": None, "learning_rate": 1e-3}
    assert control.take_edits() == {}


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("betas", 0.5, "beta, learning_rate, teacher_forcing_ratio"),
        ("beta", -1, "a number from 0 to 1000, or schedule"),
        ("learning_rate", 0, "a number above 0 up to 100, or schedule"),
        ("teacher_forcing_ratio", 1.1, "a number from 0 to 1, or schedule"),
        ("beta", math.nan, "a number from 0 to 1000, or schedule"),
    ],
)
def test_an_edit_out_of_range_is_refused_where_it_is_asked_for(
    name: str, value: float, accepted: str
) -> None:
    control = Control()
    with pytest.raises(InputError, match=accepted):
        control.edit(name, value)
    assert control.take_edits() == {}


def test_an_edit_wakes_a_pause_at_once() -> None:
    control = Control()
    control.pause()
    waiting = threading.Thread(target=control.wait_for_change)
    waiting.start()
    time.sleep(0.02)
    assert waiting.is_alive()
    wished = time.monotonic()
    control.edit("beta", 0.5)
    waiting.join()
    assert time.monotonic() - wished < 0.5

import threading

from core.runs.repeating import repeating


def test_an_error_of_the_system_does_not_end_the_repetition() -> None:
    calls, enough = [0], threading.Event()

    def act() -> None:
        calls[0] += 1
        if calls[0] == 1:
            raise OSError(116, "stale file handle")
        if calls[0] == 3:
            enough.set()

    with repeating(act, 0.001):
        assert enough.wait(240)

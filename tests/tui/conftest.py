"""What tests of screens do again and again."""

from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

Until = Callable[..., Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Let the app go on until something holds."""

    async def wait(
        pilot: Pilot[None], condition: Callable[[], object], seconds: float = 240
    ) -> None:
        for _ in range(int(seconds / 0.05)):
            await pilot.pause(0.05)
            if condition():
                return
        raise AssertionError("it did not come to hold")

    return wait

import pytest

import tui.benchmark.live
from core.compute.hardware import Hardware
from tui.benchmark.live import live_over_headless


def test_a_watched_training_is_compared_with_one_that_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tui.benchmark.live, "EPOCHS", 6)
    (ratio,) = live_over_headless(Hardware("cpu", 1, "float32", 512), pairs=1)
    # Both do the same work; on a busy machine either may be held up.
    assert 0.2 < ratio < 5

import os
import threading
import time

import pytest
import torch

from core.compute.workers import Workers, default_count, processor_count


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("shares", [0, 1, 2, 7])
def test_what_is_made_of_each_share_comes_in_their_order(count: int, shares: int) -> None:
    def square(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number * number

    assert Workers(count).map(square, range(shares)) == [n * n for n in range(shares)]


def test_the_shares_are_computed_side_by_side() -> None:
    meeting = threading.Barrier(3)
    assert Workers(3).map(lambda _: meeting.wait(timeout=240) >= 0, range(3)) == [True] * 3


def test_each_computes_with_one_thread_of_pytorchs_own() -> None:
    torch.set_num_threads(2)
    try:
        assert Workers(2).map(lambda _: torch.get_num_threads(), range(4)) == [1] * 4
    finally:
        torch.set_num_threads(1)


@pytest.mark.parametrize("bad", [0, 3])
def test_an_error_reaches_the_caller_and_the_workers_go_on_working(bad: int) -> None:
    workers = Workers(2)

    def fail_at_one(number: int) -> int:
        if number == bad:
            raise ValueError("this one")
        return number

    with pytest.raises(ValueError, match="this one"):
        workers.map(fail_at_one, range(4))
    assert workers.map(abs, [-1, -2]) == [1, 2]


def test_processors_are_those_this_process_may_use() -> None:
    assert 1 <= processor_count() <= (os.cpu_count() or 1)


def test_a_gpu_has_one_worker() -> None:
    assert default_count(torch.device("cuda")) == 1
    assert default_count(torch.device("cpu")) == processor_count()

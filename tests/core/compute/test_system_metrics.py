import os

from core.compute.system_metrics import take_readings


def test_the_memory_is_that_of_this_process() -> None:
    before = take_readings().memory
    held = b"x" * (64 * 2**20)
    assert take_readings().memory - before > 50 * 2**20 and held
    assert 2**20 < before < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_a_gpu_is_read_whole_or_not_at_all() -> None:
    found = take_readings()
    if found.gpu_share is None:
        assert found.gpu_memory_total == 0
    else:
        assert 0 <= found.gpu_share <= 1
        assert 0 <= found.gpu_memory <= found.gpu_memory_total

import torch
from hypothesis import given
from hypothesis import strategies as st

from core.compute.randomness import seeded

KEYS = st.tuples(st.integers(0, 2**31), st.sampled_from(["step", "order"]), st.integers(0, 10**6))


@given(KEYS)
def test_the_same_purpose_draws_the_same(key: tuple[int, str, int]) -> None:
    assert torch.equal(*(torch.rand(4, generator=seeded(*key)) for _ in range(2)))


@given(KEYS, KEYS)
def test_another_purpose_draws_something_else(
    one: tuple[int, str, int], other: tuple[int, str, int]
) -> None:
    draws = [torch.rand(4, generator=seeded(*key)) for key in (one, other)]
    assert torch.equal(*draws) is (one == other)


def test_draws_are_the_same_in_every_process() -> None:
    drawn = torch.randint(1000, (4,), generator=seeded(0, "step", 1)).tolist()
    assert drawn == [940, 625, 455, 190]

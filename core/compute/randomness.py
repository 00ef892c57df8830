"""Random generators that depend on what they are for and on nothing before.

A training draws each step's noise from a generator seeded by the step. What was computed in
between, and whether the run was interrupted, leaves no trace in it.
"""

import hashlib

import torch


def seeded(seed: int, purpose: str, index: int = 0, device: str = "cpu") -> torch.Generator:
    """A generator on the device for one purpose and one index (a step, an epoch)."""
    digest = hashlib.blake2b(f"{seed} {purpose} {index}".encode(), digest_size=7).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest))

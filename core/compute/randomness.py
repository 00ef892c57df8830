"""Random generators that depend on their purpose alone, not on earlier draws.

A training draws each step's noise from a generator seeded by the step. So an interrupted run draws
the same noise as one that was not.
"""

import hashlib

import torch


def seeded(seed: int, purpose: str, index: int = 0, device: str = "cpu") -> torch.Generator:
    """Make a generator on the device for one purpose and one index (a step, an epoch)."""
    digest = hashlib.blake2b(f"{seed} {purpose} {index}".encode(), digest_size=7).digest()
    return torch.Generator(device).manual_seed(int.from_bytes(digest))

"""Edit distances of many words at once. Source: Levenshtein 1966; Wagner & Fischer 1974."""

from collections.abc import Sequence

import torch
from torch import Tensor


def edit_distances(words: Sequence[str], others: Sequence[str]) -> Tensor:
    """Return the Levenshtein distance of each word from each other: (words, others)."""
    ours, lengths = _codes(words)
    theirs, other_lengths = _codes(others)
    # table[j] is the distance from the first i characters of ours to the first j of theirs.
    table = [
        torch.full((len(words), len(others)), j, dtype=torch.int16)
        for j in range(theirs.shape[1] + 1)
    ]
    ends = other_lengths.expand(1, len(words), -1)
    found = torch.stack(table).gather(0, ends)[0]
    for i in range(ours.shape[1]):
        following = [torch.full_like(found, i + 1)]
        for j in range(theirs.shape[1]):
            differs = (ours[:, i, None] != theirs[None, :, j]).to(found.dtype)
            shorter = torch.minimum(table[j + 1], following[j]) + 1
            following.append(torch.minimum(shorter, table[j] + differs))
        table = following
        whole = torch.stack(table).gather(0, ends)[0]
        found = torch.where(lengths[:, None] == i + 1, whole, found)
    return found


def _codes(words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return code points (words, longest), padded with -1, and lengths (words,)."""
    codes = [torch.tensor([*map(ord, word)], dtype=torch.int64) for word in words]
    padded = torch.nn.utils.rnn.pad_sequence(codes, batch_first=True, padding_value=-1)
    return padded, torch.tensor([len(word) for word in words])

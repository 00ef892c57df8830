"""Checkpoints: one safetensors file each, replaced whole. Loading executes no code."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from core.errors import InputError
from core.files import decoder, replacing
from core.model.cvae import CondVAE
from core.model.inference import Inference
from core.runs.directory import RunDirectory
from core.training.snapshot import Position, Snapshot

MODEL = "model."
TRAINING = "training."


def save(path: Path, snapshot: Snapshot, *, resumable: bool) -> None:
    """Write the model of a snapshot, and its training too if `resumable`. May raise OSError."""
    tensors = _prefixed(MODEL, snapshot.model)
    if resumable:
        tensors |= _prefixed(TRAINING, snapshot.training)
    position = msgspec.json.encode(snapshot.position).decode()
    # `save_file` would write a temporary file of its own and hide the error of the system.
    written = safetensors.torch.save(tensors, metadata={"position": position})
    with replacing(path) as file:
        file.write_bytes(written)


def load(path: Path) -> Snapshot:
    """Read a snapshot; `training` may be empty. Raise InputError for a missing or damaged file."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            position = (file.metadata() or {}).get("position", "")
            tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return Snapshot(
            decoder(Position).decode(position),
            _with_prefix(MODEL, tensors),
            _with_prefix(TRAINING, tensors),
        )
    except FileNotFoundError:
        raise InputError(f"there is no checkpoint {path.stem!r} at {path.parent}") from None
    except (OSError, safetensors.SafetensorError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a whole checkpoint: {error}") from None


def load_inference(directory: RunDirectory, name: str = "") -> Inference:
    """Load the model of a checkpoint, by default of the best. Raise InputError when that fails."""
    directory.refuse_links()
    there = directory.checkpoint_names()
    if not there:
        raise InputError(f"the run {directory.name!r} has no checkpoint yet; train it first")
    if name and name not in there:
        raise InputError(
            f"the run {directory.name!r} has no checkpoint {name!r}; accepted: {', '.join(there)}"
        )
    path, vocabulary = directory.checkpoint(name or there[0]), directory.vocabulary()
    snapshot = load(path)
    # No memory is allocated for the shapes in config.toml before they match the file.
    config = directory.config()
    with torch.device("meta"):
        model = CondVAE(config.model, config.prior, vocabulary)
    if any(tensor.dtype != torch.float32 for tensor in snapshot.model.values()):
        raise InputError(f"cannot use {path}: its weights are not float32")
    try:
        model.load_state_dict(dict(snapshot.model), assign=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} does not fit config.toml and vocabulary.json: {reason}") from None
    return Inference(model.eval(), vocabulary)


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor.contiguous() for name, tensor in tensors.items()}


def _with_prefix(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }

"""Optimizers: made from their settings, and their state to and from a checkpoint."""

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from core.config.schema import SGD, Adam, OptimizerConfig

PREFIX = "optimizer."


def new_optimizer(settings: OptimizerConfig, model: nn.Module) -> torch.optim.Optimizer:
    """Make the optimizer of a model's parameters."""
    rate, decay = settings.learning_rate, settings.weight_decay
    parameters = list(model.parameters())
    fused = parameters[0].device.type in ("cuda", "cpu")
    if isinstance(settings, SGD):
        return torch.optim.SGD(parameters, rate, settings.momentum, weight_decay=decay, fused=fused)
    kind = torch.optim.Adam if isinstance(settings, Adam) else torch.optim.AdamW
    return kind(parameters, rate, weight_decay=decay, fused=fused)


def state_of(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of an optimizer as a checkpoint keeps it, by name."""
    return {
        f"{PREFIX}{index}.{name}": tensor
        for index, state in optimizer.state_dict()["state"].items()
        for name, tensor in state.items()
        if isinstance(tensor, Tensor)
    }


def restore_state(
    optimizer: torch.optim.Optimizer,
    settings: OptimizerConfig,
    saved: Mapping[str, Tensor],
    *,
    begun: bool,
) -> None:
    """Put the state that `state_of` gave back. begun: a step was taken before it was saved.

    Raises ValueError or LookupError when it belongs to another optimizer: PyTorch would accept it,
    and fail or start anew at the next step.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in saved.items():
        if key.startswith(PREFIX):
            index, _, name = key.removeprefix(PREFIX).partition(".")
            state.setdefault(int(index), {})[name] = tensor
    names = {"step", "exp_avg", "exp_avg_sq"}
    if isinstance(settings, SGD):
        names = {"momentum_buffer"} if settings.momentum else set()
    wanted = bool(names) and begun
    if bool(state) is not wanted or any(there.keys() != names for there in state.values()):
        raise ValueError(f"it was not saved by the optimizer {settings.kind}")
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for number, there in state.items():
        shapes = {tensor.shape for name, tensor in there.items() if name != "step"}
        if shapes != {parameters[number].shape}:
            raise ValueError(f"the optimizer's state of parameter {number} has another shape")
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})


@contextlib.contextmanager
def revert_step_unless(finite: Tensor, optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Undo the step within when `finite` (bool on the device) is False, without a host sync."""
    before = {key: tensor.clone() for key, tensor in _moved(optimizer).items()}
    yield
    for key, tensor in _moved(optimizer).items():
        # On mps Adam counts its steps on the processor, where `finite` is not.
        if tensor.device == finite.device:
            # State that this step began was nothing before.
            old = before[key] if key in before else torch.zeros_like(tensor)
            tensor.copy_(tensor.where(finite, old))


def _moved(optimizer: torch.optim.Optimizer) -> dict[tuple[int, str], Tensor]:
    """Tensors that an optimizer changes: each parameter, and its state by name."""
    found: dict[tuple[int, str], Tensor] = {}
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    for number, parameter in enumerate(parameters):
        found[number, ""] = parameter.data
        state = optimizer.state.get(parameter, {})
        found |= {(number, name): one for name, one in state.items() if isinstance(one, Tensor)}
    return found

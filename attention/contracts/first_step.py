"""The first training steps of a user's own module: what it does to its input, its weights and torch's settings."""

import re
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn

from user_error import UserError, describe_error, own_code_place

from ..catalog import Entry
from ..own_code import (
    Settings,
    check_settings,
    explain_error,
    find_location,
    is_interrupt,
    read_settings,
    restore_settings,
)
from ..plugging.hooks import require_map
from .example_inputs import WIDTH, fixed_seed, fresh_module, images, inputs

STEPS = 2
"""A tensor that is kept from one step to the next fails in the second backward pass."""
SEED = 20260
"""Not a usual one, so that a module that sets the seed changes it."""
TOKENS = "a module for tokens (B, N, C) needs a wrapper: x.flatten(2).transpose(1, 2), and back"
NEEDS_TOKENS = re.compile(
    r"unpack \(expected 3|normalized_shape|mat1 and mat2 shapes|batched 3-?D|embedding dimension|to be 2D or 3D"
)
"""What torch says of maps that are given to layers for tokens."""
IN_PLACE = "inplace operation"
MODERATE = 1e3
"""Larger values come from a training that diverges; what overflows then is not the module's fault."""
Parts = dict[str, tuple[int, bool] | tuple[int, ...]]


class CallWatch:
    """Watches each forward of a module by hooks: they raise UserError for what a module may not do."""

    def __init__(self, module: nn.Module, place: str = "") -> None:
        self.place = place
        self.location = find_location(type(module))
        self.settings: Settings = {}
        self.given: list[tuple[Tensor, int]] = []
        self.parts: Parts = {}
        module.register_forward_pre_hook(self._before)
        module.register_forward_hook(self._after)

    def _before(self, module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        self.settings = read_settings() | {"training": module.training}
        self.parts = _list_parts(module)
        self.given = [(each.detach().clone(), _count_changes(each)) for each in arguments]

    def _after(self, module: nn.Module, arguments: tuple[Tensor, ...], output: Any) -> None:
        was_training = self.settings.pop("training")
        check_settings(self.settings, self.location)
        require_map(module, output, arguments[0])
        _require_type(output, arguments[0])
        require_finite(self.place, module, arguments, output)
        for (before, changes), now in zip(self.given, arguments, strict=True):
            same = torch.equal(before.nan_to_num(), now.detach().nan_to_num())
            if not same or _count_changes(now) != changes:
                raise UserError(
                    f"its forward changes its input in place ({self.location}); start with x = x.clone()"
                )
        if torch.is_grad_enabled() and arguments[0].requires_grad and not output.requires_grad:
            raise UserError(
                f"its output passes no gradient on ({self.location}); leave torch.no_grad and detach out"
            )
        if module.training != was_training:
            raise UserError(f"its forward changes its own training mode ({self.location})")
        _require_same_parts(self.parts, _list_parts(module), self.location)


def require_finite(place: str, module: nn.Module, arguments: tuple[Tensor, ...], output: Tensor) -> None:
    """Raise UserError if a module gives values that are not finite for maps of moderate ones; a forward hook.

    place: the site, or an empty text; it is bound before the hook is registered.
    """
    if bool(output.isfinite().all()) or not all(map(_is_moderate, arguments)):
        return
    name, shape = f"{type(module).__name__}{f' at {place}' if place else ''}", tuple(output.shape)
    for parameter, weight in module.named_parameters():
        if not bool(weight.isfinite().all()):
            raise UserError(f"{name} has values that are not finite in {parameter}")
    if all(map(_is_moderate, module.parameters())):
        raise UserError(
            f"{name} returns NaN or infinite values for a finite map of shape {shape}",
            hint="give it larger maps" if shape[2:] == (1, 1) else "",
        )


def _is_moderate(tensor: Tensor) -> bool:
    return bool((tensor.detach().abs() <= MODERATE).all())


def _count_changes(tensor: Tensor) -> int:
    """Return how often a tensor was changed in place; inference tensors do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _list_parts(module: nn.Module) -> Parts:
    """Return what optimizer and checkpoints hold of a module: each parameter's identity, each buffer's shape."""
    parts: Parts = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    return parts | {name: (id(each), each.requires_grad) for name, each in module.named_parameters()}


def _require_same_parts(before: Parts, now: Parts, location: str) -> None:
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if changed:
        raise UserError(
            f"its forward makes or replaces {changed[0]}, which the optimizer and the checkpoints then lack "
            f"({location}); make it in the constructor"
        )


def _require_type(output: Tensor, map_BCHW: Tensor) -> None:
    """Raise UserError unless a map has its input's dtype and device; under autocast another dtype is usual."""
    kind = map_BCHW.device.type
    lower = {torch.float32, torch.get_autocast_dtype(kind)} if torch.is_autocast_enabled(kind) else set()
    if output.dtype not in {map_BCHW.dtype, *lower}:
        raise UserError(
            f"it returns {output.dtype} for a map of {map_BCHW.dtype}; a plug must keep the dtype"
        )
    if output.device != map_BCHW.device:
        raise UserError(f"it returns a map on {output.device} for one on {map_BCHW.device}")


def explain_step(error: BaseException, location: str, step: Callable[[], object]) -> UserError:
    """Return an error of a training step with an own module as a UserError that ends in a place of the user's file.

    step: repeats the failing step, to find the line whose result the backward pass needed.
    """
    if own_code_place(error) or isinstance(error, UserError):
        told = explain_error(error, location)
        return UserError(f"{told}; {TOKENS}") if NEEDS_TOKENS.search(str(told)) else told
    text = describe_error(error).split(" Hint:")[0]
    file = location.rpartition(", line ")[0]
    place = _find_forward_line(step, file) if IN_PLACE in text else ""
    advice = "; compute a new tensor there instead of changing one in place" if IN_PLACE in text else ""
    return UserError(f"{text} ({place or location}){advice}")


def _find_forward_line(step: Callable[[], object], file: str) -> str:
    """Repeat a failing step in anomaly mode; return the line of the file whose result the backward pass needed."""
    with warnings.catch_warnings(record=True) as caught, torch.autograd.set_detect_anomaly(True):
        warnings.simplefilter("always")
        with suppress(Exception):  # the one that is being explained
            step()
    text = "\n".join(str(warning.message) for warning in caught)
    lines = re.findall(rf'File "{re.escape(file)}", line (\d+)', text)
    return f"{file}, line {lines[-1]}" if lines else ""


def find_fault(entry: Entry) -> str:
    """Build the module and train it for two steps on a map of 32 channels; return what is wrong, or an empty text."""
    location, before = find_location(entry.make), read_settings()
    try:
        module = fresh_module(entry)
        CallWatch(module)
        _train(module, entry)
    except BaseException as error:
        restore_settings(before)
        if is_interrupt(error):
            raise
        return str(explain_step(error, location, lambda: _train(fresh_module(entry), entry)))
    return ""


def _train(module: nn.Module, entry: Entry) -> None:
    module.train()
    for seed in range(STEPS):
        with fixed_seed(SEED):
            arguments = inputs(entry, images(2, WIDTH, (8, 8), seed=seed))
            output = module(*(each.requires_grad_() * 1 for each in arguments))
        torch.autograd.backward(output.square().sum())

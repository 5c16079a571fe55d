"""Statistics of what plugged modules do to their maps, read by forward hooks after training.

A module counts as a gate if it has a method `gate` and its output is the input times that gate. Of any other module,
the difference between output and input is recorded.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from attention.control.inner_gate import Gate
from user_error import first_line

from ..reproducibility.incomplete_records import warn_incomplete

CONSTANT_THRESHOLD = 0.01
"""A gate is constant if its standard deviation over images is below this fraction of its mean."""
SATURATION_MARGIN = 0.01
"""A sigmoid output is saturated if it is closer to 0 or 1 than this."""
MAX_NAMES = 3
"""Sites that a warning names."""
SIGMOIDS = (torch.ops.aten.sigmoid, torch.ops.aten.sigmoid_, torch.ops.aten.hardsigmoid)


Failures = dict[str, dict[str, str]]
"""Class of the error -> name of each plug that could not be read -> the error's text."""


class GateReading(NamedTuple):
    """What one plugged module did to a batch of images.

    mean: the gate (or the added term) averaged over the images, (1, ...), broadcastable to the map.
    statistics: `mean`, `sd` (over all values), `input_share` (share of the variance that is between images, 0 to 1),
    `input_sd` (standard deviation between images), `saturated` (share of saturated sigmoid outputs, None without a
    sigmoid). None for a module that is not a gate.
    map: the gate averaged over channels, (B, h, w) float16; None for a module that is not a gate.
    """

    mean: Tensor
    statistics: dict[str, Any] | None
    map: Tensor | None

    @property
    def constant(self) -> bool:
        """Whether the gate hardly depends on the image."""
        if self.statistics is None:
            return False
        return bool(self.statistics["input_sd"] < CONSTANT_THRESHOLD * abs(self.statistics["mean"]))


def read_gates(network: nn.Module, forward: Callable[[], object]) -> dict[str, GateReading]:
    """Run `forward()`, which runs the network once, and return one reading for each plugged module.

    An empty dictionary for a network without plugs. A gate that cannot be read is left out, with a warning.
    """
    readings: dict[str, GateReading] = {}
    failures: Failures = {}
    plugs = getattr(network, "plugs", nn.ModuleDict())
    handles = [
        plug.register_forward_hook(partial(_try_to_record, readings, failures, name))
        for name, plug in plugs.items()
    ]
    try:
        forward()
    finally:
        for handle in handles:
            handle.remove()
    for kind, found in failures.items():
        names, (reason, *_) = list(found), found.values()
        warn_incomplete(f"the gates of {_list_sites(names)}: not recorded ({kind}: {reason})")
    return readings


@contextmanager
def fix_gates_at_mean(network: nn.Module, readings: dict[str, GateReading]) -> Iterator[None]:
    """Replace every plug's gate (or added term) by its mean while the context is open."""
    plugs: Any = network.plugs
    handles = [
        plugs[name].register_forward_hook(partial(_apply_mean, reading)) for name, reading in readings.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _apply_mean(reading: GateReading, plug: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> Tensor:
    mean = reading.mean.to(output.dtype)
    return args[0] + mean if reading.statistics is None else args[0] * mean


def _try_to_record(readings: dict[str, GateReading], failures: Failures, name: str, *call: Any) -> None:
    """Record a reading, or why there is none: a user's module may have another method of the name `gate`."""
    try:
        _record_reading(readings, name, *call)
    except Exception as error:
        failures.setdefault(type(error).__name__, {})[name] = first_line(error)


def _list_sites(names: list[str]) -> str:
    """Return the first sites by their names in the network, and the number of the others."""
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]).replace("/", ".") + (f" and {more} more" if more > 0 else "")


def _record_reading(
    readings: dict[str, GateReading], name: str, plug: nn.Module, args: tuple[Tensor, ...], output: Tensor
) -> None:
    x = args[0]
    if output.shape != x.shape:
        return
    if isinstance(getattr(type(plug), "gate", None), FunctionType):
        with _SigmoidCounter() as sigmoids:  # type: ignore[no-untyped-call]
            gate = cast(Gate, plug).gate(*args)
        if torch.allclose((x * gate).float(), output.float(), rtol=0.02, atol=1e-4):
            readings[name] = _gate_reading(
                gate.float().expand(len(x), *_image_shape(gate)), sigmoids.saturated
            )
            return
    readings[name] = GateReading((output.float() - x.float()).mean(0, keepdim=True), None, None)


def _image_shape(gate: Tensor) -> tuple[int, ...]:
    """Return (C, H, W) of a gate of any shape that broadcasts to (B, C, H, W)."""
    return (1, 1, 1, *gate.shape)[-3:]


def _gate_reading(gate_BCHW: Tensor, saturated: float | None) -> GateReading:
    mean = gate_BCHW.mean(0, keepdim=True)
    over_images = gate_BCHW.var(0, correction=0).mean()
    total = gate_BCHW.var(correction=0)
    statistics = {
        "mean": float(gate_BCHW.mean()),
        "sd": float(total.sqrt()),
        "input_share": float((over_images / total).clamp(0, 1)) if total > 1e-12 else 0.0,
        "input_sd": float(over_images.sqrt()),
        "saturated": saturated,
    }
    return GateReading(mean, statistics, gate_BCHW.mean(1).half())


class _SigmoidCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the outputs, and the saturated outputs, of every sigmoid that runs in the context."""

    count = 0
    near_edge = 0

    @property
    def saturated(self) -> float | None:
        return self.near_edge / self.count if self.count else None

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in SIGMOIDS:
            self.count += out.numel()
            self.near_edge += int(((out < SATURATION_MARGIN) | (out > 1 - SATURATION_MARGIN)).sum())
        return out

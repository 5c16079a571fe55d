"""Every module of the catalog on the card: bits of two passes, and the distance to the same pass on the CPU.

A pass is a forward in training mode and a backward, from random weights. The default options see maps of
(16, 64, 32, 32), every other value of every option (4, 32, 15, 17). The distance is the largest absolute difference of
output, input gradients and parameter gradients, each over the largest value on the CPU (parameter gradients: over the
largest of them all). It is taken without TF32, which rounds a factor to 10 bits, and as runs compute, with it.
"""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from attention.catalog import CATALOG, Entry
from attention.contracts.example_inputs import fresh_module, images, inputs, randomize, variants
from attention.options import Scalar
from experiments.reproducibility.determinism import prepare_process
from experiments.run import devices
from tests.benchmarks.gpu.report import Report, Setup

BOUND = 1e-3
"""Relative distance to the CPU above which a module without a threshold is at fault."""
BATCH, WIDTH, GRID = 16, 64, (32, 32)
SMALL_BATCH, SMALL_WIDTH, SMALL_GRID = 4, 32, (15, 17)


class Passes(NamedTuple):
    """The values of one forward and backward, on the CPU: output, gradients of inputs and of parameters."""

    output: Tensor
    inputs: list[Tensor]
    parameters: list[Tensor]

    def all(self) -> list[Tensor]:
        return [self.output, *self.inputs, *self.parameters]


class Comparison(NamedTuple):
    """What two passes on the card and one on the CPU say of a module at some options."""

    options: Mapping[str, Scalar]
    equal: bool = False
    equal_in_bfloat16: bool = False
    distance: float = math.nan
    distance_with_tf32: float = math.nan
    error: str = ""


def measure(setup: Setup, report: Report) -> None:
    device = devices.device(setup.device)
    prepare_process()
    device.prepare()
    columns = ("module", " options tried", "equal bits", "equal bits, bfloat16")
    report.header(*columns, " distance to the CPU", " with TF32", "raises")
    for entry in list(CATALOG.values())[: 6 if setup.tiny else None]:
        found = list(compare_variants(entry, device.name, tiny=setup.tiny))
        report.row(*_cells(entry, found))
        for fault in _faults(entry, found):
            report.fault(fault)


def compare_variants(entry: Entry, device: str, *, tiny: bool) -> Iterator[Comparison]:
    """Compare the module at its default options, then at every other value of each option."""
    for options in variants(entry, SMALL_WIDTH):
        large = not options and not tiny
        batch, width, grid = (BATCH, WIDTH, GRID) if large else (SMALL_BATCH, SMALL_WIDTH, SMALL_GRID)
        try:
            yield compare(entry, options, images(batch, width, grid), device)
        except Exception as error:  # mostly RuntimeError: torch has no deterministic kernel
            yield Comparison(options, error=f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")


def compare(entry: Entry, options: Mapping[str, Scalar], x_BCHW: Tensor, device: str) -> Comparison:
    """Make the passes that one comparison needs."""
    module = randomize(fresh_module(entry, options, channels=x_BCHW.shape[1])).train()
    given = inputs(entry, x_BCHW)
    once, again = (one_pass(module, given, device) for _ in range(2))
    low, low_again = (one_pass(module, given, device, lower=True) for _ in range(2))
    with without_tf32():
        exact = one_pass(module, given, device)
    truth = one_pass(module, given, "cpu")
    equal, equal_low = equal_bits(once, again), equal_bits(low, low_again)
    return Comparison(options, equal, equal_low, distance(exact, truth), distance(once, truth))


def one_pass(module: nn.Module, given: Sequence[Tensor], device: str, *, lower: bool = False) -> Passes:
    """Run a copy of the module forward and backward; `lower` is autocast to bfloat16, as runs have it."""
    there = copy.deepcopy(module).to(device)
    leaves = [tensor.to(device).requires_grad_() for tensor in given]
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=lower):
        output: Tensor = there(*leaves)
    gradient = images(output.shape[0], output.shape[1], (output.shape[2], output.shape[3]), seed=9)
    torch.autograd.backward(output.float(), gradient.to(device))
    grads = [tensor.grad.cpu() for tensor in leaves if tensor.grad is not None]
    return Passes(
        output.detach().float().cpu(),
        grads,
        [weight.grad.cpu() for weight in there.parameters() if weight.grad is not None],
    )


@contextmanager
def without_tf32() -> Iterator[None]:
    """Compute convolutions and products of float32 in float32 for a while."""
    convolutions, products = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = convolutions, products


def equal_bits(first: Passes, second: Passes) -> bool:
    """Whether both have the same bits; -0.0 and 0.0 differ."""
    pairs = zip(first.all(), second.all(), strict=True)
    return all(
        torch.equal(a.contiguous().view(torch.int32), b.contiguous().view(torch.int32)) for a, b in pairs
    )


def distance(card: Passes, cpu: Passes) -> float:
    """Return the largest relative difference; NaN or infinity where a value is not finite."""
    tops = [_top([cpu.output]), *(_top([tensor]) for tensor in cpu.inputs)]
    tops += [_top(cpu.parameters)] * len(cpu.parameters)
    pairs = zip(card.all(), cpu.all(), tops, strict=True)
    found = [float((a - b).abs().max()) / top for a, b, top in pairs]
    return math.nan if any(math.isnan(one) for one in found) else max(found)


def _top(tensors: Sequence[Tensor]) -> float:
    return max([float(tensor.abs().max()) for tensor in tensors], default=0.0) or 1.0


def _cells(entry: Entry, found: Sequence[Comparison]) -> list[str]:
    """Return the module's row: the worst of its options."""
    made = [one for one in found if not one.error]
    if not made:
        return [f"`{entry.name}`", str(len(found)), "", "", "", "", found[0].error]
    worst = [max(one.distance for one in made), max(one.distance_with_tf32 for one in made)]
    return [
        f"`{entry.name}`",
        str(len(found)),
        _yes_but([one.options for one in made if not one.equal]),
        _yes_but([one.options for one in made if not one.equal_in_bfloat16]),
        *(f"{value:.1e}" for value in worst),
        "; ".join(f"{_named(one.options)}: {one.error}" for one in found if one.error),
    ]


def _yes_but(different: Sequence[Mapping[str, Scalar]]) -> str:
    return f"NO: {', '.join(_named(options) for options in different)}" if different else "yes"


def _named(options: Mapping[str, Scalar]) -> str:
    return ",".join(f"{name}={value}" for name, value in options.items()) or "defaults"


def _faults(entry: Entry, found: Sequence[Comparison]) -> Iterator[str]:
    rounded = "low_precision" in entry.exemptions  # a threshold that rounding can cross
    for one in found:
        at = f"{entry.name} ({_named(one.options)})"
        if one.error:
            yield f"{at} raises on the card: {one.error}"
        elif not (one.equal and one.equal_in_bfloat16):
            yield f"{at}: two passes on the card have different bits"
        elif not one.distance <= BOUND and not rounded:
            yield f"{at}: {one.distance:.1e} from the CPU without TF32 (bound {BOUND:.0e})"

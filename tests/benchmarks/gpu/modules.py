"""Every module of the catalog on the card: bits of two passes, and the errors to a float64 pass on the CPU.

A pass is a forward in training mode and a backward, from random weights. The default options see maps of
(16, 64, 32, 32), every other value of every option (4, 32, 15, 17). An error is the largest absolute difference of
output, input gradients and parameter gradients to the float64 pass, each over the largest value there (parameter
gradients: over the largest of them all). A module may amplify rounding, as batch norm does, so the card's error is
judged by the CPU's own in float32. It is taken without TF32, which rounds a factor to 10 bits, and as runs compute,
with it.
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

FACTOR, SLACK = 4.0, 1e-6
"""The card is at fault if its error exceeds the CPU's times the factor, plus the slack."""
TOO_FAR = f"the card's error exceeds {FACTOR:g} times the CPU's plus {SLACK:.0e}"
NAMED = 3
"""Most sets of options that are named, and not counted."""
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
    """Whether a module's bits are equal on the card at some options, and its errors to a float64 pass."""

    options: Mapping[str, Scalar]
    equal: bool = False
    equal_in_bfloat16: bool = False
    card: float = math.nan
    cpu: float = math.nan
    card_with_tf32: float = math.nan
    message: str = ""
    """The exception's, if the module raised one."""

    @property
    def ratio(self) -> float:
        """The card's error over the largest that it may have; infinite where it is not finite."""
        ratio = self.card / (FACTOR * self.cpu + SLACK)
        return ratio if math.isfinite(ratio) else math.inf


def measure(setup: Setup, report: Report) -> None:
    device = devices.find_device(setup.device)
    prepare_process()
    device.prepare()
    columns = ("module", " options tried", "equal bits", "equal bits, bfloat16")
    report.header(*columns, " error", " the CPU's", " largest with TF32", "raises at")
    for entry in list(CATALOG.values())[: 6 if setup.tiny else None]:
        comparisons = list(compare_variants(entry, device.name, tiny=setup.tiny))
        report.row(*_cells(entry, comparisons))
        for fault in faults(entry, comparisons):
            report.fault(fault)
    report.line()
    report.line(
        f"Errors are relative, to float64; shown where the card's is largest beside its bound, {FACTOR:g} times"
        f" the CPU's plus {SLACK:.0e}."
    )


def compare_variants(entry: Entry, device: str, *, tiny: bool) -> Iterator[Comparison]:
    """Compare the module at its default options, then at every other value of each option."""
    for options in variants(entry, SMALL_WIDTH):
        large = not options and not tiny
        batch, width, grid = (BATCH, WIDTH, GRID) if large else (SMALL_BATCH, SMALL_WIDTH, SMALL_GRID)
        try:
            yield compare(entry, options, images(batch, width, grid), device)
        except Exception as error:  # mostly RuntimeError: torch has no deterministic kernel
            yield Comparison(options, message=f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")


def compare(entry: Entry, options: Mapping[str, Scalar], x_BCHW: Tensor, device: str) -> Comparison:
    """Make the passes that one comparison needs."""
    module = randomize(fresh_module(entry, options, channels=x_BCHW.shape[1])).train()
    given = inputs(entry, x_BCHW)
    once, again = (one_pass(module, given, device) for _ in range(2))
    low, low_again = (one_pass(module, given, device, lower=True) for _ in range(2))
    with without_tf32():
        exact = one_pass(module, given, device)
    cpu = one_pass(module, given, "cpu")
    reference = one_pass(copy.deepcopy(module).double(), [tensor.double() for tensor in given], "cpu")
    card, cpu_error, with_tf32 = (distance(values, reference) for values in (exact, cpu, once))
    return Comparison(
        options, equal_bits(once, again), equal_bits(low, low_again), card, cpu_error, with_tf32
    )


def one_pass(module: nn.Module, given: Sequence[Tensor], device: str, *, lower: bool = False) -> Passes:
    """Run a copy of the module forward and backward; `lower` is autocast to bfloat16, as runs have it."""
    there = copy.deepcopy(module).to(device)
    leaves = [tensor.detach().to(device, copy=True).requires_grad_() for tensor in given]
    with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=lower):
        output: Tensor = there(*leaves)
    output = output.to(torch.promote_types(output.dtype, torch.float32))
    gradient = images(output.shape[0], output.shape[1], (output.shape[2], output.shape[3]), seed=9)
    torch.autograd.backward(output, gradient.to(output))
    grads = [tensor.grad.cpu() for tensor in leaves if tensor.grad is not None]
    return Passes(
        output.detach().cpu(),
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


def distance(passes: Passes, reference: Passes) -> float:
    """Return the largest relative difference; NaN or infinity where a value is not finite."""
    scales = [_largest([reference.output]), *(_largest([tensor]) for tensor in reference.inputs)]
    scales += [_largest(reference.parameters)] * len(reference.parameters)
    pairs = zip(passes.all(), reference.all(), scales, strict=True)
    distances = [float((a - b).abs().max()) / scale for a, b, scale in pairs]
    return math.nan if any(math.isnan(value) for value in distances) else max(distances)


def _largest(tensors: Sequence[Tensor]) -> float:
    return max([float(tensor.abs().max()) for tensor in tensors], default=0.0) or 1.0


def _cells(entry: Entry, comparisons: Sequence[Comparison]) -> list[str]:
    """Return the module's row: the errors at the options where the card is nearest to its bound, or beyond."""
    label, count = f"`{entry.name}`", len(comparisons)
    made = [comparison for comparison in comparisons if not comparison.message]
    raising = [comparison.options for comparison in comparisons if comparison.message]
    if not made:
        return [label, str(count), "", "", "", "", "", "all options"]
    worst = max(made, key=lambda comparison: comparison.ratio)
    errors = worst.card, worst.cpu, max(comparison.card_with_tf32 for comparison in made)
    return [
        label,
        str(count),
        _yes_or_where([comparison.options for comparison in made if not comparison.equal]),
        _yes_or_where([comparison.options for comparison in made if not comparison.equal_in_bfloat16]),
        *(f"{error:.1e}" for error in errors),
        _place(raising) if raising else "",
    ]


def _yes_or_where(different: Sequence[Mapping[str, Scalar]]) -> str:
    return f"NO: {_place(different)}" if different else "yes"


def _place(options: Sequence[Mapping[str, Scalar]]) -> str:
    """Name a few sets of options, or count them."""
    if len(options) > NAMED:
        return f"{len(options)} options"
    return "; ".join(
        ",".join(f"{name}={value}" for name, value in one.items()) or "defaults" for one in options
    )


def faults(entry: Entry, comparisons: Sequence[Comparison]) -> Iterator[str]:
    """Yield one line for each kind of fault, with the options at which the module has it."""
    places: dict[str, list[Comparison]] = {}
    for comparison in comparisons:
        kind = _fault(entry, comparison)
        if kind:
            places.setdefault(kind, []).append(comparison)
    for kind, members in places.items():
        worst = max(members, key=lambda member: member.ratio)
        numbers = f" (largest: {worst.card:.1e}, the CPU's {worst.cpu:.1e})" if kind == TOO_FAR else ""
        yield f"{entry.name} ({_place([member.options for member in members])}): {kind}{numbers}"


def _fault(entry: Entry, comparison: Comparison) -> str:
    if comparison.message:
        return f"raises on the card: {comparison.message}"
    if not (comparison.equal and comparison.equal_in_bfloat16):
        return "two passes on the card have different bits"
    has_threshold = "low_precision" in entry.exemptions  # which rounding can cross
    return TOO_FAR if comparison.ratio > 1 and not has_threshold else ""

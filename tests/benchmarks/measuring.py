"""Time, saved bytes and peak memory of one forward and backward, of two modules in turn in one process."""

import ctypes
import gc
import math
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from scipy.stats import t as student
from torch import Tensor, nn

from experiments.reproducibility.determinism import keep_freed_memory

Step = Callable[[], None]
LONG = 1.0
"""Seconds of both steps together from which one turn a round is enough."""


class Ratio(NamedTuple):
    """A paired ratio of CPU times: its geometric mean and the lower end of its 95 % interval."""

    mean: float
    low: float


def step(module: nn.Module, given: tuple[Tensor, ...], gradient: Tensor) -> Step:
    """One training step without the optimiser."""
    inputs = tuple(tensor.clone().requires_grad_() for tensor in given)

    def run() -> None:
        for tensor in (*inputs, *module.parameters()):
            tensor.grad = None
        torch.autograd.backward(module(*inputs), gradient)

    return run


def warm(module: nn.Module, given: tuple[Tensor, ...], gradient: Tensor) -> Step:
    """A step after another: the first one also pays for code that is read from disk, and leaves gradients."""
    step(module, given, gradient)()
    return step(module, given, gradient)


def seconds(run: Step) -> float:
    """CPU seconds of this process, which other work on the machine disturbs least."""
    start = time.process_time()
    run()
    return time.process_time() - start


def best(first: Step, second: Step, turns: int) -> tuple[float, float]:
    """The least seconds of each over some turns: other work on the machine only ever adds."""
    times = [(seconds(first), seconds(second)) for _ in range(turns)]
    return min(a for a, _ in times), min(b for _, b in times)


def paired(ours: Step, theirs: Step, *, rounds: int) -> tuple[float, float, Ratio]:
    """Median seconds of both, and the ratio by rounds, short steps in three turns each; who goes first alternates.

    Short steps keep freed memory, as runs do: where pages come from the kernel, the same code differed by a third.
    """
    turns = 3 if seconds(ours) + seconds(theirs) < LONG else 1
    keep_freed_memory(turns > 1)
    times: list[tuple[float, float]] = []
    for number in range(rounds + 2):
        first, second = (ours, theirs) if number % 2 else (theirs, ours)
        a, b = best(first, second, turns)
        times.append((a, b) if number % 2 else (b, a))
    logs = [math.log(a / b) for a, b in times[2:]]
    centre, spread = statistics.fmean(logs), statistics.stdev(logs)
    half = float(student.ppf(0.975, rounds - 1)) * spread / math.sqrt(rounds)
    mine, other = (statistics.median(column) for column in zip(*times[2:], strict=True))
    return mine, other, Ratio(math.exp(centre), math.exp(centre - half))


def saved_bytes(module: nn.Module, given: tuple[Tensor, ...]) -> int:
    """Bytes that autograd keeps for the backward, each storage once, parameters left out."""
    weights = {p.untyped_storage().data_ptr() for p in module.parameters()}
    kept: dict[int, int] = {}
    held: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
            held.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = module(*(tensor.clone().requires_grad_() for tensor in given))
        total = sum(kept.values())
    del output
    return total


def peak_bytes(run: Step) -> int:
    """How far the process's resident memory rises during one run, by the kernel's own high-water mark."""
    keep_freed_memory(False)
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    run()
    return max(_status("VmHWM") - before, 0)


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(field))) * 1024

"""Every module against the best public reference: time, saved bytes, peak memory; exit 1 where a bound fails.

    python -m tests.benchmarks.modules [NAME ...] [--rounds 15] [--write docs/benchmarks.md]

One thread, float32, training mode, default options unless the name says others. Maps are (16, 64, 56, 56) and
(16, 256, 28, 28); attention over all places takes (1, 64, 128, 128), other token modules take all three.
A ratio below 1 is in our favour; the lower end of its 95 % interval must not be above 1.05. A row is measured in a
process of its own, its rounds with both sides in turn. Freed memory is kept while time is taken, as in runs: where
pages come from the kernel, one and the same code differed by a third. It is given back while peaks are taken.
"""

import argparse
import platform
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from attention import CATALOG, build, find, parse
from attention.contracts.example_inputs import fixed_seed, randomize
from tests.benchmarks.measuring import Ratio, paired, peak_bytes, saved_bytes, seconds, warm
from tests.benchmarks.references import NAIVE, REFERENCES

Shape = tuple[int, int, int, int]
MAPS: tuple[Shape, ...] = ((16, 64, 56, 56), (16, 256, 28, 28))
TOKENS: tuple[Shape, ...] = ((1, 64, 128, 128),)
QUADRATIC = {"non_local", "self_attention", "danet", "cross_attention", "multi_head"}
CHUNKED = {"self_attention:activation=tanh", "multi_head:heads=1,position=relative"}
LINEAR = {"ccnet", "double_attention", "external_attention", "bat"}
FEW_ROUNDS = 3
"""At 128 x 128 places, where the naive form takes ten times as long or more."""
SLOWER = 1.05
FASTER = {
    ("cbam", MAPS[0]): 0.6,
    ("cbam", MAPS[1]): 0.75,
    **{("scse", shape): 0.8 for shape in MAPS},
    **{(name, shape): 0.5 for name in ("scse:fusion=max", "scse_outputs") for shape in MAPS},
}


class Measure(NamedTuple):
    """One module at one size; the reference's fields are None where there is none."""

    name: str
    shape: Shape
    reference: str
    milliseconds: float
    ratio: Ratio | None
    saved: float
    peak: float
    peak_ratio: float | None


def shapes(name: str) -> tuple[Shape, ...]:
    """The sizes at which a module is measured."""
    module = parse(name)[0]
    return TOKENS if module in QUADRATIC else MAPS + TOKENS if module in LINEAR else MAPS


def reference_of(name: str, shape: Shape) -> tuple[str, Callable[[int], nn.Module]] | None:
    """What the module is measured against at this size, if there is anything."""
    return NAIVE.get(name, REFERENCES.get(name)) if shape in TOKENS else REFERENCES.get(name)


def alone(name: str, shape: Shape, rounds: int) -> Measure:
    """One row, in a process of its own: memory that earlier rows left would show in its peak."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        return pool.submit(measure, name, shape, rounds).result()


def measure(name: str, shape: Shape, rounds: int) -> Measure:
    """One row: saved bytes and peak in multiples of the input's bytes."""
    module, (bare, options) = find(parse(name)[0]), parse(name)
    torch.manual_seed(0)
    x, gradient = torch.randn(shape), torch.randn(shape)
    given = (
        (x, torch.randn(shape[0], shape[1], shape[2] // 2, shape[3] // 2))
        if module.kind == "two_input"
        else (x,)
    )
    with fixed_seed(0):
        ours = randomize(build(bare, shape[1], context_channels=None, **options)).train()
    run = warm(ours, given, gradient)
    size = x.numel() * x.element_size()
    peak, saved = peak_bytes(run) / size, saved_bytes(ours, given) / size
    reference = reference_of(name, shape)
    if reference is None:
        median = sorted(seconds(run) for _ in range(5))[2]
        return Measure(name, shape, "", 1e3 * median, None, saved, peak, None)
    label, make = reference
    other = warm(make(shape[1]).train(), given, gradient)
    their_peak = peak_bytes(other) / size
    mine, _, ratio = paired(run, other, rounds=min(rounds, FEW_ROUNDS) if shape in TOKENS else rounds)
    return Measure(name, shape, label, 1e3 * mine, ratio, saved, peak, peak / their_peak)


def failures(found: Measure) -> Iterator[str]:
    """The bounds that this row breaks, in words."""
    at = f"{found.name} at {found.shape}"
    if found.ratio is not None and found.ratio.low > SLOWER:
        yield f"{at}: {found.ratio.mean:.2f} of the reference's time, at least {found.ratio.low:.2f}; allowed {SLOWER}"
    bound = FASTER.get((found.name, found.shape))
    if bound is not None and found.ratio is not None and found.ratio.mean > bound:
        yield f"{at}: {found.ratio.mean:.2f} of the reference's time; wanted {bound}"
    if found.name == "simam" and found.saved > 2:
        yield f"{at}: keeps {found.saved:.1f} maps; wanted 2"
    if found.shape in TOKENS and found.peak_ratio is not None:
        allowed = 0.2 if found.name in CHUNKED else 0.05
        if "naive" in found.reference and found.peak_ratio > allowed:
            yield f"{at}: {found.peak_ratio:.3f} of the naive peak; wanted {allowed}"


def table(rows: list[Measure]) -> str:
    """The rows as Markdown, with the machine named."""
    lines = ["# Benchmarks of the modules", "", (__doc__ or "").split("\n\n")[2].strip(), "", machine(), ""]
    lines += [
        "| module | map | ms | reference | time ratio (lower 95 %) | saved / x | peak / x | peak ratio |"
    ]
    lines += ["|---|---|--:|---|--:|--:|--:|--:|"]
    return "\n".join([*lines, *map(_line, rows)]) + "\n"


def _line(row: Measure) -> str:
    ratio = f"{row.ratio.mean:.2f} ({row.ratio.low:.2f})" if row.ratio else ""
    peak_ratio = f"{row.peak_ratio:.3f}" if row.peak_ratio is not None else ""
    cells = (f"`{row.name}`", "x".join(map(str, row.shape)), f"{row.milliseconds:.1f}", row.reference, ratio)
    return f"| {' | '.join(cells)} | {row.saved:.1f} | {row.peak:.1f} | {peak_ratio} |"


def machine() -> str:
    """The processor and versions that the numbers belong to."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    model = next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    versions = f"torch {torch.__version__.split('+')[0]}, Python {platform.python_version()}"
    return f"Measured on {model}, one thread, {versions}."


def main() -> int:
    """Measure, print, and say which bounds fail."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="modules, as cbam or scse:fusion=max; all by default")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write", type=Path, help="a Markdown file for the table")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = options.names or [*CATALOG, *(name for name in REFERENCES if name not in CATALOG)]
    rows: list[Measure] = []
    for name in names:
        for shape in shapes(name):
            rows.append(alone(name, shape, options.rounds))
            print(_line(rows[-1]), flush=True)
            if options.write:
                options.write.write_text(table(rows), encoding="utf-8")
    broken = [text for row in rows for text in failures(row)]
    print(*broken or ["every bound holds"], sep="\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

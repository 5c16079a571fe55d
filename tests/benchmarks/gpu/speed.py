"""Images a second of our trainer and of a bare loop, the time of an epoch, the card's busy share, and peak memory.

ResNet-18 on synthetic images of 32 x 32, batches of 512, an epoch of 50,000: with the stem of timm, which shrinks
the image fourfold, and with the stem for small images (a 3 x 3 convolution, no pooling). Both loops shift by up to 4
pixels, flip and scale, use channels_last, SGD with Nesterov momentum and a cosine schedule. The first steps are not
timed. `float32` multiplies in TF32 where torch does so by default, as runs have it.
"""

import gc
import itertools
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import nn

from experiments.config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, RecipeSpec, RunSpec
from experiments.models.build import Shape, build
from experiments.reproducibility.determinism import fill_new_memory, prepare_process
from experiments.run import devices
from experiments.training.objective import objective
from experiments.training.trainer import Interrupted, Training
from tests.benchmarks.gpu import bare_loop
from tests.benchmarks.gpu.busy import Busy, measure_busy
from tests.benchmarks.gpu.report import Report, Setup
from tests.benchmarks.gpu.synthetic import Images, synthetic_images

CLASSES = 100
WARM_UP = 20
"""Steps that are not timed."""


class Size(NamedTuple):
    """How much is trained."""

    images: int
    batch: int
    warm_up: int
    backbone: str
    profiled: int
    """Steps that are profiled."""


FULL = Size(50_000, 512, WARM_UP, "resnet18", 8)
TINY = Size(64, 8, 2, "resnet10t", 0)


class Case(NamedTuple):
    """One row: which loop trains which network in which arithmetic."""

    loop: str
    module: str
    dtype: str
    small_stem: bool


CASES = (
    Case("trainer", "none", "bfloat16", True),
    Case("bare loop", "none", "bfloat16", True),
    Case("bare loop, not deterministic", "none", "bfloat16", True),
    Case("trainer", "cbam", "bfloat16", True),
    Case("trainer", "se", "bfloat16", True),
    Case("trainer", "none", "float32", True),
    Case("bare loop", "none", "float32", True),
    Case("trainer", "none", "bfloat16", False),
    Case("bare loop", "none", "bfloat16", False),
    Case("trainer", "cbam", "bfloat16", False),
    Case("trainer", "cbam", "float32", True),
)


class Speed(NamedTuple):
    """What one case came to; `busy` is None without a card."""

    seconds_a_step: float
    peak_bytes: int
    busy: Busy | None


def measure(setup: Setup, report: Report) -> None:
    size = TINY if setup.tiny else FULL
    data = synthetic_images(size.images, CLASSES)
    columns = (
        "loop",
        "module",
        "dtype",
        "stem",
        " images/s",
        " against the bare loop",
        f" s an epoch of {size.images:,}",
    )
    report.header(*columns, " ms a step", " ms of kernels", " busy", " kernels a step", " peak MiB")
    rates: dict[Case, float] = {}
    busiest: dict[Case, Busy] = {}
    for case in CASES[: 3 if setup.tiny else None]:
        speed = measure_case(case, data, size, setup)
        rates[case] = size.batch / speed.seconds_a_step
        report.row(*_cells(case, speed, size, rates))
        if speed.busy:
            busiest[case] = speed.busy
    for case, busy in itertools.islice(busiest.items(), 2):
        report.block(f"Longest kernels, {case.loop}, {case.module}, {case.dtype}", busy.longest)


def measure_case(case: Case, data: Images, size: Size, setup: Setup) -> Speed:
    """Train one epoch from new weights and time its steps; then profile a few steps of another."""
    prepare(setup, deterministic="not deterministic" not in case.loop)
    epoch = _epoch(case, data, size, setup)
    if setup.on_card:
        torch.cuda.reset_peak_memory_stats(setup.device)
    step = _seconds_a_step(epoch, size)
    peak = torch.cuda.max_memory_allocated(setup.device) if setup.on_card else 0
    busy = measure_busy(epoch, steps=size.profiled, warm_up=5, seconds_a_step=step) if setup.on_card else None
    del epoch
    gc.collect()
    if setup.on_card:
        torch.cuda.empty_cache()
    return Speed(step, peak, busy)


def prepare(setup: Setup, *, deterministic: bool) -> None:
    """Set up the process as for a run, or as a short script has it, with cuDNN's choice by trial."""
    prepare_process()
    fill_new_memory(False)  # as in the steps of runs
    devices.device(setup.device).prepare()
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = not deterministic


def _seconds_a_step(epoch: Callable[[Callable[[], None]], None], size: Size) -> float:
    times: list[float] = []
    epoch(lambda: times.append(time.perf_counter()))
    timed = times[size.warm_up :]
    return (timed[-1] - timed[0]) / (len(timed) - 1)


def _epoch(case: Case, data: Images, size: Size, setup: Setup) -> Callable[[Callable[[], None]], None]:
    """Return a function that trains one epoch and calls its argument after each step; Interrupted ends it."""
    network, recipe = network_of(case, size), recipe_of(case, size)
    if case.loop != "trainer":
        return bare_loop.epoch(network, data, recipe, device=setup.device)

    def train(after_step: Callable[[], None]) -> None:
        goal = objective("classification", classes=data.classes, ignore_index=None, recipe=recipe)
        few = data.first(size.batch)
        training = Training(network, goal, data, few, recipe, seed=0, device=setup.device)
        try:
            training.fit(report=lambda epoch, metrics: None, keep=lambda training: after_step())
        except Interrupted:
            return

    return train


def network_of(case: Case, size: Size) -> nn.Module:
    """Build the case's network as a run does; for the small stem, exchange two of its layers."""
    spec = RunSpec(
        task="classification",
        dataset=DatasetSpec(name="cifar100"),
        backbone=BackboneSpec(name=size.backbone),
        arm=ArmSpec(module=case.module),
        recipe=recipe_of(case, size),
        seed=0,
    )
    network, _ = build(spec, Shape(3, 32, 32, CLASSES))
    if case.small_stem and size.backbone == "resnet18":
        network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    return network


def recipe_of(case: Case, size: Size) -> RecipeSpec:
    """Return a recipe for CIFAR in the case's arithmetic."""
    return RecipeSpec(
        epochs=1,
        batch_size=size.batch,
        learning_rate=0.1,
        momentum=0.9,
        shift=4,
        flip=True,
        contrast=0.0,
        brightness=0.0,
        dtype="bfloat16" if case.dtype == "bfloat16" else "float32",
    )


def _cells(case: Case, speed: Speed, size: Size, rates: dict[Case, float]) -> Iterator[str]:
    rate = rates[case]
    yield from (case.loop, case.module, case.dtype, "small" if case.small_stem else "timm's")
    yield f"{rate:,.0f}"
    bare = rates.get(case._replace(loop="bare loop"))
    yield f"{rate / bare:.2f}" if bare and case.module == "none" else ""
    yield f"{size.images / rate:.1f}"
    yield f"{1000 * speed.seconds_a_step:.1f}"
    if speed.busy is None:
        yield from ["needs a card"] * 4
        return
    yield f"{1000 * speed.busy.kernel_seconds:.1f}"
    yield f"{100 * speed.busy.share:.0f} %"
    yield f"{speed.busy.kernels:.0f}"
    yield f"{speed.peak_bytes / 2**20:,.0f}"

"""Images a second of our trainer and of a bare loop, the time of an epoch, the card's busy share, and peak memory.

ResNet-18 on synthetic images of 32 x 32, batches of 512, an epoch of 50,000: with the stem of timm, which shrinks
the image fourfold, and with the stem for small images (a 3 x 3 convolution, no pooling). Both loops shift by up to 4
pixels, flip and scale, use channels_last, SGD with Nesterov momentum and a cosine schedule. The first steps are not
timed. `float32` multiplies in TF32 where torch does so by default, as runs have it.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import torch
from torch import nn

from experiments.config.run_spec import ArmSpec, BackboneSpec, DatasetSpec, RecipeSpec, RunSpec
from experiments.models.build import Shape, build
from experiments.reproducibility.determinism import fill_new_memory, prepare_process
from experiments.run import devices
from experiments.training.objective import create_objective
from experiments.training.trainer import Interrupted, Training
from tests.benchmarks.gpu import bare_loop
from tests.benchmarks.gpu.busy import measure_busy
from tests.benchmarks.gpu.report import Report, Setup
from tests.benchmarks.gpu.synthetic import Images, synthetic_images

CLASSES = 100
WARM_UP = 20
"""Steps that are not timed."""
PROFILED = 8
"""Steps that are profiled."""


class Size(NamedTuple):
    """How much is trained."""

    images: int
    batch: int
    warm_up: int
    backbone: str


FULL = Size(50_000, 512, WARM_UP, "resnet18")
TINY = Size(64, 8, 2, "resnet10t")


class Case(NamedTuple):
    """One row: which loop trains which network in which arithmetic."""

    loop: str
    module: str
    dtype: str
    small_stem: bool

    @property
    def labels(self) -> tuple[str, str, str, str]:
        """The case in a table's first cells."""
        return self.loop, self.module, self.dtype, "small" if self.small_stem else "timm's"


CASES = (
    Case("bare loop", "none", "bfloat16", True),
    Case("trainer", "none", "bfloat16", True),
    Case("bare loop, not deterministic", "none", "bfloat16", True),
    Case("trainer", "cbam", "bfloat16", True),
    Case("bare loop", "none", "bfloat16", False),
    Case("trainer", "none", "bfloat16", False),
    Case("trainer", "cbam", "bfloat16", False),
    Case("bare loop", "none", "float32", True),
    Case("trainer", "none", "float32", True),
    Case("trainer", "cbam", "float32", True),
    Case("trainer", "se", "bfloat16", True),
)


class Speed(NamedTuple):
    """What one case came to: seconds of a step, and the most bytes that tensors held on the card."""

    seconds: float
    peak_bytes: int


def measure(setup: Setup, report: Report) -> None:
    size = TINY if setup.tiny else FULL
    data = synthetic_images(size.images, CLASSES)
    speeds = dict(_timings(data, size, setup, report))
    if setup.on_card:  # after all timings: a profiler that was loaded once slows every launch
        _profiles(speeds, data, size, setup, report)
    else:
        report.line()
        report.line("The share of time that the card computes: needs a card.")


def _timings(data: Images, size: Size, setup: Setup, report: Report) -> Iterator[tuple[Case, Speed]]:
    """Time every case and write its row; yield those that could be timed."""
    columns = (
        "loop",
        "module",
        "dtype",
        "stem",
        " images/s",
        " of the bare loop's",
        f" s, {size.images:,} images",
    )
    report.header(*columns, " ms a step", " peak MiB")
    seconds: dict[Case, float] = {}
    for case in CASES[: 3 if setup.tiny else None]:
        try:
            speed = _time_case(case, data, size, setup)
        except RuntimeError as error:
            report.row(*case.labels, f"{type(error).__name__}: {error}", *[""] * 4)
            report.fault(f"{', '.join(case.labels)}: {type(error).__name__}: {error}")
            continue
        seconds[case] = speed.seconds
        bare = seconds.get(case._replace(loop="bare loop")) if case.module == "none" else None
        peak = f"{speed.peak_bytes / 2**20:,.0f}" if setup.on_card else "needs a card"
        each = speed.seconds / size.batch
        ratio = f"{bare / speed.seconds:.2f}" if bare else ""
        times = (f"{1 / each:,.0f}", ratio, f"{size.images * each:.1f}", f"{1000 * speed.seconds:.1f}")
        report.row(*case.labels, *times, peak)
        yield case, speed


def _time_case(case: Case, data: Images, size: Size, setup: Setup) -> Speed:
    """Train one epoch from new weights and time its steps."""
    prepare(setup, deterministic="not deterministic" not in case.loop)
    epoch = _epoch(case, data, size, setup)
    if setup.on_card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(setup.device)
    seconds = _seconds_a_step(epoch, size, setup)
    return Speed(seconds, torch.cuda.max_memory_allocated(setup.device) if setup.on_card else 0)


def _profiles(speeds: Mapping[Case, Speed], data: Images, size: Size, setup: Setup, report: Report) -> None:
    """Profile some steps of every case; write what the card did, and the longest kernels of the first two."""
    report.header("loop", "module", "dtype", "stem", " ms of kernels", " busy", " kernels a step")
    longest: dict[Case, list[str]] = {}
    for case, speed in speeds.items():
        prepare(setup, deterministic="not deterministic" not in case.loop)
        epoch = _epoch(case, data, size, setup)
        busy = measure_busy(epoch, steps=PROFILED, warm_up=5, seconds_a_step=speed.seconds)
        share = f"{100 * busy.share:.0f} %" if busy.kernels else "the profiler saw no kernel"
        report.row(*case.labels, f"{1000 * busy.kernel_seconds:.1f}", share, f"{busy.kernels:.0f}")
        longest[case] = busy.longest
    for case, lines in itertools.islice(longest.items(), 2):
        report.block(f"Longest kernels, {', '.join(case.labels)}", lines)


def prepare(setup: Setup, *, deterministic: bool) -> None:
    """Set up the process as for a run, or as a short script has it, with cuDNN's choice by trial."""
    prepare_process()
    fill_new_memory(False)  # as in the steps of runs
    devices.find_device(setup.device).prepare()
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = not deterministic


def _seconds_a_step(epoch: Callable[[Callable[[], None]], None], size: Size, setup: Setup) -> float:
    """Time the steps between the warm-up and the last one, which the trainer's validation follows."""
    last = size.images // size.batch - 1
    times: list[float] = []
    counted = itertools.count(1)

    def after_step() -> None:
        if next(counted) in (size.warm_up, last):
            if setup.on_card:
                torch.cuda.synchronize(setup.device)
            times.append(time.perf_counter())

    epoch(after_step)
    return (times[1] - times[0]) / (last - size.warm_up)


def _epoch(case: Case, data: Images, size: Size, setup: Setup) -> Callable[[Callable[[], None]], None]:
    """Return a function that trains one epoch and calls its argument after each step; Interrupted ends it."""
    network, recipe = network_of(case, size), recipe_of(case, size)
    if case.loop != "trainer":
        return bare_loop.epoch(network, data, recipe, device=setup.device)

    def train(after_step: Callable[[], None]) -> None:
        goal = create_objective("classification", classes=data.classes, ignore_index=None, recipe=recipe)
        few = data.first(size.batch)
        training = Training(network, goal, data, few, recipe, seed=0, device=setup.device)
        try:
            training.fit(report=lambda epoch, metrics: None, on_step_end=lambda training: after_step())
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

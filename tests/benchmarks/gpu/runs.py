"""Both tasks of the study `smoke` as whole runs: twice on the card, once stopped and resumed, once on the CPU."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.config.study_file import read_study
from experiments.run import devices
from experiments.run.devices import Share
from experiments.run.execute import run
from experiments.training.trainer import Interrupted
from tests.benchmarks.gpu.report import Report, Setup

BITS = ("final_weights", "last_weights", "logits", "metrics", "validation", "curve", "losses")
"""Parts of a result that hold what was computed."""
TOLERANCE = 0.15
"""Largest difference of the primary metric to the CPU's, as a fraction: two epochs on 320 images are noisy."""


class Case(NamedTuple):
    """One run's spec under a name for the table."""

    name: str
    spec: RunSpec


def cases(*, tiny: bool) -> Iterator[Case]:
    """Yield the runs of `smoke` to make: its scSE arm at both tasks, and in bfloat16."""
    study = read_study("smoke")
    options = {"train": 64, "validation": 32, "test": 48} if tiny else {}
    for dtype in ("float32", "bfloat16"):
        for name, setting in study.settings.items():
            data = setting.dataset.model_copy(update={"options": {**setting.dataset.options, **options}})
            recipe = setting.recipe.model_copy(update={"dtype": dtype, "momentum": 0.9})
            arm = ArmSpec(module="scse", options={"kernel_size": 3})
            spec = RunSpec(
                task=setting.task,
                dataset=data,
                backbone=setting.backbone,
                decoder=setting.decoder,
                arm=arm,
                recipe=recipe.model_copy(update={"batch_size": 16}) if tiny else recipe,
                seed=0,
            )
            yield Case(f"{name}, {dtype}", spec)


def measure(setup: Setup, report: Report) -> None:
    columns = (
        "run",
        "equal bits, twice",
        "equal bits, stopped and resumed",
        "metric",
        f" {setup.device}",
        " CPU",
    )
    report.header(*columns, f" seconds, {setup.device}", " seconds, CPU", " peak MiB on the card")
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(tiny=setup.tiny):
            try:
                _measure_case(case, setup, report, Path(folder) / case.name)
            except Exception as error:
                report.row(case.name, f"{type(error).__name__}: {error}", *[""] * 7)
                report.fault(f"{case.name}: {type(error).__name__}: {error}")


def _measure_case(case: Case, setup: Setup, report: Report, folder: Path) -> None:
    cache = folder.parent / "cache"
    first, second = (timed(case.spec, folder / name, cache, setup.device) for name in ("first", "second"))
    resumed = stopped_and_resumed(case.spec, folder / "resumed", cache, setup.device)
    cpu = timed(case.spec, folder / "cpu", cache, "cpu")
    differing = {
        "twice": differences(first.result, second.result),
        "resumed": differences(first.result, resumed),
    }
    metric = first.result["primary"]
    card_score, cpu_score = (float(one.result["metrics"][metric]) for one in (first, cpu))
    peak = first.result.get("gpu", {}).get("peak_bytes", 0) / 2**20
    told = ["NO: " + ", ".join(names) if names else "yes" for names in differing.values()]
    numbers = [f"{card_score:.4f}", f"{cpu_score:.4f}", f"{second.seconds:.1f}", f"{cpu.seconds:.1f}"]
    report.row(case.name, *told, metric, *numbers, f"{peak:.0f}" if setup.on_card else "needs a card")
    for how, names in differing.items():
        if names:
            report.fault(f"{case.name}, {how}: different {', '.join(names)}")
    if abs(card_score - cpu_score) > TOLERANCE:
        report.fault(f"{case.name}: {metric} {card_score:.4f} on the card, {cpu_score:.4f} on the CPU")


class Timed(NamedTuple):
    """A run's result and the wall seconds that it took."""

    result: dict[str, Any]
    seconds: float


def timed(spec: RunSpec, folder: Path, cache: Path, device: str) -> Timed:
    """Make a run from its start to its end."""
    started = time.monotonic()
    result = make(spec, folder, cache, device)
    return Timed(result, time.monotonic() - started)


def make(
    spec: RunSpec, folder: Path, cache: Path, device: str, interrupted: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Make a run as a worker does; return its sealed result."""
    folder.mkdir(parents=True, exist_ok=True)
    share = Share(devices.find_device(device))
    result = run(
        spec, folder, cache=cache, report=lambda epoch, metrics: None, share=share, interrupted=interrupted
    )
    return result.content()


def stopped_and_resumed(spec: RunSpec, folder: Path, cache: Path, device: str) -> dict[str, Any]:
    """Stop a run after its third step, resume it from its checkpoint, and return the result."""
    asked = iter((False, False, True))
    try:
        make(spec, folder, cache, device, interrupted=lambda: next(asked))
    except Interrupted:
        return make(spec, folder, cache, device)
    raise AssertionError("the run was not interrupted")


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the parts of two results that do not have the same bits."""
    return [name for name in BITS if first[name] != second[name]]

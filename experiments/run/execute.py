"""One run, from its spec to its sealed result, in this process. Writes to the run's own folder only."""

import resource
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from attention.custom_modules import register_modules
from datasets.catalog import Splits
from user_error import UserError

from ..config.run_spec import RunSpec
from ..models.build import Plugged, Shape, build
from ..models.cost import cost
from ..models.pretrained import pretrained_file
from ..reproducibility import provenance, tensor_hash
from ..reproducibility.code_hash import code_digest
from ..reproducibility.determinism import fill_new_memory, prepare_process
from ..reproducibility.provenance import warned
from ..store import run_folder
from ..store.rows import now
from ..training.data import load_data, shape_of
from ..training.objective import objective
from ..training.probes import probe
from ..training.trainer import Diverged, Interrupted, Metrics, Pruned, Report, Training
from . import manifest
from .checkpoints import Checkpoints
from .devices import Cpu, Device, Share

Ask = Callable[[], bool]
PROBED = 32
"""Test images whose logits' hash is recorded."""


def run(
    spec: RunSpec,
    folder: Path,
    *,
    cache: Path,
    report: Report,
    interrupted: Ask = lambda: False,
    checkpoint_seconds: float = 30.0,
    origin: Mapping[str, Any] = MappingProxyType({}),
    share: Share | None = None,
) -> dict[str, Any]:
    """Train and test; return the sealed result, whose state is finished, diverged or pruned.

    Resumes from the folder's checkpoint. Raises Interrupted after saving one, when `interrupted()` says so.
    `origin` is for the attempt's manifest; `share`: the device, the CPU if left out.
    """
    with register_modules([("of the run", spec.source)] if spec.source else []), warned() as warnings:
        return _run(
            spec,
            folder,
            cache,
            report,
            interrupted,
            checkpoint_seconds,
            origin,
            share or Share(Cpu()),
            warnings,
        )


def _run(
    spec: RunSpec,
    folder: Path,
    cache: Path,
    report: Report,
    interrupted: Ask,
    checkpoint_seconds: float,
    origin: Mapping[str, Any],
    share: Share,
    warnings: list[str],
) -> dict[str, Any]:
    prepare_process()
    share.begin()
    clock = _Clock()
    run_folder.write_json(folder / run_folder.SPEC, spec.model_dump(mode="json"))
    splits = load_data(spec, cache)
    shape = shape_of(splits)
    weights = pretrained_file(spec.backbone, cache)
    network, plugs = build(spec, shape, pretrained=weights)
    facts = _facts(spec, network, plugs, shape, content=splits.content, device=share.device)
    execution = _Execution(
        _training(spec, network, splits, share.device.name),
        Checkpoints(folder, seconds=checkpoint_seconds),
        clock,
        report,
        interrupted,
        share,
    )
    whose = {"key": spec.key, "code": facts["code"], "identity": facts["identity_key"]}
    resumed = execution.resume(whose)
    manifest.write(
        folder,
        spec,
        origin=origin,
        code=facts["code"],
        splits=splits,
        resumed=resumed,
        identity=facts["identity"],
    )
    outcome = execution.fit(whose)
    outcome |= _told(execution.training, splits, folder)
    if outcome["state"] == "finished":
        outcome |= _test(execution.training, splits, folder)
        outcome["probes"] = _probe(execution.training, splits, folder, outcome["metrics"])
    spent = clock.reading()
    told = {"curve": execution.curve, "warnings": warnings} | spent | share.device.reading(spent["seconds"])
    sealed = run_folder.seal(folder, facts | outcome | told)
    execution.checkpoints.discard()
    return sealed


def _training(spec: RunSpec, network: nn.Module, splits: Splits, device: str) -> Training:
    goal = objective(spec.task, classes=splits.classes, ignore_index=splits.ignore_index, recipe=spec.recipe)
    return Training(
        network,
        goal,
        splits.train,
        splits.validation,
        spec.recipe,
        seed=spec.seed,
        stop=spec.stop,
        device=device,
    )


class _Execution:
    """A training between its checkpoints and whoever follows it."""

    def __init__(
        self,
        training: Training,
        checkpoints: Checkpoints,
        clock: "_Clock",
        report: Report,
        interrupted: Ask,
        share: Share,
    ) -> None:
        self.training, self.checkpoints, self.clock = training, checkpoints, clock
        self.report, self.interrupted, self.share = report, interrupted, share
        self.curve: list[tuple[int, dict[str, float]]] = []

    def resume(self, whose: Mapping[str, str]) -> dict[str, Any] | None:
        """Go on from the newest whole checkpoint, if it is this run's, code's and numeric identity's; where that is."""
        state = self.checkpoints.load(print)
        if state is None or any(state.get(name) != value for name, value in whose.items()):
            return None
        self.training.restore(state["training"])
        self.clock.restore(state["clock"])
        self.curve = state["curve"]
        epoch, step, _ = self.training.position
        return {"epoch": epoch, "step": step, "sha256": self.checkpoints.loaded}

    def fit(self, whose: Mapping[str, str]) -> dict[str, Any]:
        """Train to the end, however it ends.

        New memory was filled while the network was made; in its steps that would take a tenth of the time.
        """
        fill_new_memory(False)
        try:
            validation = self.training.fit(report=self._report, keep=lambda training: self._keep(whose))
        except UserError as why:  # it was not refused before it began, so it is a fault, with a traceback
            raise RuntimeError(str(why)) from why
        except Diverged as why:
            return {"state": "diverged", "message": str(why)}
        except Pruned as why:
            return {"state": "pruned", "message": str(why), "validation": self._last_validation()}
        return {"state": "finished", "message": "", "validation": validation.metrics}

    def _last_validation(self) -> dict[str, float]:
        start = "validation/"
        last = self.curve[-1][1]
        return {name.removeprefix(start): value for name, value in last.items() if name.startswith(start)}

    def _report(self, epoch: int, metrics: Metrics) -> None:
        self.curve.append((epoch, dict(metrics)))
        self.share.after_epoch()
        self.report(epoch, metrics)

    def _keep(self, whose: Mapping[str, str]) -> None:
        self.share.after_step()
        leaving = self.interrupted()
        if leaving or self.checkpoints.due() or self.training.position.step == 0:
            training, clock = self.training.state(), self.clock.state()
            self.checkpoints.save({**whose, "training": training, "clock": clock, "curve": self.curve})
        if leaving:
            epoch, step, _ = self.training.position
            raise Interrupted(f"stopped in epoch {epoch + 1}, after step {step}")


def _told(training: Training, splits: Splits, folder: Path) -> dict[str, Any]:
    """What the training went through: every step's loss, examples seen and left over, however it ended."""
    losses = np.array(training.losses)
    _save(folder / run_folder.STEPS, {"loss": losses})
    count, batch = len(splits.train.images), training.recipe.batch_size
    return {
        "steps": len(losses),
        "examples": {"seen": len(losses) * batch, "left_over_an_epoch": count - training.steps * batch},
        "losses": {
            "first": losses[0].hex() if len(losses) else None,
            "sha256": tensor_hash.of_array(losses),
        },
    }


def _test(training: Training, splits: Splits, folder: Path) -> dict[str, Any]:
    """The test split, once, on the weights that the recipe selects."""
    network = training.evaluated
    test = training.evaluate(network, splits.test)
    _save(folder / run_folder.PREDICTIONS, test.per_example)
    return {
        "metrics": test.metrics,
        "exact": {name: float(value).hex() for name, value in test.metrics.items()},
        "logits": tensor_hash.of_tensors(
            [("logits", training.predict(network, splits.test.images[:PROBED]))]
        ),
        "last_weights": tensor_hash.of_network(training.network),
        "per_class": test.per_class,
        "final_weights": tensor_hash.of_network(network),
    }


def _probe(training: Training, splits: Splits, folder: Path, metrics: dict[str, float]) -> dict[str, Any]:
    """What the trained network costs to use and what its gates do."""
    score = metrics[training.objective.primary]
    numbers, arrays = probe(training, splits.test, content=splits.content, score=score)
    _save(folder / run_folder.PROBES, arrays)
    return numbers


def _save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    part = path.with_suffix(".part.npz")
    np.savez_compressed(part, allow_pickle=False, **arrays)
    part.replace(path)


def _facts(
    spec: RunSpec, network: nn.Module, plugs: list[Plugged], shape: Shape, *, content: str, device: Device
) -> dict[str, Any]:
    """What is known before the first step."""
    spent = cost(network, shape.example())
    return {
        "key": spec.key,
        "primary": "accuracy" if spec.task == "classification" else "iou",
        "parameters": spent.parameters,
        "macs": spent.macs,
        "plugs": [plugged._asdict() for plugged in plugs],
        "hashes": {
            "initial": tensor_hash.of_network(network),
            "backbone": tensor_hash.of_network(network, without_plugs=True),
            "data": content,
        },
        "identity": (identity := provenance.numeric_identity(spec, device.identity())),
        "identity_key": provenance.identity_key(identity),
        "provenance": provenance.provenance(),
        "code": code_digest(spec.arm.module),
    }


class _Clock:
    """Wall and CPU seconds over all attempts, and the peak memory of this one."""

    def __init__(self) -> None:
        self.started = now()
        self.before = 0.0, 0.0
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def state(self) -> dict[str, Any]:
        return {"started": self.started, "spent": list(self._spent())}

    def restore(self, state: dict[str, Any]) -> None:
        wall, cpu = state["spent"]
        self.started, self.before = state["started"], (wall, cpu)

    def _spent(self) -> tuple[float, float]:
        return (
            self.before[0] + time.monotonic() - self.wall,
            self.before[1] + time.process_time() - self.cpu,
        )

    def reading(self) -> dict[str, Any]:
        wall, cpu = self._spent()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {
            "started": self.started,
            "ended": now(),
            "seconds": round(wall, 3),
            "cpu_seconds": round(cpu, 3),
            "peak_bytes": peak,
        }

"""Execute one run in this process, from its spec to its sealed result; writes only to the run's own folder."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import nn

from attention.custom_modules import register_modules
from datasets.catalog import Splits

from ..config.run_result import Hashes, Plug, RunResult
from ..config.run_spec import PRIMARY, RunSpec
from ..models.build import PluggedModule, Shape, build
from ..models.cost import measure_cost
from ..models.pretrained import pretrained_file
from ..reproducibility import provenance, tensor_hash
from ..reproducibility.code_hash import code_digest
from ..reproducibility.determinism import prepare_process
from ..reproducibility.incomplete_records import leaving_out, warn_incomplete
from ..reproducibility.warning_capture import capture_warnings
from ..store import run_folder
from ..training.data import load_data, shape_of
from ..training.objective import create_objective
from ..training.trainer import Diverged, Report, Training
from . import artifacts, manifest
from .checkpoints import SECONDS, Checkpoints
from .devices import Cpu, Device, Share
from .execution import CheckpointOwner, Execution

MAX_LISTED = 10
"""Undefined scores that a warning names."""
log = logging.getLogger(__name__)


def run(
    spec: RunSpec,
    folder: Path,
    *,
    cache: Path,
    report: Report,
    interrupted: Callable[[], bool] = lambda: False,
    checkpoint_seconds: float = SECONDS,
    origin: Mapping[str, Any] = MappingProxyType({}),
    share: Share | None = None,
    keep_weights: bool = False,
) -> RunResult:
    """Train and test; return the sealed result, whose state is finished, diverged or pruned.

    Resumes from the folder's checkpoint. report: called as `report(epoch, metrics)` after each epoch.
    interrupted: when it returns true, the run saves a checkpoint and raises Interrupted.
    origin: for the attempt's manifest. share: the device and its limits; the CPU if left out.
    keep_weights: save the tested weights beside the result.
    Raises UserError if data, network or device do not exist or do not fit.
    """
    share = share or Share(Cpu())
    own = [(f"{spec.arm.module}.py of the run", spec.source)] if spec.source else []
    with register_modules(own), capture_warnings() as raised:
        log.info("run %s on %s: %s in %s", spec.key, share.device.name, spec.arm.module, spec.backbone.name)
        prepare_process()
        share.begin()
        run_folder.write_json(folder / run_folder.SPEC, spec.model_dump(mode="json"))
        splits = load_data(spec, cache)
        network, plugs = build(spec, shape_of(splits), pretrained=pretrained_file(spec.backbone, cache))
        facts = _facts(spec, network, plugs, shape_of(splits), content=splits.content, device=share.device)
        execution = Execution(
            _training(spec, network, splits, share.device.name),
            CheckpointOwner(facts.key, facts.code, facts.identity_key or ""),
            checkpoints=Checkpoints(folder, seconds=checkpoint_seconds),
            report=report,
            interrupted=interrupted,
            share=share,
        )
        resumed = execution.resume()
        manifest.write_manifest(folder, spec, origin=origin, facts=facts, splits=splits, resumed=resumed)
        result = _outcome(execution, facts, spec, splits, folder, keep_weights=keep_weights)
        sealed = run_folder.seal(folder, result.model_copy(update={"warnings": [*facts.warnings, *raised]}))
    execution.checkpoints.discard()
    log.info("%s: %s", sealed.state, sealed.metrics or sealed.message)
    return sealed


def _training(spec: RunSpec, network: nn.Module, splits: Splits, device: str) -> Training:
    goal = create_objective(
        spec.task, classes=splits.classes, ignore_index=splits.ignore_index, recipe=spec.recipe
    )
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


def _facts(
    spec: RunSpec,
    network: nn.Module,
    plugs: list[PluggedModule],
    shape: Shape,
    *,
    content: str,
    device: Device,
) -> RunResult:
    """Create the result with everything that is known before the first step."""
    identity = provenance.numeric_identity(spec, device.identity())
    facts = RunResult(
        key=spec.key,
        state="finished",
        primary=PRIMARY[spec.task],
        code=code_digest(spec.arm.module),
        plugs=[Plug.model_validate(plugged._asdict()) for plugged in plugs],
        hashes=Hashes(data=content),
        identity=identity,
        identity_key=provenance.identity_key(identity),
    )
    return _add_measured(facts, network, shape)


def _add_measured(facts: RunResult, network: nn.Module, shape: Shape) -> RunResult:
    """Return the facts with cost, hashes of the first weights and provenance; what fails is left out with a warning."""
    found: dict[str, object] = {}
    with leaving_out("the cost of the network"):
        spent = measure_cost(network, shape.example())
        found |= {"parameters": spent.parameters, "macs": spent.macs}
        if spent.macs is None:
            found["warnings"] = [f"the multiply-adds cannot be counted and stay undefined: {spent.reason}"]
    with leaving_out("the hashes of the first weights"):
        whole, plain = (tensor_hash.hash_network(network, without_plugs=plugs) for plugs in (False, True))
        found["hashes"] = Hashes(
            initial=whole, backbone=plain, data=facts.hashes.data if facts.hashes else ""
        )
    with leaving_out("the provenance"):
        found["provenance"] = provenance.provenance()
    return facts.model_copy(update=found)


def _outcome(
    execution: Execution, facts: RunResult, spec: RunSpec, splits: Splits, folder: Path, *, keep_weights: bool
) -> RunResult:
    """Train, test and probe; return the result with curve, times and device added."""
    outcome, training = execution.fit(), execution.training
    result = facts.model_copy(update=outcome._asdict())
    result = artifacts.add_training(result, training, splits, folder)
    if outcome.state == "finished":
        result = _test(result, training, spec, splits, folder, keep_weights=keep_weights)
    times = execution.clock.reading()
    result = result.model_copy(update={"curve": execution.curve, **times._asdict()})
    with leaving_out("the use of the graphics card"):
        result = result.model_copy(update={"gpu": execution.share.device.reading(times.seconds)})
    if undefined := result.undefined():
        rest = f" and {len(undefined) - MAX_LISTED} more" if undefined[MAX_LISTED:] else ""
        listed = ", ".join(undefined[:MAX_LISTED])
        warn_incomplete(f"{listed}{rest}: not defined, since nothing of it is in the split or predicted")
    return result


def _test(
    result: RunResult,
    training: Training,
    spec: RunSpec,
    splits: Splits,
    folder: Path,
    *,
    keep_weights: bool,
) -> RunResult:
    """Test and probe; a test loss of NaN or infinity makes the run diverged."""
    try:
        result = artifacts.add_test(result, training, splits, folder)
    except Diverged as reason:
        return result.model_copy(update={"state": "diverged", "message": str(reason)})
    result = artifacts.add_probes(result, training, splits, folder)
    if keep_weights:
        with leaving_out(run_folder.WEIGHTS):
            artifacts.save_weights(training, spec, splits, folder)
    return result

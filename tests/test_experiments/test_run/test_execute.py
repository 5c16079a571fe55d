"""A run gives its sealed result, with the same bits after any interruption."""

import errno
import json
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets.catalog import Splits
from experiments.config.run_spec import ArmSpec, RunSpec, StopRule, Task
from experiments.models import build as modeling
from experiments.reproducibility import provenance
from experiments.reproducibility.code_hash import code_digest
from experiments.reproducibility.incomplete_records import IncompleteRecord
from experiments.run import artifacts, execute, manifest
from experiments.run.devices import Cpu
from experiments.run.execute import run
from experiments.store import run_folder
from experiments.training import probes
from experiments.training.data import load_data
from experiments.training.trainer import Interrupted, Training
from tests.sources import ROOT
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_run.stops import stop_after

pytestmark = pytest.mark.usefixtures("deterministic")
SPECS: dict[Task, RunSpec] = {
    "classification": run_spec("classification", arm=ArmSpec(module="scse")),
    "segmentation": run_spec("segmentation", arm=ArmSpec(module="scse")),
}


def ran(spec: RunSpec, folder: Path, cache: Path, **options: Any) -> dict[str, Any]:
    return run(spec, folder, cache=cache, report=lambda epoch, metrics: None, **options).content()


def numbers(result: dict[str, Any]) -> dict[str, Any]:
    """What must be equal bit for bit in two executions of a run."""
    parts = (
        "state",
        "metrics",
        "validation",
        "per_class",
        "final_weights",
        "curve",
        "hashes",
        "artifacts",
        "identity",
    )
    every = (*parts, "exact", "logits", "last_weights", "losses", "steps", "examples")
    found = {part: json.loads(json.dumps(result.get(part))) for part in every}
    bits = (run_folder.PREDICTIONS, run_folder.STEPS, run_folder.SPEC)
    return found | {"artifacts": {name: found["artifacts"].get(name) for name in bits}}


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> dict[Task, dict[str, Any]]:
    return {task: ran(spec, tmp_path_factory.mktemp(task), cache) for task, spec in SPECS.items()}


@pytest.mark.parametrize(
    ("task", "primary", "per_class"),
    [("classification", "accuracy", "recall"), ("segmentation", "iou", "iou")],
)
def test_a_result_has_all_that_its_readers_rely_on(
    task: Task, primary: str, per_class: str, undisturbed: dict[Task, dict[str, Any]]
) -> None:
    result = undisturbed[task]
    assert (result["state"], result["primary"], result["key"]) == ("finished", primary, SPECS[task].key)
    assert set(result["metrics"]) == set(result["validation"]) >= {primary, "loss"}
    assert 0 <= result["metrics"][primary] <= 1
    assert result["per_class"]["name"] == per_class
    assert len(result["per_class"]["values"]) == len(result["per_class"]["classes"])
    assert [epoch for epoch, _ in result["curve"]] == [1, 2]
    assert result["plugs"][0].keys() == {"site", "channels", "effective", "clamped"}
    assert result["parameters"] > 1000
    assert result["macs"] > 1000
    assert {"initial", "backbone", "data"} <= result["hashes"].keys()
    assert result["artifacts"].keys() >= {run_folder.PREDICTIONS}
    assert result["seconds"] > 0
    assert result["peak_bytes"] > 2**20
    assert result["code"] == code_digest("scse")


def test_a_finished_folder_is_undamaged_and_has_no_checkpoint(tmp_path: Path, cache: Path) -> None:
    result = ran(SPECS["classification"], tmp_path, cache, checkpoint_seconds=0)
    assert run_folder.damage(tmp_path) is None
    sealed = run_folder.read_sealed(tmp_path)
    assert sealed is not None
    assert sealed.content() == result
    assert {path.name for path in tmp_path.iterdir()} - {run_folder.PATCH} == {
        run_folder.RESULT,
        run_folder.PREDICTIONS,
        run_folder.PROBES,
        run_folder.SPEC,
        run_folder.STEPS,
        run_folder.manifest_name(1),
    }
    assert json.loads((tmp_path / run_folder.SPEC).read_bytes()) == SPECS["classification"].model_dump(
        mode="json"
    )


def test_a_result_has_each_number_exactly(undisturbed: dict[Task, dict[str, Any]]) -> None:
    for result in undisturbed.values():
        assert {name: float.fromhex(text) for name, text in result["exact"].items()} == result["metrics"]
        assert result["steps"] == 8
        assert result["examples"] == {"seen": 128, "left_over_an_epoch": 0}
        assert math.isfinite(float.fromhex(result["losses"]["first"]))
        assert result["last_weights"] == result["final_weights"] != result["hashes"]["initial"]
        assert result["identity_key"] == provenance.identity_key(result["identity"])


def test_warnings_of_libraries_are_recorded_once_with_the_run(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*arguments: Any, **options: Any) -> Any:
        for _ in range(2):
            warnings.warn("a planted warning", UserWarning, stacklevel=1)
        return modeling.build(*arguments, **options)

    monkeypatch.setattr(execute, "build", build)
    with pytest.warns(UserWarning, match="planted"):
        result = ran(SPECS["classification"], tmp_path, cache)
    assert result["warnings"] == ["UserWarning: a planted warning"]


def test_arms_of_one_seed_record_the_same_backbone_and_data(
    tmp_path: Path, cache: Path, undisturbed: dict[Task, dict[str, Any]]
) -> None:
    plain = ran(run_spec(), tmp_path, cache)["hashes"]
    arm = undisturbed["classification"]["hashes"]
    assert (plain["backbone"], plain["data"]) == (arm["backbone"], arm["data"])
    assert plain["initial"] == plain["backbone"] != arm["initial"]


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize("steps", [0, 2, 5])
def test_a_run_that_was_stopped_resumes_to_the_same_bits(
    task: Task, steps: int, tmp_path: Path, cache: Path, undisturbed: dict[Task, dict[str, Any]]
) -> None:
    with pytest.raises(Interrupted, match="stopped in epoch"):
        ran(SPECS[task], tmp_path, cache, interrupted=stop_after(steps))
    assert run_folder.read_sealed(tmp_path) is None
    assert numbers(ran(SPECS[task], tmp_path, cache)) == numbers(undisturbed[task])


def test_a_run_resumes_from_the_checkpoint_and_not_from_the_start(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Interrupted):
        ran(SPECS["classification"], tmp_path, cache, interrupted=stop_after(5))
    epochs: list[int] = []
    run(SPECS["classification"], tmp_path, cache=cache, report=lambda epoch, metrics: epochs.append(epoch))
    assert epochs == [2]


def test_a_damaged_checkpoint_costs_time_and_no_bits(
    tmp_path: Path, cache: Path, undisturbed: dict[Task, dict[str, Any]]
) -> None:
    with pytest.raises(Interrupted):
        ran(SPECS["classification"], tmp_path, cache, interrupted=stop_after(5), checkpoint_seconds=0)
    path = tmp_path / run_folder.CHECKPOINT
    path.write_bytes(path.read_bytes()[:-1])
    assert numbers(ran(SPECS["classification"], tmp_path, cache)) == numbers(undisturbed["classification"])


def test_a_checkpoint_of_other_code_is_not_resumed(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "code_digest", lambda module: "yesterday's")
    with pytest.raises(Interrupted):
        ran(SPECS["classification"], tmp_path, cache, interrupted=stop_after(5))
    monkeypatch.undo()
    epochs: list[int] = []
    run(SPECS["classification"], tmp_path, cache=cache, report=lambda epoch, metrics: epochs.append(epoch))
    assert epochs == [1, 2]


def test_a_checkpoint_of_another_run_is_not_used(
    tmp_path: Path, cache: Path, undisturbed: dict[Task, dict[str, Any]]
) -> None:
    with pytest.raises(Interrupted):
        ran(run_spec(arm=ArmSpec(module="scse"), seed=3), tmp_path, cache, interrupted=stop_after(5))
    assert numbers(ran(SPECS["classification"], tmp_path, cache)) == numbers(undisturbed["classification"])


RESUME = """
import json, sys
from pathlib import Path
from experiments.run.execute import run
from experiments.config.run_spec import RunSpec
spec = RunSpec.model_validate_json(sys.argv[1])
run(spec, Path(sys.argv[2]), cache=Path(sys.argv[3]), report=lambda epoch, metrics: None)
"""


def test_a_run_that_was_stopped_resumes_in_a_new_process_to_the_same_bits(
    tmp_path: Path, cache: Path
) -> None:
    spec = run_spec("segmentation", arm=ArmSpec(module="scse"), ema=0.9, select="best_val")
    dropping = {"args": {**spec.backbone.args, "drop_path_rate": 0.2}}
    spec = spec.model_copy(update={"backbone": spec.backbone.model_copy(update=dropping)})
    expected = ran(spec, tmp_path / "undisturbed", cache)
    with pytest.raises(Interrupted):
        ran(spec, tmp_path / "stopped", cache, interrupted=stop_after(5))
    arguments = [spec.model_dump_json(), str(tmp_path / "stopped"), str(cache)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "5"}
    subprocess.run([sys.executable, "-c", RESUME, *arguments], cwd=tmp_path, env=environment, check=True)
    result = run_folder.read_sealed(tmp_path / "stopped")
    assert result is not None
    assert numbers(result.content()) == numbers(expected)


@pytest.mark.parametrize("task", ["classification", "segmentation"])
@pytest.mark.parametrize(("size", "epochs"), [(16, 2), (64, 1)])
def test_a_run_that_runs_away_is_sealed_as_diverged(
    task: Task, size: int, epochs: int, tmp_path: Path, cache: Path
) -> None:
    result = ran(
        run_spec(task, learning_rate=1e30, warmup=0.0, batch_size=size, epochs=epochs), tmp_path, cache
    )
    assert result["state"] == "diverged"
    assert "epoch 1" in result["message"]
    assert run_folder.damage(tmp_path) is None
    assert "metrics" not in result


def test_a_pruned_run_is_sealed_with_its_curve_and_without_looking_at_the_test_split(
    tmp_path: Path, cache: Path
) -> None:
    result = ran(run_spec(stop=(StopRule(epoch=1, below=1.1),)), tmp_path, cache)
    assert (result["state"], len(result["curve"])) == ("pruned", 1)
    assert "metrics" not in result
    assert result["validation"]["accuracy"] == result["curve"][0][1]["validation/accuracy"]


def test_data_that_have_changed_since_the_plan_are_an_error(tmp_path: Path, cache: Path) -> None:
    spec = run_spec()
    changed = spec.model_copy(update={"dataset": spec.dataset.model_copy(update={"content": "0" * 64})})
    with pytest.raises(ValueError, match="is not the hash of cluttered_digits"):
        ran(changed, tmp_path, cache)


def test_the_code_of_a_run_is_that_of_its_own_module() -> None:
    digests = {module: code_digest(module) for module in ("none", "scse", "se")}
    assert len(set(digests.values())) == 3
    assert all(len(digest) == 64 for digest in digests.values())


def boom(*arguments: Any, **options: Any) -> Any:
    raise KeyError("boom")


RECORDING = {
    "the cost of the network": (execute, "measure_cost"),
    "the manifest": (manifest, "_data"),
    "the provenance": (provenance, "provenance"),
    "the use of the graphics card": (Cpu, "reading"),
    "the latency": (probes, "measure_latency"),
    "the reliance on the gates": (probes, "fix_gates_at_mean"),
    "the probes of the trained network": (probes, "_arrays"),
    "weights.safetensors": (artifacts, "save_weights"),
    "the hashes of weights and logits": (artifacts, "_hashes"),
}
"""What is only recorded -> a function without which it cannot be."""


@pytest.mark.parametrize("what", RECORDING)
def test_what_only_records_cannot_end_a_run_and_says_that_it_failed(
    what: str,
    tmp_path: Path,
    cache: Path,
    undisturbed: dict[Task, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(*RECORDING[what], boom)
    with pytest.warns(IncompleteRecord) as raised:
        result = ran(SPECS["classification"], tmp_path, cache, keep_weights=True)
    assert any(str(each.message).startswith(f"{what}: not recorded") for each in raised)
    whole = undisturbed["classification"]
    assert (result["state"], result["exact"], result["curve"]) == ("finished", whole["exact"], whole["curve"])
    assert f"IncompleteRecord: {what}: not recorded (KeyError: 'boom')" in result["warnings"]
    assert all(text.startswith("IncompleteRecord: ") for text in result["warnings"])
    assert run_folder.damage(tmp_path) is None


def test_predictions_that_cannot_be_written_as_such_are_left_out(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts, "_save", lambda path, arrays: boom() if "loss" not in arrays else None)
    with pytest.warns(IncompleteRecord):
        result = ran(SPECS["classification"], tmp_path, cache)
    assert [text.split(": not recorded")[0] for text in result["warnings"]] == [
        "IncompleteRecord: predictions.npz",
        "IncompleteRecord: the probes of the trained network",
    ]
    assert result["artifacts"].keys().isdisjoint({run_folder.PREDICTIONS, run_folder.PROBES})


def test_a_full_disk_is_not_an_incomplete_record(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(manifest, "_data", full)
    with pytest.raises(OSError, match="No space left"):
        ran(SPECS["classification"], tmp_path, cache)


@pytest.mark.parametrize("fault", ["backward", "evaluate"])
def test_a_fault_of_the_training_still_fails_the_run(
    fault: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "backward":
        monkeypatch.setattr("torch.autograd.backward", boom)
    else:
        monkeypatch.setattr(Training, "evaluate", boom)
    with pytest.raises(KeyError, match="boom"):
        ran(SPECS["classification"], tmp_path, cache)


ODD_GATES = {
    "raises": "raise RuntimeError('not for you')",
    "other shape": "return torch.ones(3, 5, 7)",
    "a tuple": "return (x, x)",
    "nothing": "return None",
    "a text": "return 'open'",
    "many axes": "return torch.ones(1, 1, 1, 1, 1, 1)",
    "not finite": "return torch.full_like(x, float('nan'))",
    "infinite": "return torch.full_like(x, float('inf'))",
    "another signature": "return x if y else z",
}
OWN_MODULE = """
import torch
from torch import nn
class OddGate(nn.Module):
    identity = "exact"
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, 1, 1))
    def forward(self, x):
        return x * (1 + self.weight)
    def gate(self, x{more}):
        {body}
"""


@pytest.mark.parametrize("kind", ODD_GATES)
def test_a_method_gate_that_is_no_gate_does_not_end_the_run(kind: str, tmp_path: Path, cache: Path) -> None:
    source = OWN_MODULE.format(body=ODD_GATES[kind], more=", y, z" if kind == "another signature" else "")
    spec = run_spec(arm=ArmSpec(module="odd_gate"), epochs=1).model_copy(update={"source": source})
    with warnings.catch_warnings(record=True):
        result = ran(spec, tmp_path, cache)
    assert result["state"] == "finished"
    assert run_folder.damage(tmp_path) is None
    unread = [text for text in result["warnings"] if "the gates of" in text]
    is_read = kind in ("not finite", "infinite")
    assert len(unread) == (0 if is_read else 1)
    assert all(
        " layer1.0.bn2, layer2.0.bn2, layer3.0.bn2 and 1 more: not recorded (" in text for text in unread
    )


def without_counted_pixels(splits: Splits, *names: str) -> Splits:
    """The splits with masks of which every pixel is ignored."""
    hidden = {name: getattr(splits, name) for name in names}
    changed = {
        name: split._replace(targets=torch.full_like(split.targets[:], 255)) for name, split in hidden.items()
    }
    return splits._replace(ignore_index=255, **changed)


def test_a_class_without_test_images_is_named_in_the_runs_warnings(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_without_3_and_7(spec: RunSpec, cache: Path) -> Splits:
        splits = load_data(spec, cache)
        labels = splits.test.targets[:]
        kept = (labels != 3) & (labels != 7)
        return splits._replace(
            test=splits.test._replace(images=splits.test.images[kept], targets=labels[kept])
        )

    monkeypatch.setattr(execute, "load_data", load_without_3_and_7)
    with warnings.catch_warnings(record=True):
        result = ran(run_spec(epochs=1), tmp_path, cache)
    assert [at for at, value in enumerate(result["per_class"]["values"]) if value is None] == [3, 7]
    assert result["warnings"] == [
        "IncompleteRecord: test/recall/3, test/recall/7: not defined, since nothing of it is in the split or predicted"
    ]


@pytest.mark.parametrize("names", [("validation",), ("test",), ("validation", "test")])
def test_an_undefined_score_is_recorded_as_undefined(
    names: tuple[str, ...], tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        execute, "load_data", lambda spec, cache: without_counted_pixels(load_data(spec, cache), *names)
    )
    stop = (StopRule(epoch=1, below=0.0),)
    spec = run_spec("segmentation", arm=ArmSpec(module="scse"), select="best_val", stop=stop)
    with warnings.catch_warnings(record=True):
        result = ran(spec, tmp_path, cache)
    assert result["state"] == "finished"
    sealed = json.loads((tmp_path / run_folder.RESULT).read_bytes())
    assert sealed["metrics"] == result["metrics"]
    nothing = dict.fromkeys(("iou", "dice", "pixel_accuracy", "loss"))
    for name, part in (("validation", "validation"), ("test", "metrics")):
        assert (result[part] == nothing) is (name in names)
    undefined = [f"{name}/{metric}" for name in ("test", "validation") if name in names for metric in nothing]
    (warning,) = result["warnings"]
    assert warning.startswith(f"IncompleteRecord: {', '.join(undefined)}: not defined")
    if "validation" in names:
        assert [metrics["validation/iou"] for _, metrics in result["curve"]] == [None, None]
        assert result["final_weights"] == result["last_weights"]
    if "test" in names:
        assert (result["exact"], result["per_class"]["values"]) == ({}, [None, None])
        assert result["probes"]["reliance"] is None
        assert len(result["probes"]["gates"]) == len(result["plugs"]) > 0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_test_loss_that_is_not_finite_is_a_divergence(
    value: float, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, count = Training.evaluate, len(load_data(run_spec(), cache).test.images)

    def evaluated(training: Training, network: Any, split: Any) -> Any:
        found = evaluate(training, network, split)
        is_test = len(split.images) == count
        return found._replace(metrics=found.metrics | {"loss": value}) if is_test else found

    monkeypatch.setattr(Training, "evaluate", evaluated)
    result = ran(run_spec(), tmp_path, cache)
    assert (result["state"], result["message"]) == (
        "diverged",
        f"the test loss is {value} after the last epoch",
    )
    assert "metrics" not in result

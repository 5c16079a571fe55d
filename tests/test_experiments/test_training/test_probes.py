"""The measurements on a trained network, and the images that are saved with them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.config.run_spec import ArmSpec, Task
from experiments.run.execute import run
from experiments.training.data import load_data
from tests.test_experiments.made import run_spec

pytestmark = pytest.mark.usefixtures("deterministic")


def probed(task: Task, module: str, folder: Path, cache: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = run_spec(task, arm=ArmSpec(module=module))
    result = run(spec, folder, cache=cache, report=lambda epoch, metrics: None)
    with np.load(folder / "probes.npz", allow_pickle=False) as arrays:
        return result.content(), dict(arrays)


@pytest.mark.parametrize("task", ["classification", "segmentation"])
def test_images_truth_predictions_and_maps_are_kept_and_belong_together(
    task: Task, tmp_path: Path, cache: Path
) -> None:
    result, arrays = probed(task, "scse", tmp_path, cache)
    test = load_data(run_spec(task), cache).test
    assert "probes.npz" in result["artifacts"]
    assert arrays["image"].shape == (8, 3, 48, 48)
    for at, image, truth in zip(arrays["index"].tolist(), arrays["image"], arrays["truth"], strict=True):
        assert (image == test.images[at : at + 1][0].numpy()).all()
        assert (truth == test.targets[at : at + 1][0].numpy()).all()
    assert arrays["prediction"].shape == arrays["truth"].shape
    maps = [name for name in arrays if name.startswith("map:")]
    assert [f"map:{name}" for name in result["probes"]["gates"]] == maps
    assert len(maps) == len(result["plugs"])
    assert all(arrays[name].dtype == np.float16 for name in maps)


def test_the_same_images_are_kept_for_every_arm(tmp_path: Path, cache: Path) -> None:
    _, without = probed("classification", "none", tmp_path / "none", cache)
    _, plugged = probed("classification", "se", tmp_path / "se", cache)
    assert without["index"].tolist() == plugged["index"].tolist()
    assert not [name for name in without if name.startswith("map:")]


def test_a_network_without_plugs_relies_on_none(tmp_path: Path, cache: Path) -> None:
    result, _ = probed("classification", "none", tmp_path, cache)
    probes = result["probes"]
    assert (probes["reliance"], probes["gates"], probes["constant_gates"]) == (None, {}, [])
    assert probes["latency_ms"] > 0
    assert probes["latency"] == {"batch": 16, "threads": 1, "repeats": 5}


def test_a_constant_gate_is_named_and_its_mean_costs_nothing(tmp_path: Path, cache: Path) -> None:
    result, _ = probed("classification", "constant_gate", tmp_path, cache)
    assert result["probes"]["constant_gates"] == list(result["probes"]["gates"]) != []
    assert result["probes"]["reliance"] == pytest.approx(0.0, abs=1e-9)

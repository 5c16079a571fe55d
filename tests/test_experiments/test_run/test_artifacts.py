"""Files of a run, read back: losses, predictions and weights that build the same network."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file

from experiments.config.run_result import RunResult
from experiments.config.run_spec import ArmSpec, RunSpec
from experiments.models.build import Shape, build
from experiments.reproducibility.tensor_hash import hash_array, hash_network
from experiments.run.execute import run
from experiments.store import run_folder
from experiments.training.data import load_data, shape_of
from experiments.training.trainer import Interrupted
from tests.test_experiments.made import run_spec
from tests.test_experiments.test_run.stops import stop_after

pytestmark = pytest.mark.usefixtures("deterministic")
SPEC = run_spec(arm=ArmSpec(module="scse"))


def ran(folder: Path, cache: Path, spec: RunSpec = SPEC, *, keep_weights: bool = False) -> RunResult:
    return run(spec, folder, cache=cache, report=lambda epoch, metrics: None, keep_weights=keep_weights)


def test_the_loss_of_every_step_is_kept_through_a_stop(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Interrupted):
        run(SPEC, tmp_path, cache=cache, report=lambda epoch, metrics: None, interrupted=stop_after(5))
    result = ran(tmp_path, cache)
    losses = np.load(tmp_path / run_folder.STEPS, allow_pickle=False)["loss"]
    assert losses.shape == (8,)
    assert result.curve[1][1]["train/loss"] == sum(losses[4:].tolist()) / 4
    assert result.losses is not None
    assert (result.losses.first, result.losses.sha256) == (losses[0].hex(), hash_array(losses))


def test_examples_that_fill_no_batch_are_counted_as_left_over(tmp_path: Path, cache: Path) -> None:
    result = ran(tmp_path, cache, run_spec(batch_size=24, epochs=1))
    assert result.examples is not None
    assert (result.examples.seen, result.examples.left_over_an_epoch) == (48, 64 - 48)


def test_predictions_give_the_accuracy_that_is_recorded(tmp_path: Path, cache: Path) -> None:
    result = ran(tmp_path, cache)
    truth = load_data(SPEC, cache).test.targets[:].numpy()
    with np.load(tmp_path / run_folder.PREDICTIONS, allow_pickle=False) as saved:
        assert (saved["correct"] == (saved["predicted"] == truth)).all()
        assert result.score("test") == pytest.approx(float((saved["predicted"] == truth).mean()))


def test_saved_weights_build_the_tested_network_again(tmp_path: Path, cache: Path) -> None:
    result = ran(tmp_path, cache, keep_weights=True)
    path = tmp_path / run_folder.WEIGHTS
    assert run_folder.WEIGHTS in result.artifacts
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    spec, shape = RunSpec.model_validate_json(metadata["spec"]), Shape(*json.loads(metadata["shape"]))
    assert spec.key == SPEC.key
    assert shape == shape_of(load_data(SPEC, cache))
    network, _ = build(spec.model_copy(update={"seed": 99}), shape)
    network.load_state_dict(load_file(path))
    assert hash_network(network) == result.final_weights


def test_weights_are_saved_on_request_only_and_change_no_result(tmp_path: Path, cache: Path) -> None:
    without, kept = ran(tmp_path / "a", cache), ran(tmp_path / "b", cache, keep_weights=True)
    assert not (tmp_path / "a" / run_folder.WEIGHTS).exists()
    assert (without.exact, without.final_weights) == (kept.exact, kept.final_weights)

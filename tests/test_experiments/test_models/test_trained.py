"""Weights that a run has kept: sealed, built into a network again, and where another study starts from."""

from pathlib import Path

import pytest
import torch

from experiments.config.run_spec import ArmSpec, BackboneSpec
from experiments.models.pretrained import resolve_backbone
from experiments.models.trained import trained_network
from experiments.reproducibility.tensor_hash import hash_network
from experiments.run.execute import run
from experiments.store import run_folder
from tests.test_experiments.made import BACKBONE, run_spec
from user_error import UserError

pytestmark = pytest.mark.usefixtures("deterministic")


def kept(folder: Path, cache: Path, arm: ArmSpec, *, ema: float | None = None) -> str | None:
    """Run and keep the weights; return the hash of the tested ones as the result has it."""
    spec = run_spec(arm=arm, epochs=1, ema=ema)
    result = run(spec, folder, cache=cache, report=lambda epoch, metrics: None, keep_weights=True)
    assert run_folder.WEIGHTS in result.artifacts
    assert run_folder.damage(folder) is None
    return result.final_weights


@pytest.mark.parametrize("arm", [ArmSpec(), ArmSpec(module="cbam")], ids=["none", "cbam"])
def test_a_trained_network_has_the_tested_weights(arm: ArmSpec, tmp_path: Path, cache: Path) -> None:
    expected = kept(tmp_path, cache, arm, ema=0.9)
    network = trained_network(tmp_path)
    assert hash_network(network) == expected
    assert not network.training
    assert network(torch.zeros(2, 1, 48, 48)).shape == (2, 10)
    assert hash_network(trained_network(tmp_path / run_folder.WEIGHTS)) == expected


def test_kept_weights_of_a_plain_network_are_pretrained_weights_of_another_study(
    tmp_path: Path, cache: Path
) -> None:
    expected = kept(tmp_path, cache, ArmSpec())
    backbone = BACKBONE.model_copy(update={"pretrained": str(tmp_path / run_folder.WEIGHTS)})
    assert resolve_backbone(backbone, cache).backbone.pretrained == f"sha256:{expected}"


def test_kept_weights_of_a_network_with_modules_are_refused_as_pretrained(
    tmp_path: Path, cache: Path
) -> None:
    kept(tmp_path, cache, ArmSpec(module="cbam"))
    backbone = BackboneSpec(
        name=BACKBONE.name, args=BACKBONE.args, pretrained=str(tmp_path / run_folder.WEIGHTS)
    )
    with pytest.raises(UserError, match="modules were plugged in"):
        resolve_backbone(backbone, cache)


def test_a_run_keeps_no_weights_unless_it_is_asked_to(tmp_path: Path, cache: Path) -> None:
    run(run_spec(epochs=1), tmp_path, cache=cache, report=lambda epoch, metrics: None)
    assert not (tmp_path / run_folder.WEIGHTS).exists()
    with pytest.raises(UserError, match="keep: weights"):
        trained_network(tmp_path)


def test_another_file_is_refused_by_its_path(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    file = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(1)}, file)
    with pytest.raises(UserError, match="no file of weights of a run"):
        trained_network(file)

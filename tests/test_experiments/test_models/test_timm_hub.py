"""Weights that timm publishes are read from the hub, or the file that is needed is named."""

from pathlib import Path

import pytest

from experiments.models.timm_hub import read_from_hub


def test_without_a_network_the_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(
        ValueError, match=r"fetch model.safetensors of its repository timm/resnet18.* elsewhere"
    ):
        read_from_hub("resnet18")


def test_an_architecture_without_published_weights_says_so() -> None:
    with pytest.raises(ValueError, match="weights for resnet50_mlp on timm's hub: none; give a file"):
        read_from_hub("resnet50_mlp")

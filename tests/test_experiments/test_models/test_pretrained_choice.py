"""Which weights a backbone starts from: a tag of timm's, one of two sets in a file; the plan says what was chosen."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import nn

from experiments.config.run_spec import BackboneSpec, RunSpec
from experiments.models import pretrained, timm_hub
from experiments.models.build import check_backbone
from experiments.planning.plan import make_plan
from experiments.planning.resolver import Resolver
from experiments.reproducibility.tensor_hash import hash_network
from tests.test_experiments.made import BACKBONE, setting, study
from user_error import UserError


@pytest.fixture(scope="module")
def stock() -> nn.Module:
    torch.manual_seed(5)
    args: dict[str, Any] = dict(BACKBONE.args)
    return timm.create_model(BACKBONE.name, **args)


@pytest.fixture(scope="module")
def file(stock: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    save_file(stock.state_dict(), path)
    return path


def small(source: Path | str) -> BackboneSpec:
    """The small backbone with the weights of a file, or of a hash."""
    return BACKBONE.model_copy(update={"pretrained": str(source)})


NARROW: dict[str, Any] = {"channels": [8, 8, 16, 16]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was asked of a hub that has weights of a narrow resnet18 under every name, others for each."""
    repositories: list[str] = []

    def download(repository: str, file: str, *, local_files_only: bool) -> str:
        repositories.append(f"{repository}/{file}")
        torch.manual_seed(len(repository))
        save_file(timm.create_model("resnet18", **NARROW).state_dict(), tmp_path / file)
        return str(tmp_path / file)

    monkeypatch.setattr(timm_hub, "hf_hub_download", download)
    return repositories


@pytest.mark.parametrize("tag", ["a1_in1k", "fb_ssl_yfcc100m_ft_in1k", ""])
def test_a_tag_of_timm_chooses_those_weights(tag: str, asked: list[str], tmp_path: Path) -> None:
    name = f"resnet18.{tag}" if tag else "resnet18"
    check_backbone(name)
    given = BackboneSpec(name=name, args=NARROW, pretrained=True)
    found = pretrained.resolve_backbone(given, tmp_path).backbone
    repository = f"timm/resnet18.{tag or 'a1_in1k'}"
    assert asked == [f"{repository}/model.safetensors"]
    torch.manual_seed(len(repository))
    expected = hash_network(timm.create_model("resnet18", **NARROW))
    assert found == BackboneSpec(name="resnet18", args=NARROW, pretrained=f"sha256:{expected}")


def test_a_tag_without_weights_is_an_error() -> None:
    with pytest.raises(
        UserError, match=r"the tag a1_in1k chooses weights.*; add `pretrained: true`, or write"
    ):
        pretrained.resolve_backbone(BackboneSpec(name="resnet18.a1_in1k"), Path())


def test_a_tag_beside_a_file_of_its_weights_is_the_architecture(file: Path, tmp_path: Path) -> None:
    tagged = small(file).model_copy(update={"name": f"{BACKBONE.name}.c3_in1k"})
    found = pretrained.resolve_backbone(tagged, tmp_path)
    assert found == pretrained.resolve_backbone(small(file), tmp_path)


def both_kinds(stock: nn.Module, path: Path) -> Path:
    """A checkpoint with the stock's weights, and a moving average that is half of them."""
    state = stock.state_dict()
    average = {name: value / 2 if value.is_floating_point() else value for name, value in state.items()}
    torch.save({"state_dict": state, "state_dict_ema": average, "args": Namespace(lr=0.1)}, path)
    return path


def test_of_two_sets_of_weights_the_one_that_was_taken_is_told_and_the_other_an_option(
    stock: nn.Module, file: Path, tmp_path: Path
) -> None:
    given = small(both_kinds(stock, tmp_path / "model_best.pth.tar"))
    average, note = pretrained.resolve_backbone(given, tmp_path)
    assert "its moving average (state_dict_ema) was taken, not state_dict; backbone.ema: false" in note
    plain = pretrained.resolve_backbone(small(file), tmp_path).backbone
    for ema, expected in ((True, average), (False, plain)):
        found, silent = pretrained.resolve_backbone(given.model_copy(update={"ema": ema}), tmp_path)
        assert (found, silent) == (expected, "")
    assert average != plain


def test_three_sets_of_weights_are_all_named(stock: nn.Module, file: Path, tmp_path: Path) -> None:
    state = stock.state_dict()
    path = tmp_path / "model.pth"
    half = {name: value / 2 if value.is_floating_point() else value for name, value in state.items()}
    torch.save({"model": half, "ema": state, "teacher": half}, path)
    plain = pretrained.resolve_backbone(small(file), tmp_path).backbone
    found, note = pretrained.resolve_backbone(small(path), tmp_path)
    assert found == plain
    assert "its moving average (ema) was taken, not model" in note
    assert note.endswith("; it also holds teacher: not taken")
    chosen = small(path).model_copy(update={"ema": True})
    note = "model.pth: ema was taken; it also holds teacher: not taken"
    assert pretrained.resolve_backbone(chosen, tmp_path) == (plain, note)


def test_weights_of_another_network_are_named_by_their_key(stock: nn.Module, tmp_path: Path) -> None:
    torch.save({"model": stock.state_dict(), "ema": {"fc.bias": torch.ones(3)}}, tmp_path / "model.pth")
    with pytest.raises(UserError, match=r"these weights \(ema\) are not"):
        pretrained.resolve_backbone(small(tmp_path / "model.pth"), tmp_path)


@pytest.mark.parametrize("source", [True, False, "sha256:" + "0" * 64])
def test_a_choice_between_weights_without_a_file_is_an_error(source: bool | str, tmp_path: Path) -> None:
    backbone = BackboneSpec(name="resnet18", pretrained=source, ema=False)
    with pytest.raises(
        UserError, match=r"backbone\.ema: it chooses between the weights of a file; leave it out"
    ):
        pretrained.resolve_backbone(backbone, tmp_path)


def test_the_plan_warns_of_a_choice_between_two_sets_of_weights(
    stock: nn.Module, tmp_path: Path, cache: Path
) -> None:
    given = small(both_kinds(stock, tmp_path / "model_best.pth.tar"))
    settings = {"digits": setting().model_copy(update={"backbone": given})}
    plan = make_plan(study(search=None, settings=settings), Resolver(cache))
    assert [text for text in plan.study.warnings if "model_best.pth.tar holds two sets" in text]
    specs = [RunSpec.model_validate_json(json.dumps(cell.spec)) for cell in plan.cells]
    assert {"ema" in spec.backbone.model_dump() for spec in specs} == {False}


def test_the_plan_warns_of_inert_attention(cache: Path) -> None:
    inert = BackboneSpec(name="test_maxvit", args={"img_size": 48})
    settings = {"digits": setting().model_copy(update={"backbone": inert})}
    plan = make_plan(study(search=None, settings=settings), Resolver(cache))
    assert [text for text in plan.study.warnings if "8 of 8 attention layers of test_maxvit" in text]

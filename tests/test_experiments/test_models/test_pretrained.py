"""Pretrained weights are read from files in their real formats, checked strictly, and never unpickled."""

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from experiments.config.run_spec import ArmSpec, BackboneSpec, DecoderSpec
from experiments.models import pretrained
from experiments.models.build import Shape, build
from experiments.planning.resolver import Resolver
from experiments.run.execute import run
from tests.test_experiments.made import BACKBONE, run_spec, setting
from user_error import UserError

SHAPE = Shape(3, 48, 48, 10)


@pytest.fixture(scope="module")
def stock() -> nn.Module:
    """The small backbone with weights that are not its first ones."""
    torch.manual_seed(5)
    args: dict[str, Any] = dict(BACKBONE.args)
    return timm.create_model(BACKBONE.name, **args).eval()


@pytest.fixture(scope="module")
def file(stock: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "model.safetensors"
    save_file(stock.state_dict(), path)
    return path


def fetched(backbone: BackboneSpec, cache: Path) -> str:
    """The hash of the backbone's weights, which are then in the cache."""
    name = pretrained.resolve_backbone(backbone, cache).backbone.pretrained
    assert isinstance(name, str)
    return name


def from_file(path: Path | str) -> BackboneSpec:
    return BACKBONE.model_copy(update={"pretrained": str(path)})


def spec_with(name: str | None, **changes: Any) -> Any:
    backbone = BACKBONE.model_copy(update={"pretrained": name or False})
    return run_spec(**changes).model_copy(update={"backbone": backbone})


def test_a_torch_file_and_a_safetensors_file_of_the_same_tensors_have_one_hash(
    stock: nn.Module, file: Path, tmp_path: Path
) -> None:
    torch.save({"state_dict": stock.state_dict()}, tmp_path / "model.pth")
    first = fetched(from_file(file), tmp_path)
    assert first == fetched(from_file(tmp_path / "model.pth"), tmp_path)
    assert first.startswith("sha256:")
    assert pretrained.weights_file(first, tmp_path).exists()
    assert pretrained.resolve_backbone(BACKBONE, tmp_path) == (BACKBONE, "")


@pytest.mark.parametrize("module", ["se", "cbam", "scse", "non_local", "constant_gate"])
def test_the_plugged_network_with_stock_weights_has_stock_output_bit_for_bit_and_exactly_new_keys(
    module: str, stock: nn.Module, file: Path, tmp_path: Path
) -> None:
    name = fetched(from_file(file), tmp_path)
    spec = spec_with(name, arm=ArmSpec(module=module))
    network, _ = build(spec, Shape(3, 48, 48, 1000), pretrained=pretrained.weights_file(name, tmp_path))
    images = torch.randn(2, 3, 48, 48)
    with torch.inference_mode():
        assert torch.equal(network.eval()(images), stock(images))
    missing = network.load_state_dict(stock.state_dict(), strict=False)
    assert missing.unexpected_keys == []
    assert missing.missing_keys
    assert all(key.startswith("plugs.") for key in missing.missing_keys)


def test_another_number_of_classes_keeps_all_but_the_head(
    stock: nn.Module, file: Path, tmp_path: Path
) -> None:
    name = fetched(from_file(file), tmp_path)
    network, _ = build(spec_with(name), SHAPE, pretrained=pretrained.weights_file(name, tmp_path))
    ours = network.state_dict()
    for key, tensor in stock.state_dict().items():
        if not key.startswith("fc."):
            assert torch.equal(ours[key], tensor), key
    assert ours["fc.weight"].shape == (10, 16)


def test_gray_images_get_the_sum_of_the_color_filters(stock: nn.Module, file: Path, tmp_path: Path) -> None:
    name = fetched(from_file(file), tmp_path)
    network, _ = build(
        spec_with(name), Shape(1, 48, 48, 10), pretrained=pretrained.weights_file(name, tmp_path)
    )
    first = stock.state_dict()["conv1.0.weight"]
    assert torch.allclose(network.state_dict()["conv1.0.weight"], first.sum(1, keepdim=True))


def test_an_encoder_of_a_segmentation_starts_from_the_weights(
    stock: nn.Module, file: Path, tmp_path: Path
) -> None:
    name = fetched(from_file(file), tmp_path)
    spec = spec_with(name, task="segmentation")
    network, _ = build(spec, Shape(3, 48, 48, 2), pretrained=pretrained.weights_file(name, tmp_path))
    found = network.state_dict()
    theirs = {key: value for key, value in stock.state_dict().items() if not key.startswith("fc.")}
    assert all(torch.equal(found[f"encoder.model.{key}"], value) for key, value in theirs.items())


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("name", ["resnet10t", "test_vit", "cs3darknet_focus_s", "tresnet_m"])
def test_weights_for_other_channels_than_three_are_taken_as_they_are(
    name: str, channels: int, tmp_path: Path
) -> None:
    args: dict[str, Any] = {"width_factor": 0.25} if name == "tresnet_m" else {}
    theirs: Any = timm.create_model(name, in_chans=channels, num_classes=7, **args)
    torch.save(theirs.state_dict(), tmp_path / "model.pth")
    given = BackboneSpec(name=name, args=args, pretrained=str(tmp_path / "model.pth"))
    backbone = pretrained.resolve_backbone(given, tmp_path).backbone
    spec = run_spec(arm=ArmSpec()).model_copy(update={"backbone": backbone})
    file = pretrained.pretrained_file(backbone, tmp_path)
    ours, _ = build(spec, Shape(channels, 64, 64, 7), pretrained=file)
    found = ours.state_dict()
    assert all(torch.equal(found[key], value) for key, value in theirs.state_dict().items())


@pytest.mark.parametrize("name", ["dla46x_c", "test_convnext", "test_vit"])
def test_a_missing_tensor_is_an_error_also_where_timm_would_draw_it(name: str, tmp_path: Path) -> None:
    state = timm.create_model(name).state_dict()
    missing = next(key for key in reversed(state) if key.endswith("weight"))
    torch.save({key: value for key, value in state.items() if key != missing}, tmp_path / "model.pth")
    given = BackboneSpec(name=name, pretrained=str(tmp_path / "model.pth"))
    with pytest.raises(UserError, match=f"these weights are not {name}'s .*{missing}") as error:
        pretrained.resolve_backbone(given, tmp_path)
    assert "\n" not in str(error.value)


SWIN: dict[str, Any] = {"embed_dim": 24, "depths": [1, 1, 1, 1], "num_heads": [1, 2, 4, 8]}


@pytest.mark.parametrize(
    ("name", "args", "decoder"),
    [
        ("swin_tiny_patch4_window7_224", SWIN, DecoderSpec()),
        ("test_vit", {}, DecoderSpec(name="dpt")),
        ("test_vit", {"img_size": 96}, DecoderSpec(neck=8)),
        ("test_maxvit", {}, DecoderSpec(name="fpn")),
    ],
)
def test_encoders_of_a_fixed_size_start_from_the_weights(
    name: str, args: dict[str, Any], decoder: DecoderSpec, tmp_path: Path
) -> None:
    theirs: Any = timm.create_model(name, **args)
    torch.save(theirs.state_dict(), tmp_path / "model.pth")
    given = BackboneSpec(name=name, args=args, pretrained=str(tmp_path / "model.pth"))
    backbone = pretrained.resolve_backbone(given, tmp_path).backbone
    changes = {"backbone": backbone, "decoder": decoder}
    spec = run_spec("segmentation", arm=ArmSpec()).model_copy(update=changes)
    side = args.get("img_size") or theirs.pretrained_cfg["input_size"][1]
    file = pretrained.pretrained_file(backbone, tmp_path)
    found = build(spec, Shape(3, side, side, 2), pretrained=file)[0].state_dict()
    ours = {re.sub(r"^encoder\.model\.(model\.)?", "", key): value for key, value in found.items()}
    kept = {key: value for key, value in theirs.state_dict().items() if key in ours}
    assert all(torch.equal(ours[key], value) for key, value in kept.items())
    last = next(key for key in reversed(theirs.state_dict()) if "head" not in key and "norm" not in key)
    assert last in kept or last.replace("layers.", "layers_").replace("stages.", "stages_") in ours


def test_positions_are_interpolated_to_another_image_size_as_timm_does(tmp_path: Path) -> None:
    torch.manual_seed(1)
    torch.save(timm.create_model("test_vit").state_dict(), tmp_path / "model.pth")
    overlay = {"file": str(tmp_path / "model.pth")}
    theirs = timm.create_model("test_vit", img_size=96, pretrained=True, pretrained_cfg_overlay=overlay)
    given = BackboneSpec(name="test_vit", args={"img_size": 96}, pretrained=str(tmp_path / "model.pth"))
    backbone = pretrained.resolve_backbone(given, tmp_path).backbone
    spec = run_spec(arm=ArmSpec()).model_copy(update={"backbone": backbone})
    file = pretrained.pretrained_file(backbone, tmp_path)
    ours, _ = build(spec, Shape(3, 96, 96, 1000), pretrained=file)
    assert ours.get_parameter("pos_embed").shape == (1, 1 + 6 * 6, 64)
    found = ours.state_dict()
    assert all(torch.equal(found[key], value) for key, value in theirs.state_dict().items())


def test_a_run_from_pretrained_weights_needs_only_the_hash_and_ends(
    file: Path, tmp_path: Path, cache: Path
) -> None:
    resolver = Resolver(cache)
    given = setting(epochs=1).model_copy(update={"backbone": from_file(file)})
    resolved = resolver.resolve_setting("digits", given)
    assert str(resolved.backbone.pretrained).startswith("sha256:")
    spec = run_spec(epochs=1).model_copy(update={"backbone": resolved.backbone})
    assert spec.key != run_spec(epochs=1).key
    result = run(spec, tmp_path / "run", cache=cache, report=lambda epoch, metrics: None)
    plain = run(run_spec(epochs=1), tmp_path / "plain", cache=cache, report=lambda epoch, metrics: None)
    assert result.hashes is not None
    assert plain.hashes is not None
    assert result.hashes.backbone != plain.hashes.backbone


def test_a_backbone_without_weights_is_described_as_before() -> None:
    assert "pretrained" not in BACKBONE.model_dump(mode="json")


class Payload:
    """Unpickled it would run a command."""

    def __reduce__(self) -> Any:
        return print, ("unpickled",)


def torch_file(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


def wrong_files(folder: Path, stock: dict[str, Tensor]) -> dict[str, tuple[Path, str]]:
    """Files that cannot be weights of the small backbone, and what is said of them."""
    (folder / "empty.pth").write_bytes(b"")
    (folder / "text.safetensors").write_text("not weights")
    (folder / "pickle.pth").write_bytes(pickle.dumps(Payload(), protocol=2))
    few = {key: value.clone() for key, value in stock.items() if "layer4" not in key}
    save_file(few, folder / "few.safetensors")
    vit = timm.create_model("test_vit").state_dict()
    return {
        "absent": (folder / "absent.pth", "there is no file"),
        "empty": (folder / "empty.pth", "cannot be read as weights"),
        "text": (folder / "text.safetensors", "cannot be read as weights"),
        "pickle": (folder / "pickle.pth", "cannot be read as weights"),
        "payload": (torch_file(folder / "payload.pth", {"state_dict": Payload()}), "it is not unpickled"),
        "few": (folder / "few.safetensors", "are not resnet10t's"),
        "another": (torch_file(folder / "vit.pth", vit), "are not resnet10t's"),
    }


def test_what_is_no_file_of_this_architecture_is_refused_in_one_line_and_never_unpickled(
    stock: nn.Module, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path, message in wrong_files(tmp_path, stock.state_dict()).values():
        with pytest.raises(ValueError, match=f"backbone.pretrained: .*{message}") as error:
            fetched(from_file(path), tmp_path / "cache")
        assert "\n" not in str(error.value)
    assert "unpickled" not in capsys.readouterr().out
    assert not (tmp_path / "cache").exists()


def test_weights_that_the_cache_does_not_have_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no weights sha256:0123"):
        fetched(from_file("sha256:" + "0123456789abcdef" * 4), tmp_path)


@pytest.mark.parametrize(
    ("arm", "message"),
    [
        (ArmSpec(width=0.67), "width: 0.67 does not fit the setting's pretrained weights"),
        (ArmSpec(module="frozen_gate"), "module: frozen_gate does not start as the identity"),
        (ArmSpec(module="se", options={"start": "paper"}), "module: se does not start as the identity"),
        (ArmSpec(module="ge", options={"excite": "plain"}), "module: ge does not start as the identity"),
    ],
)
def test_arms_that_would_not_keep_the_weights_are_an_error(
    arm: ArmSpec, message: str, file: Path, cache: Path
) -> None:
    resolver = Resolver(cache)
    resolved = resolver.resolve_setting("digits", setting().model_copy(update={"backbone": from_file(file)}))
    with pytest.raises(ValueError, match=message):
        resolver.resolve_arm(arm, resolved)

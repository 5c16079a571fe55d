"""Pretrained weights: read once when a study is planned, checked against the architecture, stored under their hash.

timm silently loads a file that does not fit at all if the number of classes differs; here the file must contain every
tensor of the architecture. How a file is read: `checkpoint_file`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import timm
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from user_error import UserError

from ..config.atomic_write import replacing
from ..config.run_spec import BackboneSpec
from ..reproducibility.tensor_hash import hash_tensors
from .checkpoint_file import LOCATION, Weights, read_weights
from .timm_hub import read_from_hub
from .width import Arguments

HASH_PREFIX = "sha256:"


class _WeightsInfo(NamedTuple):
    """The number of classes and of input channels that a file of weights was made for."""

    classes: int
    channels: int


class ResolvedBackbone(NamedTuple):
    """A backbone as a run names it, and what the user should know about its weights ('' if nothing)."""

    backbone: BackboneSpec
    note: str = ""


def resolve_backbone(backbone: BackboneSpec, cache: Path) -> ResolvedBackbone:
    """Name the architecture without a tag and its weights by their hash, 'sha256:...', which are stored in `cache`.

    `pretrained: true` means timm's own weights, those of the name's tag if it has one, from the hub's cache or the
    network; a text is a file, or the hash of weights that are in `cache` already. Raises UserError for weights that
    cannot be downloaded or read or that do not fit the architecture, and for a tag or `ema` that chooses nothing.
    """
    architecture, _, tag = backbone.name.partition(".")
    source = backbone.pretrained
    if source is False and tag:
        raise UserError(
            f"the tag {tag} chooses weights, and `pretrained` is not given",
            place="backbone.name",
            hint=f"add `pretrained: true`, or write `name: {architecture}` for random first weights",
        )
    is_file = isinstance(source, str) and not source.startswith(HASH_PREFIX)
    if backbone.ema is not None and not is_file:
        raise UserError("it chooses between the weights of a file; leave it out", place="backbone.ema")
    name, note = (False, "") if source is False else _resolve_weights(backbone, cache)
    changes = {"name": architecture, "pretrained": name, "ema": None}
    return ResolvedBackbone(backbone.model_copy(update=changes), note)


def _resolve_weights(backbone: BackboneSpec, cache: Path) -> tuple[str, str]:
    """Return the hash of the weights, which are stored in `cache`, and a note on the choice if the file leaves one."""
    source = str(backbone.pretrained)
    if source.startswith(HASH_PREFIX):
        weights_file(source, cache)
        return source, ""
    if backbone.pretrained is True:
        weights, note = read_from_hub(backbone.name), ""
    else:
        path = Path(source).expanduser()
        weights = read_weights(path, averaged=backbone.ema)
        note = _describe_choice(path, weights, backbone.ema)
    network, info = _load_strictly(backbone, weights)
    name = HASH_PREFIX + hash_tensors(network.state_dict().items())
    _keep(_path(name, cache), network, info)
    return name, note


def _describe_choice(path: Path, weights: Weights, ema: bool | None) -> str:
    """Say which of several sets of weights was taken; '' if the file has only one, or only what `ema` chose from."""
    first, rest = ", ".join(weights.left[:8]), len(weights.left[8:])
    left = f"also holds {first}{f' and {rest} more' if rest else ''}: not taken" if first else ""
    if ema is not None or not weights.other:
        return f"{path.name}: {weights.key} was taken; it {left}" if left else ""
    return (
        f"{path.name} holds two sets of weights: its moving average ({weights.key}) was taken, not {weights.other};"
        " backbone.ema: false takes the other, ema: true takes the average without this warning"
        f"{f'; it {left}' if left else ''}"
    )


def pretrained_file(backbone: BackboneSpec, cache: Path) -> Path | None:
    """Return the file of a resolved backbone's weights; None without any."""
    return weights_file(backbone.pretrained, cache) if isinstance(backbone.pretrained, str) else None


def weights_file(name: str, cache: Path) -> Path:
    """Return the file of the weights with this hash. Raises UserError if the cache does not have it."""
    path = _path(name, cache)
    if not path.exists():
        raise UserError(
            f"{LOCATION}: no weights {name[:19]} in {path.parent}; plan the study again with their file"
        )
    return path


def loading_arguments(backbone: BackboneSpec, path: Path | None) -> Arguments:
    """Return the arguments with which timm creates a network with the weights of a stored file."""
    if path is None:
        return {}
    with safe_open(path, framework="pt") as file:
        info = json.loads((file.metadata() or {})["facts"])
    overlay = _overlay(backbone, info["classes"], info["channels"]) | {"file": str(path)}
    return {"pretrained_cfg_overlay": overlay}


def _overlay(backbone: BackboneSpec, classes: int, channels: int) -> Arguments:
    """Describe weights for timm's loader: their classes, input channels, and the image size of their positions.

    timm builds an architecture of a fixed size for the image size that is given here, so it has to be the right one.
    """
    size = backbone.args.get("img_size")
    config = timm.get_pretrained_cfg(backbone.name, allow_unregistered=True)
    stock = config.input_size[1:] if config else (224, 224)
    height, width = (size, size) if isinstance(size, int) else size if isinstance(size, list) else stock
    return {
        "custom_load": False,
        "label_offset": 0,
        "num_classes": classes,
        "input_size": (channels, height, width),
    }


def _path(name: str, cache: Path) -> Path:
    return cache / "weights" / f"{name.removeprefix(HASH_PREFIX)}.safetensors"


def _keep(path: Path, network: nn.Module, info: _WeightsInfo) -> None:
    if path.exists():
        return
    tensors = {name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()}
    with replacing(path) as part:
        save_file(tensors, part, metadata={"facts": json.dumps(info._asdict())})


def _load_strictly(backbone: BackboneSpec, weights: Weights) -> tuple[nn.Module, _WeightsInfo]:
    """Create the architecture with all of these weights; also return the classes and channels they are made for."""
    args: Arguments = dict(backbone.args)
    state = weights.state
    if backbone.name.partition(".")[0] not in timm.list_models():
        raise UserError(f"{LOCATION}: {backbone.name} is not timm's, and has no weights; leave it out")
    if any(name.startswith("plugs.") for name in state):
        raise UserError(
            "these are weights of a network that modules were plugged in; take those of an arm without a module",
            place=LOCATION,
        )
    stock: Any = timm.create_model(backbone.name, **args)
    channels = _input_channels(stock, state)
    failure = ""
    for classes in _class_counts(stock, state):
        try:
            return _create_loaded(backbone, state, classes, channels), _WeightsInfo(classes, channels)
        except MemoryError:
            raise
        except Exception as error:  # timm's conversions of foreign weights raise errors of any class
            failure = failure or _first_mismatch(error)
    raise UserError(
        f"{LOCATION}: these weights{f' ({weights.key})' if weights.key else ''} are not {backbone.name}'s ({failure})"
    )


def _create_loaded(
    backbone: BackboneSpec, state: dict[str, Tensor], classes: int, channels: int
) -> nn.Module:
    """Create the architecture for so many classes and input channels, with every tensor taken from `state`."""
    args: Arguments = dict(backbone.args)
    network: nn.Module = timm.create_model(
        backbone.name,
        pretrained=True,
        pretrained_cfg_overlay=_overlay(backbone, classes, channels) | {"state_dict": dict(state)},
        num_classes=classes,
        in_chans=channels,
        **args,
    )
    _check_complete(network, state)
    return network


def _check_complete(network: nn.Module, state: dict[str, Tensor]) -> None:
    """Raise KeyError for a tensor of the network that is missing: timm loads some families without a check."""
    known = network.state_dict().keys()
    missing = [name for name in known - state.keys() if not name.endswith("num_batches_tracked")]
    if missing and state.keys() <= known:  # files with names of their own are converted by timm
        raise KeyError(f"{min(missing)} is missing")


def _input_channels(stock: Any, state: dict[str, Tensor]) -> int:
    """Return the image channels that weights are made for, told by their first layer beside that for three channels."""
    layer = _first_name(stock.pretrained_cfg.get("first_conv"))
    weight = state.get(f"{layer}.weight")
    if weight is None or weight.dim() < 2:
        return 3
    return 3 * weight.shape[1] // stock.get_submodule(layer).weight.shape[1] or 3


def _class_counts(stock: Any, state: dict[str, Tensor]) -> list[int]:
    """Return the numbers of classes to try: the architecture's, that of the file's classifier, or none without one."""
    layer = _first_name(stock.pretrained_cfg.get("classifier"))
    weight = state.get(f"{layer}.weight")
    own = weight.shape[0] if weight is not None and weight.dim() else 0
    has_classifier = any(name.startswith(f"{layer}.") for name in state)
    counts = [stock.num_classes, own, *(() if has_classifier else (0,))]
    return [count for count in dict.fromkeys(counts) if count or not has_classifier] or [0]


def _first_name(names: str | Sequence[str] | None) -> str:
    """Return the first of the layers that timm names, alone or several together; '' without any."""
    return names if isinstance(names, str) else next(iter(names or ()), "")


def _first_mismatch(error: Exception) -> str:
    """Return the first mismatch; torch lists all of them, one per line."""
    lines = [line.strip() for line in str(error).splitlines()]
    first = (lines[1:] or lines)[0] if lines else type(error).__name__
    return first if len(first) <= 160 else first[:157] + "..."

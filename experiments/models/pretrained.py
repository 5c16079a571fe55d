"""Pretrained weights: read once when a study is planned, checked against the architecture, stored under their hash.

timm silently loads a file that does not fit at all if the number of classes differs; here the file must contain every
tensor of the architecture. Nothing is unpickled: files are safetensors, or torch files loaded with `weights_only`.
"""

import json
import os
import socket
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import timm
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from timm.models import load_state_dict
from torch import Tensor, nn

from user_error import UserError, first_line

from ..config.atomic_write import replacing
from ..config.run_spec import BackboneSpec
from ..reproducibility.tensor_hash import hash_tensors
from .width import Arguments

HASH_PREFIX = "sha256:"
HUB_FILES = "model.safetensors", "pytorch_model.bin"
LOCATION = "backbone.pretrained"
READ_ERRORS = (
    SafetensorError,
    UnpicklingError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    AttributeError,
    TypeError,
    KeyError,
)


class _WeightsInfo(NamedTuple):
    """The number of classes and of input channels that a file of weights was made for."""

    classes: int
    channels: int


def fetch_weights(backbone: BackboneSpec, cache: Path) -> str | None:
    """Store the backbone's pretrained weights in `cache` and return their hash, 'sha256:...'; None without any.

    `pretrained: true` means timm's own weights, from the hub's cache or the network; a text is a file, or the hash of
    weights that are in `cache` already. Raises UserError for weights that cannot be downloaded or read, or that do
    not fit the architecture.
    """
    source = backbone.pretrained
    if source is False:
        return None
    if isinstance(source, str) and source.startswith(HASH_PREFIX):
        weights_file(source, cache)
        return source
    state = _read_from_hub(backbone.name) if source is True else _read(Path(str(source)).expanduser())
    network, info = _load_strictly(backbone, state)
    name = HASH_PREFIX + hash_tensors(network.state_dict().items())
    _keep(_path(name, cache), network, info)
    return name


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


def loading_arguments(path: Path | None) -> Arguments:
    """Return the arguments with which timm creates a network with the weights of a stored file."""
    if path is None:
        return {}
    with safe_open(path, framework="pt") as file:
        info = json.loads((file.metadata() or {})["facts"])
    overlay = {
        "file": str(path),
        "custom_load": False,
        "label_offset": 0,
        "num_classes": info["classes"],
        "input_size": (info["channels"], 1, 1),
    }
    return {"pretrained_cfg_overlay": overlay}


def _path(name: str, cache: Path) -> Path:
    return cache / "weights" / f"{name.removeprefix(HASH_PREFIX)}.safetensors"


def _keep(path: Path, network: nn.Module, info: _WeightsInfo) -> None:
    if path.exists():
        return
    tensors = {name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()}
    with replacing(path) as part:
        save_file(tensors, part, metadata={"facts": json.dumps(info._asdict())})


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise UserError(f"{LOCATION}: there is no file {path}; give `true` or a .safetensors or .pth file")
    try:
        state = load_state_dict(str(path), weights_only=True)
    except READ_ERRORS as error:
        blocked = "weights_only" in str(error)
        why = "it contains more than weights, so it is not unpickled" if blocked else first_line(error)
        raise UserError(f"{LOCATION}: {path} cannot be read as weights ({why})") from error
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{LOCATION}: {path} holds more than a dictionary of tensors")
    return state


def _read_from_hub(name: str) -> dict[str, Tensor]:
    """Read timm's weights for the architecture, from the hub's cache or else from the network."""
    repository = timm.get_pretrained_cfg(name, allow_unregistered=True)
    hub = None if repository is None else repository.hf_hub_id
    if hub is None:
        url = None if repository is None else repository.url
        where = f"only at {url}; fetch them, and give the file" if url else "none; give a file"
        raise UserError(f"{LOCATION}: weights for {name} on timm's hub: {where}")
    for local in (True, False):
        for file in HUB_FILES:
            if local or _hub_is_reachable():
                try:
                    return _read(Path(hf_hub_download(hub, file, local_files_only=local)))
                except (OSError, HfHubHTTPError):
                    continue
    raise UserError(
        f"{LOCATION}: the hub cannot be reached; fetch {HUB_FILES[0]} of its repository {hub} elsewhere,"
        f" put it on this machine, and write `pretrained: path/to/{HUB_FILES[0]}`"
    )


def _hub_is_reachable() -> bool:
    """Whether the hub's host name resolves: without a network, its library would try for 46 seconds."""
    if constants.HF_HUB_OFFLINE:
        return False
    if any(name.lower() in ("https_proxy", "all_proxy") for name in os.environ):
        return True
    host = constants.ENDPOINT.partition("//")[2].partition("/")[0].partition(":")[0]
    try:
        socket.getaddrinfo(host, 443)
    except OSError:
        return False
    return True


def _load_strictly(backbone: BackboneSpec, state: dict[str, Tensor]) -> tuple[nn.Module, _WeightsInfo]:
    """Create the architecture with all of these weights; also return the classes and channels they are made for."""
    args: Arguments = dict(backbone.args)
    if backbone.name not in timm.list_models():
        raise UserError(f"{LOCATION}: {backbone.name} is not timm's, and has no weights; leave it out")
    if any(name.startswith("plugs.") for name in state):
        raise UserError(
            "these are weights of a network that modules were plugged in; take those of an arm without a module",
            place=LOCATION,
        )
    stock: Any = timm.create_model(backbone.name, **args)
    config = stock.pretrained_cfg
    channels = _weight_size(state, config.get("first_conv"), 1) or 3
    known = [stock.num_classes, _weight_size(state, config.get("classifier"), 0), 0]
    failure = ""
    for classes in dict.fromkeys(count for count in known if count is not None):
        try:
            return _create_loaded(backbone, state, classes, channels), _WeightsInfo(classes, channels)
        except (RuntimeError, KeyError, ValueError, AttributeError, TypeError) as error:
            failure = failure or _first_mismatch(error)
    raise UserError(f"{LOCATION}: these weights are not {backbone.name}'s ({failure})")


def _create_loaded(
    backbone: BackboneSpec, state: dict[str, Tensor], classes: int, channels: int
) -> nn.Module:
    """Create the architecture for so many classes and input channels, with every tensor taken from `state`."""
    overlay = {
        "state_dict": dict(state),
        "custom_load": False,
        "num_classes": classes,
        "input_size": (channels, 1, 1),
        "label_offset": 0,
    }
    args: Arguments = dict(backbone.args)
    network: nn.Module = timm.create_model(
        backbone.name,
        pretrained=True,
        pretrained_cfg_overlay=overlay,
        num_classes=classes,
        in_chans=channels,
        **args,
    )
    return network


def _weight_size(state: dict[str, Tensor], layer: Any, axis: int) -> int | None:
    """Return the size of a layer's weight along an axis; None if the file has no such weight."""
    weight = state.get(f"{layer}.weight") if isinstance(layer, str) else None
    return None if weight is None or weight.dim() <= axis else weight.shape[axis]


def _first_mismatch(error: Exception) -> str:
    """Return the first mismatch; torch lists all of them, one per line."""
    lines = [line.strip() for line in str(error).splitlines()]
    first = (lines[1:] or lines)[0] if lines else type(error).__name__
    return first if len(first) <= 160 else first[:157] + "..."

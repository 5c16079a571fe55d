"""Pretrained weights: read once when a study is planned, checked against the architecture, kept under their hash.

timm loads a file that fits nothing without a word when the number of classes differs; here every tensor of
the architecture has to be in it. Nothing is unpickled: safetensors, or torch files read as weights only.
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

from ..config.run_spec import BackboneSpec
from ..reproducibility.tensor_hash import hash_tensors

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
    """What a file of weights was made for."""

    classes: int
    channels: int


def fetch_weights(backbone: BackboneSpec, cache: Path) -> str | None:
    """The hash, 'sha256:...', under which the backbone's pretrained weights lie in `cache`; None without any.

    `pretrained: true` takes timm's own, from the hub's cache or the network; text is a file, or a hash that is
    there already. Raises UserError, one line, for what cannot be had, read, or does not fit the architecture.
    """
    wanted = backbone.pretrained
    if wanted is False:
        return None
    if isinstance(wanted, str) and wanted.startswith(HASH_PREFIX):
        weights_file(wanted, cache)
        return wanted
    state = _read_from_hub(backbone.name) if wanted is True else _read(Path(str(wanted)).expanduser())
    network, facts = _load_strictly(backbone, state)
    name = HASH_PREFIX + hash_tensors(network.state_dict().items())
    _keep(_path(name, cache), network, facts)
    return name


def pretrained_file(backbone: BackboneSpec, cache: Path) -> Path | None:
    """The file of a resolved backbone's weights; None without any."""
    return weights_file(backbone.pretrained, cache) if isinstance(backbone.pretrained, str) else None


def weights_file(name: str, cache: Path) -> Path:
    """The file of weights with this hash; UserError where the cache does not have it."""
    path = _path(name, cache)
    if not path.exists():
        raise UserError(
            f"{LOCATION}: no weights {name[:19]} in {path.parent}; plan the study with their file again"
        )
    return path


def loading_arguments(path: Path | None) -> dict[str, Any]:
    """The arguments with which timm creates a network that has the weights of a kept file."""
    if path is None:
        return {}
    with safe_open(path, framework="pt") as file:
        facts = json.loads((file.metadata() or {})["facts"])
    overlay = {
        "file": str(path),
        "custom_load": False,
        "label_offset": 0,
        "num_classes": facts["classes"],
        "input_size": (facts["channels"], 1, 1),
    }
    return {"pretrained_cfg_overlay": overlay}


def _path(name: str, cache: Path) -> Path:
    return cache / "weights" / f"{name.removeprefix(HASH_PREFIX)}.safetensors"


def _keep(path: Path, network: nn.Module, facts: _WeightsInfo) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{os.getpid()}")
    tensors = {name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()}
    save_file(tensors, part, metadata={"facts": json.dumps(facts._asdict())})
    part.replace(path)


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise UserError(f"{LOCATION}: there is no file {path}; give `true` or a .safetensors or .pth file")
    try:
        state = load_state_dict(str(path), weights_only=True)
    except READ_ERRORS as error:
        blocked = "weights_only" in str(error)
        why = "more than weights, so it is not unpickled" if blocked else first_line(error)
        raise UserError(f"{LOCATION}: {path} cannot be read as weights ({why})") from error
    if not state or not all(isinstance(value, Tensor) for value in state.values()):
        raise UserError(f"{LOCATION}: {path} holds more than a dictionary of tensors")
    return state


def _read_from_hub(name: str) -> dict[str, Tensor]:
    """timm's weights for the architecture: what the hub's cache has, else from the network."""
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
    """Without a network the hub's library tries for 46 seconds; the name alone tells at once."""
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
    """The architecture with all of these weights, and for how many classes and channels they are."""
    args: dict[str, Any] = dict(backbone.args)
    if backbone.name not in timm.list_models():
        raise UserError(f"{LOCATION}: {backbone.name} is not timm's, and has no weights; leave it out")
    stock: Any = timm.create_model(backbone.name, **args)
    config = stock.pretrained_cfg
    channels = _weight_size(state, config.get("first_conv"), 1) or 3
    known = [stock.num_classes, _weight_size(state, config.get("classifier"), 0), 0]
    failure = ""
    for classes in dict.fromkeys(count for count in known if count is not None):
        overlay = {
            "state_dict": dict(state),
            "custom_load": False,
            "num_classes": classes,
            "input_size": (channels, 1, 1),
            "label_offset": 0,
        }
        try:
            network = timm.create_model(
                backbone.name,
                pretrained=True,
                pretrained_cfg_overlay=overlay,
                num_classes=classes,
                in_chans=channels,
                **args,
            )
        except (RuntimeError, KeyError, ValueError, AttributeError, TypeError) as error:
            failure = failure or _first_mismatch(error)
            continue
        return network, _WeightsInfo(classes, channels)
    raise UserError(f"{LOCATION}: these weights are not {backbone.name}'s ({failure})")


def _weight_size(state: dict[str, Tensor], layer: Any, axis: int) -> int | None:
    """A size of the weight of a layer, if the file has it under this name."""
    weight = state.get(f"{layer}.weight") if isinstance(layer, str) else None
    return None if weight is None or weight.dim() <= axis else weight.shape[axis]


def _first_mismatch(error: Exception) -> str:
    """The first thing that does not fit: torch lists them all, one a line."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = (lines[1:] or lines)[0] if lines else type(error).__name__
    return told if len(told) <= 160 else told[:157] + "..."

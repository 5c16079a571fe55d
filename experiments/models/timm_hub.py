"""The weights that timm publishes, from the cache of the Hugging Face hub or from the network."""

import os
import socket
from pathlib import Path

import timm
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from user_error import UserError

from .checkpoint_file import LOCATION, Weights, read_weights

HUB_FILES = "model.safetensors", "pytorch_model.bin"


def read_from_hub(name: str) -> Weights:
    """Read timm's weights of this name, with or without a tag, from the hub's cache or else from the network.

    Raises UserError for a name without weights on the hub, and where the hub cannot be reached.
    """
    repository = timm.get_pretrained_cfg(name, allow_unregistered=True)
    hub = None if repository is None else repository.hf_hub_id
    if hub is None:
        url = None if repository is None else repository.url
        where = f"only at {url}; fetch them, and give the file" if url else "none; give a file"
        raise UserError(f"{LOCATION}: weights for {name} on timm's hub: {where}")
    files = (repository.hf_hub_filename,) if repository and repository.hf_hub_filename else HUB_FILES
    for local in (True, False):
        for file in files:
            if local or _hub_is_reachable():
                try:
                    return read_weights(Path(hf_hub_download(hub, file, local_files_only=local)))
                except (OSError, HfHubHTTPError):
                    continue
    raise UserError(
        f"{LOCATION}: the hub cannot be reached; fetch {files[0]} of its repository {hub} elsewhere,"
        f" put it on this machine, and write `pretrained: path/to/{files[0]}`"
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

"""SHA-256 hashes of tensors, arrays and networks."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def hash_tensors(named: Iterable[tuple[str, Tensor]]) -> str:
    """Hash names, types, shapes and bytes of tensors, sorted by name; layout and device do not matter."""
    total = hashlib.sha256()
    for name, tensor in sorted(named, key=lambda pair: pair[0]):
        whole = tensor.detach().cpu().contiguous()
        total.update(f"{name}:{whole.dtype}:{tuple(whole.shape)}".encode())
        total.update(whole.reshape(-1).view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def hash_array(array: NDArray[Any]) -> str:
    """Hash an array's type, shape and bytes."""
    whole = np.ascontiguousarray(array)
    return hashlib.sha256(f"{whole.dtype}:{whole.shape}".encode() + whole.tobytes()).hexdigest()


def hash_network(network: nn.Module, *, without_plugs: bool = False) -> str:
    """Hash all parameters and buffers of a network; `without_plugs` leaves out plugged modules."""
    state = network.state_dict().items()
    return hash_tensors((name, tensor) for name, tensor in state if not (without_plugs and "plugs." in name))

"""Reading a file of weights: safetensors, a torch state dict, or a checkpoint as timm's train.py writes it.

Nothing is unpickled but tensors, plain containers, and values that cannot act: the `argparse.Namespace` of a training's
arguments, and NumPy's numbers.
"""

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models import clean_state_dict
from torch import Tensor

from user_error import UserError, first_line

LOCATION = "backbone.pretrained"
AVERAGED, PLAIN = ("state_dict_ema", "model_ema"), ("state_dict", "model")
"""Keys of a checkpoint under which a training keeps the moving average of its weights, and the weights themselves."""
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
    IndexError,
)
_SCALAR = cast("Callable[..., Any]", np.float64(0).__reduce__()[0])
HARMLESS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    argparse.Namespace,
    np.dtype,
    *(type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64)),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    (_SCALAR, "numpy.core.multiarray.scalar"),
]
"""What a checkpoint may hold beside tensors and plain values: making them runs no code of the file."""


class Weights(NamedTuple):
    """The tensors of a file by name, and where they were: a key of the checkpoint ('' if the file is nothing else)."""

    state: dict[str, Tensor]
    key: str = ""
    other: str = ""
    """The key of the weights that were left, if the file holds both a moving average and the weights themselves."""


def read_weights(path: Path, *, averaged: bool | None = None) -> Weights:
    """Read a file's tensors, without prefixes that wrappers of a training add to their names.

    averaged: True takes the moving average, False the weights themselves; None takes the average if there is one.
    Raises UserError for a file that is absent, damaged or no weights, or that lacks what `averaged` asks for.
    """
    if not path.is_file():
        raise UserError(
            f"there is no file {path}; give `true` or a .safetensors or .pth file", place=LOCATION
        )
    weights = _choose(_load(path), path, averaged)
    others = [str(key) for key, value in weights.state.items() if not isinstance(value, Tensor)]
    if others or not weights.state:
        holds = f"{', '.join(others[:4])}, which are no tensors" if others else "nothing"
        raise UserError(
            f"{path} holds {holds}",
            place=LOCATION,
            hint=f"weights are a dictionary of tensors, alone or at {', '.join((*PLAIN, *AVERAGED))}",
        )
    state = clean_state_dict(weights.state)
    state.pop("n_averaged", None)  # the counter of torch's AveragedModel
    return weights._replace(state=state)


def _load(path: Path) -> Any:
    """Read whatever the file holds; torch's warnings about its form are not the user's concern."""
    try:
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(HARMLESS):
            if path.suffix == ".safetensors":
                return load_file(path)
            return torch.load(path, map_location="cpu", weights_only=True)
    except READ_ERRORS as error:
        raise UserError(f"{path} cannot be read as weights ({_why(error, path)})", place=LOCATION) from error


def _why(error: Exception, path: Path) -> str:
    """Say in one line why a file could not be read, naming the classes that it would have to be unpickled for."""
    if "weights_only" not in str(error):
        return first_line(error)
    try:
        with torch.serialization.safe_globals(HARMLESS):
            blocked = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except READ_ERRORS:
        blocked = []
    named = f", {', '.join(sorted(blocked)[:3])}" if blocked else ""
    return f"it contains more than weights{named}, so it is not unpickled; save its tensors alone"


def _choose(content: Any, path: Path, averaged: bool | None) -> Weights:
    """Take one set of weights out of a checkpoint, or the content itself if it is no checkpoint."""
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no dictionary of tensors", place=LOCATION)
    average, plain = (_first_key(content, keys) for keys in (AVERAGED, PLAIN))
    if averaged and not average:
        raise UserError(
            f"true, but {path} holds no moving average", place="backbone.ema", hint="leave ema out"
        )
    if averaged is False and average and not plain:
        raise UserError(f"false, but {path} holds nothing but the average", place="backbone.ema")
    key = plain if averaged is False else average or plain
    other = (average if key == plain else plain) if average and plain else ""
    return Weights(content[key] if key else content, key, other)


def _first_key(content: dict[Any, Any], keys: tuple[str, ...]) -> str:
    """Return the first of these keys that holds a set of weights; '' if none does."""
    return next((key for key in keys if isinstance(content.get(key), dict)), "")

"""Reading a file of weights: safetensors, a torch state dict, or a checkpoint as timm's train.py writes it.

Nothing is unpickled but tensors, plain containers, and values that cannot act: the `argparse.Namespace` of a training's
arguments, and NumPy's numbers.
"""

import argparse
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from safetensors.torch import load_file
from timm.models import clean_state_dict
from torch import Tensor

from user_error import UserError

from .unreadable_file import describe_fault

LOCATION = "backbone.pretrained"
PLAIN = "state_dict", "model", "model_state_dict"
"""Keys of a checkpoint under which a training keeps its weights."""
AVERAGED = "state_dict_ema", "model_ema"
"""Keys of timm's trainings for the moving average of the weights; they come before others that name an average."""
_COUNTER = "n_averaged"  # of torch's AveragedModel
_DEPTH = 4  # of the keys under which a dictionary of tensors is looked for
_AVERAGE = re.compile(r"(?<![a-z])((model)?ema(model)?|swa|avg|average|averaged|polyak|shadow)(?![a-z])")
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
    left: tuple[str, ...] = ()
    """The keys of further dictionaries of tensors, of which none was taken."""


def read_weights(path: Path, *, averaged: bool | None = None) -> Weights:
    """Read a file's tensors, without prefixes that wrappers of a training add to their names.

    averaged: True takes the moving average, False the weights themselves; None takes the average if there is one.
    Raises UserError for a file that is absent, damaged or no weights, that lacks what `averaged` asks for, or whose
    tensors hold complex numbers, NaN or infinity.
    """
    if not path.is_file():
        fault = f"{path} is a folder" if path.is_dir() else f"there is no file {path}"
        raise UserError(f"{fault}; give `true` or a .safetensors or .pth file", place=LOCATION)
    weights = _choose(_load(path), path, averaged)
    _check_form(weights.state, path)
    _check_numbers(weights.state, path)
    state = clean_state_dict(weights.state)
    state.pop(_COUNTER, None)
    return weights._replace(state=state)


def _check_form(state: dict[Any, Any], path: Path) -> None:
    """Raises UserError unless this is a dictionary of tensors with texts as keys."""
    others = [_shown(key) for key, value in state.items() if not isinstance(value, Tensor)]
    unnamed = [_shown(key) for key in state if not isinstance(key, str)]
    if others or not state:
        holds = f"{', '.join(others[:4])}, which are no tensors" if others else "nothing"
    elif unnamed:
        holds = f"tensors under {', '.join(unnamed[:4])}, which are no texts"
    else:
        return
    raise UserError(
        f"{path} holds {holds}",
        place=LOCATION,
        hint=f"weights are a dictionary of tensors by name, alone or at {', '.join((*PLAIN, *AVERAGED))}",
    )


def _shown(key: object) -> str:
    """Return a key of a checkpoint as it is shown in a line: it may be of any class, and of any length."""
    text = key if isinstance(key, str) and key.isprintable() else repr(key)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_numbers(state: dict[str, Tensor], path: Path) -> None:
    """Raises UserError for tensors that are no finite real numbers: they would spoil every run in silence."""
    for name, tensor in state.items():
        unfit = _unfit(tensor)
        if unfit:
            raise UserError(f"{path}: {_shown(name)} {unfit}; weights are plain real numbers", place=LOCATION)
    spoilt = [name for name, tensor in state.items() if _is_spoilt(tensor)]
    if spoilt:
        raise UserError(
            f"{path}: {len(spoilt)} of {len(state)} tensors hold NaN or infinity, first {_shown(spoilt[0])}",
            place=LOCATION,
            hint="a training that diverged leaves such weights; take an earlier checkpoint",
        )


def _unfit(tensor: Tensor) -> str:
    """Say what a tensor holds instead of plain real numbers; '' for those."""
    if tensor.is_complex():
        return "holds complex numbers"
    if tensor.is_quantized:
        return "is quantized"
    if tensor.is_meta:
        return "has a shape and no numbers"
    return "" if tensor.layout == torch.strided else "is sparse"


def _is_spoilt(tensor: Tensor) -> bool:
    """Whether some number is not finite as float32, in which networks are made.

    A single infinite number is a limit that a layer clips its values to, which infinity switches off (timm's gemma4).
    """
    if not tensor.is_floating_point():
        return False
    numbers = tensor.float()
    return bool(numbers.isnan().any() if numbers.ndim == 0 else not numbers.isfinite().all())


def _load(path: Path) -> Any:
    """Read whatever the file holds; torch's warnings about its form are not the user's concern."""
    try:
        with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(HARMLESS):
            if path.suffix == ".safetensors":
                return load_file(path)
            return torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # torch raises errors of any class on bytes that it did not write
        with torch.serialization.safe_globals(HARMLESS):
            fault = describe_fault(path, error)
        raise UserError(f"{path} cannot be read as weights: {fault}", place=LOCATION) from error


def _choose(content: Any, path: Path, averaged: bool | None) -> Weights:
    """Take one set of weights out of a checkpoint, or the content itself if it is no checkpoint."""
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no dictionary of tensors", place=LOCATION)
    sets = dict(_sets(content))
    plain = _first_key(content, [key for key, state in sets.items() if _COUNTER in state])
    averages = _averages(sets, sets.get(plain, {}) if plain else {})
    unread = [key for key in content if _is_unread_average(key, content[key], sets)]
    if averaged is not None:
        _check_choice(path, averaged, sets, averages, plain, unread)
    average = averages[0] if averages else ""
    key = plain if averaged is False else average or plain
    other = (average if key == plain else plain) if average and plain else ""
    asked = () if averaged is None else PLAIN if averaged else averages
    names = [*(name for name in sets if name), *unread]
    left = [_shown(name) for name in names if name not in (key, other, *asked)]
    state = sets[key] if key in sets else content.get(key, content)
    return Weights(state, _shown(key), _shown(other), tuple(left))


def _check_choice(
    path: Path,
    averaged: bool,
    sets: dict[str, dict[str, Tensor]],
    averages: list[str],
    plain: str,
    unread: list[str],
) -> None:
    """Raises UserError if a checkpoint lacks what `ema` asks for; the line names what it holds instead."""
    names = ", ".join(_shown(name) for name in sets if name)
    holds = f"; its dictionaries of tensors are {names}" if names else ""
    if averaged and not averages:
        lacks = (
            f"{_shown(unread[0])} is no dictionary of tensors by name"
            if unread
            else "holds no moving average"
        )
        where = f"in {path} {lacks}" if unread else f"{path} {lacks}{holds}"
        raise UserError(f"true, but {where}", place="backbone.ema", hint="leave ema out")
    if not averaged and averages and not plain:
        only = set(sets) <= set(averages)
        lacks = "nothing but the average" if only else f"no weights at {', '.join(PLAIN)}{holds}"
        raise UserError(f"false, but {path} holds {lacks}", place="backbone.ema")


def _sets(content: dict[Any, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield each dictionary of tensors in a checkpoint by its keys, joined by dots; '' is the whole checkpoint.

    The states of optimizers and single numbers, such as scores, are no weights.
    """
    tensors = [value for value in content.values() if isinstance(value, Tensor)]
    are_named = len(tensors) == len(content) and all(isinstance(key, str) for key in content)
    if are_named and any(tensor.dim() for tensor in tensors):
        yield ".".join(path), content
    if "param_groups" in content or len(path) == _DEPTH:
        return
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(key, str) and "optim" not in key.lower():
            yield from _sets(value, (*path, key))


def _averages(sets: dict[str, dict[str, Tensor]], plain: dict[str, Tensor]) -> list[str]:
    """Return the keys of the moving averages, timm's first: told by a word of the key, or by torch's own counter.

    plain: the weights themselves, if there are any; a set without any of their names is no average of them, unless its
    key is timm's.
    """
    own = clean_state_dict(plain).keys()
    named = [
        key
        for key, state in sets.items()
        if key in AVERAGED
        or ((_is_average(key) or _COUNTER in state) and (not own or own & clean_state_dict(state).keys()))
    ]
    return sorted(named, key=lambda key: AVERAGED.index(key) if key in AVERAGED else len(AVERAGED))


def _is_average(key: object) -> bool:
    """Whether a word of this key says that an average is kept there, as in `model_ema` or `swaModel`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(key))
    return bool(_AVERAGE.search(words.lower()))


def _is_unread_average(key: object, value: object, sets: dict[str, dict[str, Tensor]]) -> bool:
    """Whether an average is kept there in a form of its own, such as a list of tensors."""
    is_read = any(name == key or name.startswith(f"{key}.") for name in sets)
    return _is_average(key) and "optim" not in str(key).lower() and not is_read and _holds_tensors(value)


def _holds_tensors(value: object) -> bool:
    """Whether there is a tensor of some dimension in these dictionaries and lists."""
    if isinstance(value, dict):
        return any(
            (isinstance(part, Tensor) and part.dim()) or _holds_tensors(part) for part in value.values()
        )
    if isinstance(value, list | tuple):
        return any(isinstance(part, Tensor) and part.dim() for part in value)
    return False


def _first_key(content: dict[Any, Any], averages: list[str]) -> str:
    """Return the first key of `PLAIN` that holds a dictionary and no average; '' if none does."""
    found = (key for key in PLAIN if isinstance(content.get(key), dict) and key not in averages)
    return next(found, "")

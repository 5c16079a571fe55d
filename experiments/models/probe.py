"""Trials of a network before a study uses it: whether it runs on images of a shape, and which arguments prevent that.

Libraries' warnings are not shown: what comes of a trial is told in one line.
"""

import json
import warnings
from collections.abc import Collection
from typing import Literal

import torch
from torch import nn

import attention
from user_error import first_line

from ..config.run_spec import ArmSpec, RunSpec
from ..reproducibility.seeding import local_seed
from . import placement
from .build import Shape, build_plain

Part = Literal["backbone", "decoder"]


def list_attention(run: RunSpec, shape: Shape) -> list[attention.AttentionLayer] | None:
    """Run the run's network without modules in evaluation mode; return its attention layers, None if it fails.

    On the meta device, where this costs little; on the CPU where a network reads values.
    """
    found = _list_attention_on("meta", run, shape)
    reads_values = isinstance(found, Exception) and "meta" in str(found).lower()
    found = _list_attention_on("cpu", run, shape) if reads_values else found
    return None if isinstance(found, Exception) else found


def find_error(run: RunSpec, shape: Shape) -> Exception | None:
    """Build the run's network without modules and run it as training does; return what it raises.

    On the CPU, on two images, in training mode: the meta device and evaluation mode skip the checks of dropout.
    """
    try:
        with warnings.catch_warnings(action="ignore"), local_seed(0, "probe"), torch.no_grad():
            _build_bare(run, shape).train()(shape.example().expand(2, -1, -1, -1))
    except MemoryError:
        raise
    except Exception as error:  # timm and SMP raise errors of any class
        return error
    return None


def works(run: RunSpec, shape: Shape) -> bool:
    """Whether the network runs on images of this shape, and none of its attention layers is inert."""
    if find_error(run, shape) is not None:
        return False
    layers = list_attention(run, shape)
    return layers is not None and not any(layer.inert for layer in layers)


def explain_by_arguments(run: RunSpec, part: Part, shape: Shape) -> tuple[str, str] | None:
    """Return which arguments of a part keep the network from running, as 'drop_rate: 2', and what it raises.

    None if it runs on images of this shape, or does not run without the part's arguments either.
    """
    args = getattr(run, part).args
    error = find_error(run, shape) if args else None
    names = _arguments_at_fault(run, part, shape) if error else []
    if error is None or not names:
        return None
    return ", ".join(f"{name}: {json.dumps(args[name])}" for name in names), first_line(error)


def _arguments_at_fault(run: RunSpec, part: Part, shape: Shape) -> list[str]:
    """Return the arguments without any one of which the network runs; else a set without which it does.

    The size that a backbone is created for stays: without it, the network takes other images.
    """
    names = [name for name in getattr(run, part).args if name != "img_size"]
    alone = [name for name in names if _runs_without(run, part, [name], shape)]
    if alone or not _runs_without(run, part, names, shape):
        return alone
    for name in tuple(names):
        fewer = [one for one in names if one != name]
        names = fewer if _runs_without(run, part, fewer, shape) else names
    return names


def _runs_without(run: RunSpec, part: Part, names: Collection[str], shape: Shape) -> bool:
    spec = getattr(run, part)
    args = {name: value for name, value in spec.args.items() if name not in names}
    changed = run.model_copy(update={part: spec.model_copy(update={"args": args})})
    return find_error(changed, shape) is None


def _list_attention_on(device: str, run: RunSpec, shape: Shape) -> list[attention.AttentionLayer] | Exception:
    try:
        with warnings.catch_warnings(action="ignore"), torch.device(device), local_seed(0, "probe"):
            return attention.attention_layers(_build_bare(run, shape), shape.example())
    except MemoryError:
        raise
    except Exception as error:  # timm and SMP raise errors of any class
        return error


def _build_bare(run: RunSpec, shape: Shape) -> nn.Module:
    """Build the run's network without its modules and, if the arm removes it, without its native attention."""
    bare = run.model_copy(update={"arm": ArmSpec(width=run.arm.width, native=run.arm.native)})
    network = build_plain(bare, shape)
    placement.strip_native_attention(network, bare.arm)
    return network

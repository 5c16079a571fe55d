"""How far plugs reach over all of timm, on the meta device: `python -m tests.benchmarks.reach`.

Each architecture is built at its own input size; at each site a gate is plugged into every place, and the model
runs once more: every plug must be called once, with its own width, the output must keep its shape and the
backbone its names. `skip` is looked at in SMP's U-Net. Exit code 1 where a bound does not hold.
"""

import argparse
import multiprocessing
import os
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, TypeVar
from unittest import mock

import segmentation_models_pytorch as smp
import timm
import torch
from timm.layers import weight_init
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._pytree import tree_leaves

from attention import plug, unplug
from attention.plugging.native_sites import reject_fused
from attention.plugging.probed_model import ProbedModel
from attention.plugging.sites import Site, find_sites

ARCHITECTURES, STAGE, BLOCK, SKIP = 1371, 1371, 1360, 896
WORKS = "works"
Item = TypeVar("Item")
Found = TypeVar("Found")


class Watched(nn.Module):
    """A gate that is given a map of its width, (B, C, H, W), keeps its shape, and counts its calls."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight_C133, self.calls = nn.Parameter(torch.empty(channels, 1, 3, 3)), 0

    def forward(self, x_BCHW: Tensor) -> Tensor:
        self.calls += 1
        return functional.conv2d(x_BCHW, self.weight_C133, padding=1, groups=len(self.weight_C133))


@contextmanager
def on_meta() -> Iterator[None]:
    """New tensors have no content, and no time goes into drawing it."""
    names = [name for name in dir(nn.init) if name.endswith("_") and not name.startswith("_")]
    with ExitStack() as stack:
        stack.enter_context(torch.device("meta"))
        for name in names:
            stack.enter_context(mock.patch.object(nn.init, name, _as_it_is))
        stack.enter_context(mock.patch.object(weight_init, "_trunc_normal_", _as_it_is))
        yield


def _as_it_is(tensor: Tensor, *_: object, **__: object) -> Tensor:
    return tensor


def _same(x: Tensor, *_: object, **__: object) -> Tensor:
    return torch.empty_like(x)


def _both(one: Any, other: Any, **_: object) -> Tensor:
    tensors = [x for x in (one, other) if isinstance(x, Tensor)]
    if len({x.device for x in tensors if x.dim()}) > 1:
        raise RuntimeError("tensors on several devices")
    shape = torch.broadcast_shapes(*(x.shape for x in tensors))  # type: ignore[no-untyped-call]
    like = next((x for x in tensors if x.shape == shape), None)
    dtype = torch.result_type(one, other)
    return tensors[0].new_empty(shape, dtype=dtype) if like is None else torch.empty_like(like, dtype=dtype)


def _normed(x: Tensor, *_: object, **__: object) -> tuple[Tensor, Tensor, Tensor]:
    return torch.empty_like(x), x.new_empty(0), x.new_empty(0)


def _layer_normed(x: Tensor, shape: Sequence[int], *_: object, **__: object) -> tuple[Tensor, Tensor, Tensor]:
    if tuple(x.shape[-len(shape) :]) != tuple(shape):
        raise RuntimeError(f"a norm of {tuple(shape)} on {tuple(x.shape)}")
    return _normed(x)


KERNELS = dict.fromkeys(("gelu", "silu", "relu", "sigmoid", "hardswish", "hardsigmoid"), _same) | {
    "add.Tensor": _both,
    "mul.Tensor": _both,
    "native_batch_norm": _normed,
    "native_layer_norm": _layer_normed,
}


def cheap_kernels() -> torch.library.Library:
    """While it lives, norms, activations, sums and products on the meta device only make their output.

    torch derives it there by running their decompositions in Python: two thirds of a sweep's time.
    """
    library = torch.library.Library("aten", "IMPL", "Meta")  # type: ignore[no-untyped-call]
    for name, kernel in KERNELS.items():
        library.impl(name, kernel, allow_override=True)  # type: ignore[no-untyped-call]
    return library


def look(name: str) -> dict[str, str]:
    """Site -> `works` or why not, for one architecture."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    try:
        with on_meta():
            model = timm.create_model(name).eval()
    except Exception as error:
        return dict.fromkeys(("stage", "block", "skip"), reason(error))
    size = (timm.get_pretrained_cfg(name) or timm.models.PretrainedCfg()).input_size
    found = looked(model, ("stage", "block"), torch.empty(2, *size, device="meta"))
    del model
    return found | _skip(name, size)


def _skip(name: str, size: Sequence[int]) -> dict[str, str]:
    sides = [-(-side // 32) * 32 for side in size[1:]]
    try:
        with on_meta():
            model = smp.Unet(f"tu-{name}", encoder_weights=None).eval()
    except Exception as error:
        return {"skip": f"SMP refuses: {reason(error)}"}
    return looked(model, ("skip",), torch.empty(2, size[0], *sides, device="meta"))


def looked(model: nn.Module, kinds: Sequence[str], example: Tensor) -> dict[str, str]:
    """All kinds in one forward; each by itself where that fails."""
    try:
        reject_fused(model)
        probed = ProbedModel(model, example)
    except Exception as error:
        return dict.fromkeys(kinds, reason(error))
    found: dict[str, list[Site] | str] = {}
    for where in kinds:
        try:
            found[where] = find_sites(probed, where)
        except Exception as error:
            found[where] = reason(error)
    places = {where: one for where, one in found.items() if not isinstance(one, str)}
    several = _together(places)
    whole = _tried(probed, several, example) if several else ""
    texts = {where: text for where, text in found.items() if isinstance(text, str)}
    for where, one in places.items():
        works = whole or _tried(probed, one, example)
        works = works if works == WORKS else _tried(probed, one, example)
        texts[where] = (
            works if works != WORKS or all(site.residual for site in one) else f"{WORKS}, not residual"
        )
    return texts


def _together(places: dict[str, list[Site]]) -> list[Site]:
    """All sites at once; none where two kinds share a module."""
    all_of = [site for one in places.values() for site in one]
    return all_of if len({site.path for site in all_of}) == len({site.name for site in all_of}) else []


def _tried(probed: ProbedModel, places: Sequence[Site], example: Tensor) -> str:
    try:
        with torch.no_grad():
            return _plugged(probed, places, example)
    except Exception as error:
        return reason(error)
    finally:
        if hasattr(probed.model, "plugs"):
            unplug(probed.model)


def _plugged(probed: ProbedModel, places: Sequence[Site], example: Tensor) -> str:
    model = probed.model
    keys = list(model.state_dict())
    shape = [node.shape for node in probed.calls_by_name[""][-1].outputs.values()]
    with on_meta():
        plug(model, places, lambda site: Watched(site.channels))
    output = model(example)
    if [tuple(one.shape) for one in tree_leaves(output)] != shape:
        return "another output shape"
    if [key for key in model.state_dict() if not key.startswith("plugs.")] != keys:
        return "other names in the backbone"
    calls = Counter(
        gate.calls for gate in model.get_submodule("plugs").children() if isinstance(gate, Watched)
    )
    return WORKS if set(calls) == {1} else f"plugs called {dict(calls)} times"


def reason(error: Exception) -> str:
    """An error's type and first line, short enough for a table."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:150]}"


def main(arguments: Sequence[str]) -> int:
    """Look at all architectures that match, print the counts and the rest with reasons."""
    names, workers = chosen(arguments, "reach", __doc__)
    start = time.monotonic()
    found = dict(spread(look, names, workers))
    for where in ("stage", "block", "skip"):
        told(where, {name: found[name][where] for name in names})
    print(f"timm {timm.__version__}: {len(names)} architectures in {time.monotonic() - start:.0f} s")
    return _verdict(found) if len(names) >= ARCHITECTURES else 0


def chosen(arguments: Sequence[str], name: str, about: str | None) -> tuple[list[str], int]:
    """The architectures that a benchmark's command line asks for, and in how many processes."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.benchmarks.{name}", description=about)
    parser.add_argument("--models", default="*", metavar="PATTERN,...")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), metavar="N")
    options = parser.parse_args(arguments)
    patterns = options.models.split(",")
    names = [name for name in timm.list_models() if any(fnmatchcase(name, one) for one in patterns)]
    return names, options.workers


def spread(
    look: Callable[[Item], Found], items: Sequence[Item], workers: int
) -> Iterator[tuple[Item, Found]]:
    """Each item with what `look` says of it, as they come, from several processes with the cheap kernels."""
    kernels = cheap_kernels()
    with multiprocessing.get_context("fork").Pool(workers, maxtasksperchild=100) as pool:
        found = pool.imap_unordered(partial(_with_its_item, look), items, chunksize=4)
        for done, (item, result) in enumerate(found, 1):
            if done % 50 == 0:
                print(f"{done} of {len(items)}", file=sys.stderr, flush=True)
            yield item, result
    del kernels


def _with_its_item(look: Callable[[Item], Found], item: Item) -> tuple[Item, Found]:
    return item, look(item)


def told(where: str, found: dict[str, str]) -> None:
    """Print how many work, and the rest by reason."""
    print(where, _working(found), "of", len(found))
    residual = sum(text == WORKS for text in found.values())
    if residual < _working(found):
        print(f"  residual {residual}, not residual {_working(found) - residual}")
    reasons: dict[str, list[str]] = {}
    for name, text in found.items():
        if not text.startswith(WORKS):
            reasons.setdefault(text, []).append(name)
    for text, names in sorted(reasons.items(), key=lambda item: -len(item[1])):
        print(f"  {len(names)} {text}: {' '.join(names[:12])}{' ...' if len(names) > 12 else ''}")


def _working(found: dict[str, str]) -> int:
    return sum(text.startswith(WORKS) for text in found.values())


def _verdict(found: dict[str, dict[str, str]]) -> int:
    bounds = {"stage": STAGE, "block": BLOCK, "skip": SKIP}
    return int(
        any(_working({n: f[where] for n, f in found.items()}) < bound for where, bound in bounds.items())
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

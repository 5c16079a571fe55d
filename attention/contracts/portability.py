"""Contracts on copies, low precision, compilation and export."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException

from ..catalog import Entry
from .broken import BrokenError, _expect
from .example_inputs import WIDTH, fresh, images, inputs, randomised, variants


def round_trip(entry: Entry) -> None:
    """A copy, and a fresh module with the state loaded, compute the same bits."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (7, 9)))
    loaded = fresh(entry).eval()
    loaded.load_state_dict(module.state_dict())
    for other in (copy.deepcopy(module), loaded):
        _expect(torch.equal(module(*given), other(*given)), "the copy computes something else")


def low_precision(entry: Entry) -> None:
    """In bfloat16 values and gradients stay finite, and within 10 % of the map's largest value of float32."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (15, 17)))
    wanted = module(*given)
    half = tuple(t.bfloat16().requires_grad_() for t in given)
    y = module.bfloat16()(*half)
    y.float().square().mean().backward()
    _expect(y.dtype == torch.bfloat16, f"{y.dtype} came out")
    _expect(half[0].grad is not None and bool(half[0].grad.isfinite().all()), "the gradient is not finite")
    error = float(((y.float() - wanted).abs().max() / wanted.abs().max()).detach())
    _expect(error < 0.1, f"off by {error:.0%} of the largest value")


def autocast(entry: Entry) -> None:
    """Under bfloat16 autocast, from float32 and from bfloat16 maps, values and gradients are there and finite."""
    for dtype in (torch.float32, torch.bfloat16):
        for options in variants(entry):
            module = randomised(fresh(entry, options)).train()
            given = tuple(t.requires_grad_() for t in inputs(entry, images(4, WIDTH, (7, 9), dtype=dtype)))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                y = module(*given)
            y.float().square().mean().backward()
            found = [p.grad for p in (*given, *module.parameters()) if p.requires_grad]
            at = f"{options or 'defaults'}, {dtype}"
            _expect(bool(y.isfinite().all()), f"{at}: not finite")
            _expect(
                all(g is not None and bool(g.isfinite().all()) for g in found),
                f"{at}: a gradient is not finite",
            )


def compiles(entry: Entry) -> None:
    """In evaluation torch compiles it into one graph, which computes the same."""
    _compiled(randomised(fresh(entry)).eval(), entry)


def compiles_training(entry: Entry) -> None:
    """So it does in training."""
    _compiled(randomised(fresh(entry)).train(), entry)


def exports(entry: Entry) -> None:
    """`torch.export` takes it, and what comes out computes the same."""
    module = randomised(fresh(entry)).eval()
    given = inputs(entry, images(2, WIDTH, (7, 9)))
    with _refused():
        found = torch.export.export(module, given).module()(*given)
    _expect(torch.allclose(found, module(*given), atol=1e-6), "exported it computes something else")


def _compiled(module: nn.Module, entry: Entry) -> None:
    torch.compiler.reset()
    given, plain = inputs(entry, images(4, WIDTH, (7, 9))), copy.deepcopy(module)
    with _refused():
        found = torch.compile(module, fullgraph=True, backend="eager")(*given)
    _expect(torch.allclose(found, plain(*given), atol=1e-6), "compiled it computes something else")


@contextmanager
def _refused() -> Iterator[None]:
    """What torch says of a module that it cannot trace, in its first line."""
    try:
        yield
    except (TorchDynamoException, RuntimeError) as error:
        raise BrokenError((str(error) or type(error).__name__).strip().splitlines()[0]) from None

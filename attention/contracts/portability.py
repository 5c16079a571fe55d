"""Contracts on copies, low precision, compilation and export."""

import copy
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import torch
from torch import nn
from torch._dynamo.exc import TorchDynamoException

from ..catalog import Entry
from .errors import ContractError, require
from .example_inputs import WIDTH, fresh_module, images, inputs, randomize, variants


def round_trip(entry: Entry) -> None:
    """Compute bit-identical outputs after `deepcopy`, and after loading the state dict into a fresh module."""
    module = randomize(fresh_module(entry)).eval()
    arguments = inputs(entry, images(2, WIDTH, (7, 9)))
    loaded = fresh_module(entry).eval()
    loaded.load_state_dict(module.state_dict())
    for other in (copy.deepcopy(module), loaded):
        require(torch.equal(module(*arguments), other(*arguments)), "the copy computes different values")


def low_precision(entry: Entry) -> None:
    """Keep bfloat16 gradients finite and bfloat16 values within 10 % of the largest float32 value."""
    module = randomize(fresh_module(entry)).eval()
    arguments = inputs(entry, images(2, WIDTH, (15, 17)))
    expected = module(*arguments)
    half = tuple(t.bfloat16().requires_grad_() for t in arguments)
    y = module.bfloat16()(*half)
    y.float().square().mean().backward()
    require(y.dtype == torch.bfloat16, f"the output is {y.dtype}")
    require(
        half[0].grad is not None and bool(half[0].grad.isfinite().all()), "the input's gradient is not finite"
    )
    error = float(((y.float() - expected).abs().max() / expected.abs().max()).detach())
    require(error < 0.1, f"bfloat16 is off by {error:.0%} of the largest value")


def autocast(entry: Entry) -> None:
    """Compute finite values and gradients under bfloat16 autocast, for float32 and bfloat16 maps."""
    for dtype in (torch.float32, torch.bfloat16):
        for options in variants(entry):
            module = randomize(fresh_module(entry, options)).train()
            arguments = tuple(
                t.requires_grad_() for t in inputs(entry, images(4, WIDTH, (7, 9), dtype=dtype))
            )
            with torch.autocast("cpu", dtype=torch.bfloat16):
                y = module(*arguments)
            y.float().square().mean().backward()
            gradients = [p.grad for p in (*arguments, *module.parameters()) if p.requires_grad]
            at = f"{options or 'defaults'}, {dtype}"
            require(bool(y.isfinite().all()), f"{at}: the output is not finite")
            require(
                all(g is not None and bool(g.isfinite().all()) for g in gradients),
                f"{at}: a gradient is missing or not finite",
            )


def compiles(entry: Entry) -> None:
    """Compile into one graph in evaluation, with the same output."""
    _check_compiled(randomize(fresh_module(entry)).eval(), entry)


def compiles_training(entry: Entry) -> None:
    """Compile into one graph in training, with the same output."""
    _check_compiled(randomize(fresh_module(entry)).train(), entry)


def exports(entry: Entry) -> None:
    """Export with `torch.export`, with the same output."""
    module = randomize(fresh_module(entry)).eval()
    arguments = inputs(entry, images(2, WIDTH, (7, 9)))
    with _tracing_errors():
        exported = torch.export.export(module, arguments).module()(*arguments)
    require(
        torch.allclose(exported, module(*arguments), atol=1e-6),
        "the exported module computes different values",
    )


def _check_compiled(module: nn.Module, entry: Entry) -> None:
    """Compile the module into one graph and compare its output with that of an uncompiled copy."""
    torch.compiler.reset()
    arguments, plain = inputs(entry, images(4, WIDTH, (7, 9))), copy.deepcopy(module)
    with _tracing_errors():
        output = torch.compile(module, fullgraph=True, backend="eager")(*arguments)
    require(
        torch.allclose(output, plain(*arguments), atol=1e-6), "the compiled module computes different values"
    )


@contextmanager
def _tracing_errors() -> Iterator[None]:
    """Turn errors of torch's tracing into a ContractError with the first line of the message.

    The graphs and warnings that torch prints besides are left out.
    """
    try:
        with redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (TorchDynamoException, RuntimeError) as error:
        raise ContractError((str(error) or type(error).__name__).strip().splitlines()[0]) from None

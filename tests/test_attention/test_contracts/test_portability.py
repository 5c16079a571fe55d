"""Modules that cannot be copied, compiled, exported or run in bfloat16 are found."""

import copy
import shutil
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from attention.catalog import CATALOG, Entry
from attention.contracts.errors import ContractError
from attention.contracts.example_inputs import fresh_module, images, randomize
from attention.contracts.portability import (
    autocast,
    compiles,
    compiles_training,
    exports,
    low_precision,
    round_trip,
)

from .broken_modules import DependsOnValues, HidesItsState, IgnoresItsOption, ReturnsFloat64, entry_of


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # inductor's own import
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler, and there is none")
@pytest.mark.parametrize("name", ["cbam", "scse", "simam", "eca", "self_attention"])
def test_a_module_compiled_by_inductor_computes_and_learns_the_same(name: str) -> None:
    torch.compiler.reset()
    found = []
    first = randomize(fresh_module(CATALOG[name])).train()
    second = copy.deepcopy(first)
    for module, call in ((first, first), (second, torch.compile(second, fullgraph=True))):
        x = images(2, 32, (15, 17)).requires_grad_()
        y = call(x)
        y.square().sum().backward()
        found.append((y, x.grad, *(parameter.grad for parameter in module.parameters())))
    for plain, compiled in zip(*found, strict=True):
        torch.testing.assert_close(compiled, plain, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("contract", "make", "reason"),
    [
        (compiles, DependsOnValues, "Could not guard on data-dependent expression"),
        (compiles_training, DependsOnValues, "Could not guard on data-dependent expression"),
        (exports, DependsOnValues, "Could not guard on data-dependent expression"),
        (round_trip, HidesItsState, "the copy computes different values"),
        (low_precision, ReturnsFloat64, "the output is torch.float64"),
    ],
)
def test_a_module_that_breaks_a_contract_is_found(
    contract: Callable[[Entry], None], make: type[nn.Module], reason: str
) -> None:
    with pytest.raises(ContractError, match=reason) as caught:
        contract(entry_of(make))
    assert len(str(caught.value).splitlines()) == 1
    contract(entry_of(IgnoresItsOption))


def test_a_missing_gradient_under_autocast_is_found() -> None:
    class Unused(IgnoresItsOption):
        def forward(self, x_BCHW: Tensor) -> Tensor:
            return x_BCHW * 2

    with pytest.raises(ContractError, match="a gradient is missing or not finite"):
        autocast(entry_of(Unused))
    autocast(entry_of(IgnoresItsOption))


def test_the_graphs_that_torch_prints_where_it_cannot_export_are_left_out(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ContractError) as caught:
        exports(entry_of(DependsOnValues))
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")

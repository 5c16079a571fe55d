"""Modules that break a contract on the forward pass are found."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from torch import Tensor, nn

from attention.catalog import CATALOG, Entry
from attention.contracts import forward
from attention.contracts.errors import ContractError
from attention.contracts.example_inputs import images, randomize

from .broken_modules import (
    DrawsNoise,
    IgnoresItsOption,
    MixesTheBatch,
    NeedsEightChannels,
    ReturnsFloat64,
    entry_of,
)


@pytest.mark.parametrize("name", sorted(name for name, entry in CATALOG.items() if entry.kind == "two_input"))
def test_a_two_input_module_takes_a_context_of_any_width_and_size(name: str) -> None:
    module: nn.Module = cast(Any, CATALOG[name].make)(32, 24)
    for grid in ((5, 3), (9, 17), (1, 1)):
        x, context = images(2, 32, (7, 9)).requires_grad_(), images(2, 24, grid)
        y = randomize(module)(x, context)
        y.sum().backward()
        assert y.shape == x.shape


BROKEN: list[tuple[Callable[[Entry], None], type[nn.Module], str]] = [
    (forward.shape, ReturnsFloat64, r"defaults at \(15, 17\): the output is torch.float64"),
    (forward.input_kept, MixesTheBatch, r"the input changed \(training=False\)"),
    (forward.narrow, NeedsEightChannels, r"4 channels, defaults: the output has shape \(2, 0, 5, 6\)"),
    (forward.batch_one, NeedsEightChannels, r"at \(7, 9\): the output is not finite"),
    (forward.batch_one_training, NeedsEightChannels, r"at \(7, 9\): the output is not finite"),
    (forward.independence, MixesTheBatch, "the output depends on the other samples of the batch"),
    (forward.determinism, DrawsNoise, "two evaluations of the same input differ"),
    (forward.own_randomness, DrawsNoise, "it drew from the global random generator"),
    (forward.identity, MixesTheBatch, "output and input differ by"),
]


@pytest.mark.parametrize(("contract", "make", "reason"), BROKEN)
def test_a_module_that_breaks_a_contract_is_found(
    contract: Callable[[Entry], None], make: type[nn.Module], reason: str
) -> None:
    with pytest.raises(ContractError, match=reason):
        contract(entry_of(make))
    contract(entry_of(IgnoresItsOption))


def test_an_approximate_start_may_differ_by_a_thousandth_and_none_by_anything() -> None:
    class Nearly(IgnoresItsOption):
        def forward(self, x_BCHW: Tensor) -> Tensor:
            return x_BCHW * self.weight * (1 + 1e-5)

    with pytest.raises(ContractError, match="output and input differ by"):
        forward.identity(entry_of(Nearly))
    forward.identity(entry_of(Nearly, identity="approximate"))
    forward.identity(entry_of(MixesTheBatch, identity="none"))

"""Every contract over the whole catalog, and the contracts themselves on modules that break them."""

import copy
import shutil
from typing import Annotated, Any, cast

import pytest
import torch
from torch import Tensor, nn

from attention.catalog import CATALOG, Entry
from attention.contracts.check import check_contract
from attention.contracts.example_inputs import fresh_module, images, randomize, variants
from attention.contracts.gradients import check_finite_differences
from attention.contracts.table import CONTRACTS
from attention.options import Choice


@pytest.mark.parametrize("contract", CONTRACTS)
@pytest.mark.parametrize("name", CATALOG)
def test_every_module_holds_every_contract(name: str, contract: str) -> None:
    result = check_contract(CATALOG[name], contract)
    assert result.holds, result.reason


EXEMPT = {
    "batch_one_training": (
        "bam bat cbam external_attention gam ge nam non_local sk spatial_gate split_attention srm triplet"
    ),
    "compiles_training": "gumbel",
    "gradcheck": "gumbel top_k",
    "independence": "shuffled_gate",
    "low_precision": "gumbel max_pool_mask top_k",
    "narrow": "efficient_multi_scale fca lct multi_head pyramid sge shuffle split_attention",
}


def test_exemptions_are_these_and_no_others() -> None:
    found: dict[str, list[str]] = {}
    for name in sorted(CATALOG):
        for contract in CATALOG[name].exemptions:
            found.setdefault(contract, []).append(name)
    assert found == {contract: names.split() for contract, names in EXEMPT.items()}


@pytest.mark.parametrize("name", CATALOG)
def test_every_exemption_is_of_a_contract_and_has_a_reason(name: str) -> None:
    exemptions = CATALOG[name].exemptions
    assert exemptions.keys() <= CONTRACTS.keys()
    assert all(len(reason.split()) >= 3 for reason in exemptions.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name, entry in CATALOG.items() if "gradcheck" not in entry.exemptions]
)
def test_gradients_agree_with_finite_differences_at_every_option(name: str) -> None:
    for options in variants(CATALOG[name], 16):
        check_finite_differences(CATALOG[name], options)


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


@pytest.mark.parametrize("name", sorted(name for name, entry in CATALOG.items() if entry.kind == "two_input"))
def test_a_two_input_module_takes_a_context_of_any_width_and_size(name: str) -> None:
    module: nn.Module = cast(Any, CATALOG[name].make)(32, 24)
    for grid in ((5, 3), (9, 17), (1, 1)):
        x, context = images(2, 32, (7, 9)).requires_grad_(), images(2, 24, grid)
        y = randomize(module)(x, context)
        y.sum().backward()
        assert y.shape == x.shape


class Ignores(nn.Module):
    """A gate whose option does nothing."""

    def __init__(self, channels: int, *, strength: Annotated[int, Choice(1, 2)] = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight

    def macs(self, height: int, width: int) -> int:
        return 1


class MixesTheBatch(Ignores):
    """A gate that is normalised over the batch, and unused weights."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.unused = nn.Parameter(torch.ones(1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if not x_BCHW.is_leaf:
            x_BCHW.mul_(2)
        return x_BCHW * torch.softmax(x_BCHW.mean((2, 3), keepdim=True), 0)


def test_a_module_that_asks_for_a_value_neither_compiles_nor_exports() -> None:
    entry = Entry("own", AsksForAValue, "gate", "nobody", 2026)
    assert [
        check_contract(entry, contract).holds for contract in ("compiles", "compiles_training", "exports")
    ] == [
        False,
        False,
        False,
    ]


class AsksForAValue(Ignores):
    """A gate whose way depends on what it is given."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight if float(x_BCHW.abs().max()) > 1 else x_BCHW


@pytest.mark.parametrize(
    ("make", "contract", "why"),
    [
        (Ignores, "options_matter", "strength=2 and strength=1 build the same module"),
        (Ignores, "cost", "macs declares 1, but 0 were counted"),
        (MixesTheBatch, "independence", "the output depends on the other samples"),
        (MixesTheBatch, "identity", "output and input differ by"),
        (MixesTheBatch, "input_kept", "the input changed"),
        (MixesTheBatch, "gradients", "no gradient for weight, unused"),
    ],
)
def test_a_broken_module_gets_a_reason(make: type[nn.Module], contract: str, why: str) -> None:
    result = check_contract(Entry("own", make, "gate", "nobody", 2026), contract)
    assert not result.holds
    assert why in result.reason

"""Every contract over the whole catalog, and how results are reported."""

import dataclasses

import pytest
from torch import Tensor

from attention.catalog import CATALOG
from attention.contracts.check import check_contract, check_contracts
from attention.contracts.table import CONTRACTS

from .broken_modules import IgnoresItsOption, NeedsEightChannels, entry_of


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


def test_a_broken_contract_is_reported_with_its_reason() -> None:
    reason = "defaults: macs declares 1, but 0 were counted"
    assert check_contract(entry_of(IgnoresItsOption), "cost") == ("cost", False, reason)


def test_an_exempt_module_passes_with_the_reason_of_its_exemption() -> None:
    entry = dataclasses.replace(entry_of(IgnoresItsOption), exemptions={"cost": "it is free"})
    assert check_contract(entry, "cost") == ("cost", True, "exempt: it is free")


def test_any_other_error_is_reported_with_its_type() -> None:
    class Divides(IgnoresItsOption):
        def forward(self, x_BCHW: Tensor) -> Tensor:
            return x_BCHW / (1 // 0)

    result = check_contract(entry_of(Divides), "determinism")
    assert not result.holds
    assert result.reason == "ZeroDivisionError: integer division or modulo by zero"


def test_all_contracts_are_checked_in_order_and_reported_at_once() -> None:
    seen: list[str] = []
    results = check_contracts(
        entry_of(NeedsEightChannels), on_result=lambda result: seen.append(result.contract)
    )
    assert seen == list(CONTRACTS) == [result.contract for result in results]
    broken = {result.contract for result in results if not result.holds}
    assert {"narrow", "batch_one", "options_matter", "cost"} <= broken
    assert {"determinism", "own_randomness"} & broken == set()

"""Options without effect and wrong costs are found; multiply-accumulates are counted as by hand."""

from typing import Annotated

import pytest
import torch
from torch import nn

from attention import CATALOG
from attention.contracts.errors import ContractError
from attention.contracts.options import cost, count_macs, inputs_on_meta, options_matter
from attention.options import Choice

from .broken_modules import IgnoresItsOption, entry_of


def test_two_values_that_build_the_same_module_are_found() -> None:
    with pytest.raises(ContractError, match=r"^strength=2 and strength=1 build the same module$"):
        options_matter(entry_of(IgnoresItsOption))


def test_an_option_that_changes_the_output_matters() -> None:
    class Scales(IgnoresItsOption):
        def __init__(self, channels: int, *, strength: Annotated[int, Choice(1, 2)] = 1) -> None:
            super().__init__(channels)
            nn.init.constant_(self.weight, strength)

    options_matter(entry_of(Scales))


def test_a_wrong_or_missing_cost_is_found() -> None:
    with pytest.raises(ContractError, match=r"^defaults: macs declares 1, but 0 were counted$"):
        cost(entry_of(IgnoresItsOption))
    with pytest.raises(ContractError, match=r"it has no method macs\(height, width\)"):
        cost(entry_of(nn.InstanceNorm2d))


def test_macs_are_those_of_convolutions_and_products_by_hand() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(6, 7)).eval()
    by_hand = 5 * 6 * 3 * 4 * 9 + 4 * 5 * 6 * 7
    assert count_macs(module, (torch.rand(1, 3, 5, 6),)) == by_hand


def test_inputs_on_the_meta_device_have_a_context_for_two_input_modules_only() -> None:
    for name, shapes in (("se", [(1, 32, 15, 17)]), ("attention_gate", [(1, 32, 15, 17), (1, 32, 7, 8)])):
        found = inputs_on_meta(CATALOG[name], (15, 17))
        assert [tuple(t.shape) for t in found] == shapes
        assert all(t.is_meta for t in found)

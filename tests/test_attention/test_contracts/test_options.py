"""Options without effect and wrong costs are found; multiply-accumulates are counted as by hand."""

from typing import Annotated

import pytest
from torch import nn

from attention.contracts.errors import ContractError
from attention.contracts.options import cost, options_matter
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

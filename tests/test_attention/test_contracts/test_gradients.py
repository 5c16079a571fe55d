"""Gradients reach every parameter and agree with finite differences; modules for which not are found."""

import pytest

from attention.catalog import CATALOG
from attention.contracts.errors import ContractError
from attention.contracts.example_inputs import variants
from attention.contracts.gradients import check_finite_differences, gradcheck, gradients

from .broken_modules import HasAWrongBackward, IgnoresItsOption, MixesTheBatch, entry_of


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name, entry in CATALOG.items() if "gradcheck" not in entry.exemptions]
)
def test_gradients_agree_with_finite_differences_at_every_option(name: str) -> None:
    for options in variants(CATALOG[name], 16):
        check_finite_differences(CATALOG[name], options)


def test_parameters_without_a_gradient_are_named() -> None:
    with pytest.raises(ContractError, match=r"^defaults: no gradient for weight, unused$"):
        gradients(entry_of(MixesTheBatch))
    gradients(entry_of(IgnoresItsOption))


def test_a_gradient_that_is_half_a_percent_off_is_found() -> None:
    with pytest.raises(ContractError, match="Jacobian mismatch"):
        gradcheck(entry_of(HasAWrongBackward))
    gradcheck(entry_of(IgnoresItsOption))

"""A requirement that fails raises its message; closeness is relative and of one shape."""

import pytest
import torch

from attention.contracts.errors import ContractError, is_close, require


def test_a_requirement_that_fails_raises_its_message() -> None:
    require(True, "never")
    with pytest.raises(ContractError, match=r"^the reason$"):
        require(False, "the reason")


@pytest.mark.parametrize(("factor", "close"), [(1 + 1e-12, True), (1 + 1e-6, False)])
def test_values_are_close_up_to_rounding(factor: float, close: bool) -> None:
    x = torch.rand(3, 4, dtype=torch.float64) + 1
    assert is_close(x, x * factor) == close


def test_tensors_of_different_shapes_are_not_close() -> None:
    assert not is_close(torch.ones(3), torch.ones(1))

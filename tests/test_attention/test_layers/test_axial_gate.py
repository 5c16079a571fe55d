"""The product of a gate of rows and a gate of columns."""

import pytest
import torch
from torch import Tensor

from attention.layers.axial_gate import AxialGate


class Fixed(AxialGate):
    """Gates rows by 1, 2 and columns by 1, 10, 100."""

    def gates(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        rows, columns = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 10.0, 100.0])
        return rows.reshape(1, 1, 2, 1), columns.reshape(1, 1, 1, 3)


def test_each_element_is_scaled_by_its_row_and_its_column() -> None:
    x = torch.full((1, 1, 2, 3), 3.0)
    assert Fixed().gate(x)[0, 0].tolist() == [[1, 10, 100], [2, 20, 200]]
    assert Fixed()(x)[0, 0].tolist() == [[3, 30, 300], [6, 60, 600]]


def test_the_base_class_has_no_gates_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        AxialGate()(torch.ones(1, 1, 2, 3))

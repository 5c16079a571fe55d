"""The form that coordinate attention and efficient local attention share: one gate of rows, one of columns."""

from torch import Tensor, nn


class AxialGate(nn.Module):
    """Compute x * gate_rows * gate_columns; subclasses compute the two gates. x_BCHW -> BCHW."""

    def gates(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gates of rows, (B, C, H, 1), and of columns, (B, C, 1, W)."""
        raise NotImplementedError

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        rows, columns = self.gates(x_BCHW)
        return rows * columns

    def forward(self, x_BCHW: Tensor) -> Tensor:
        rows, columns = self.gates(x_BCHW)
        return x_BCHW * rows * columns

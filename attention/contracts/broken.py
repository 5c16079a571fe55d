"""How a contract says that a module breaks it."""

import torch
from torch import Tensor


class BrokenError(Exception):
    """A contract that does not hold; the text says how."""


def _expect(holds: bool, text: str) -> None:
    if not holds:
        raise BrokenError(text)


def _close(left: Tensor, right: Tensor) -> bool:
    return left.shape == right.shape and torch.allclose(left, right, rtol=1e-9, atol=1e-11)

"""A run made again is the same, bit by bit, or is not called so."""

import copy
from typing import Any

import pytest

from experiments.reproducing import compare

RECORDED: dict[str, Any] = {
    "state": "finished", "primary": "accuracy", "metrics": {"accuracy": 0.5}, "validation": {"accuracy": 0.6},
    "final_weights": "abc", "identity": {"threads": 1, "torch": "2"},
    "curve": [[1, {"loss": 0.3}], [2, {"loss": 0.2}]],
}  # fmt: skip


def test_the_same_bits_are_called_identical() -> None:
    assert compare("k" * 64, RECORDED, copy.deepcopy(RECORDED)) == (True, f"{'k' * 12} BIT-IDENTICAL")


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("curve", [[1, {"loss": 0.3}], [2, {"loss": 0.2000000000000001}]], "DIFFERENT from epoch 2 on"),
        ("curve", [[1, {"loss": 0.4}], [2, {"loss": 0.2}]], "DIFFERENT from epoch 1 on"),
        ("final_weights", "abd", "DIFFERENT after the last epoch"),
        ("metrics", {"accuracy": 0.51}, "DIFFERENT after the last epoch"),
        ("state", "diverged", "DIFFERENT after the last epoch"),
        ("identity", {"threads": 2, "torch": "2"}, "OTHER NUMERIC IDENTITY (threads)"),
    ],
)
def test_what_differs_first_is_told(part: str, value: Any, says: str) -> None:
    same, text = compare("k" * 64, RECORDED, {**RECORDED, part: value})
    assert not same
    assert says in text

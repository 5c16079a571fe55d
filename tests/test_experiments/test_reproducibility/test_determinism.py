"""A prepared process has one thread, deterministic kernels, and new memory that is filled with NaN."""

import ctypes
import subprocess
import sys

import pytest
import torch

from experiments.reproducibility import determinism
from tests.sources import ROOT

PREPARED = """
import torch
from experiments.reproducibility.determinism import fill_new_memory, prepare_process
torch.set_num_threads(2)
prepare_process()
print(torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(), bool(torch.empty(99).isnan().all()))
fill_new_memory(False)
print(torch.utils.deterministic.fill_uninitialized_memory)
try:
    torch.zeros(1, 1, 2, 2).put_(torch.tensor([0, 0]), torch.tensor([1.0, 2.0]))
except RuntimeError as error:
    print("deterministic" in str(error))
"""


def test_a_prepared_process_is_deterministic() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PREPARED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[:2] == ["1 True True", "False"]


class Library:
    """Stands in for glibc and writes down its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []

    def mallopt(self, parameter: int, value: int) -> None:
        self.calls.append((parameter, value))


@pytest.mark.parametrize(
    ("enabled", "calls"),
    [(True, [(-3, 2**17), (-4, 0), (-1, 2**31 - 1)]), (False, [(-3, 2**17), (-4, 2**16), (-1, 2**17)])],
)
def test_the_allocator_is_set_and_set_back_to_glibcs_defaults(
    enabled: bool, calls: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    determinism.keep_freed_memory(enabled)
    assert library.calls == calls


def test_without_glibc_the_allocator_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    determinism.keep_freed_memory(True)


@pytest.mark.usefixtures("deterministic")
def test_filling_new_memory_is_switched_on_and_off() -> None:
    torch.use_deterministic_algorithms(True)
    try:
        determinism.fill_new_memory(True)
        assert bool(torch.empty(1000).isnan().all())
        determinism.fill_new_memory(False)
        assert torch.utils.deterministic.fill_uninitialized_memory is False  # type: ignore[attr-defined]
    finally:
        determinism.fill_new_memory(True)

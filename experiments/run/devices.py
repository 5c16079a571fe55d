"""Where a run computes: on the CPU, or on a graphics card that it may share with other runs."""

import os
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch

from user_error import UserError

from ..config.run_result import GpuUse, JsonObject
from .slot import FIRST_RUN_MARGIN

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
TF32 = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
Told = Callable[[int, bool], None]
"""told(peak in bytes, whether an epoch with its validation is in it)"""


class Card(NamedTuple):
    """A graphics card: torch's name for it, and its memory that nobody uses now."""

    name: str
    free_bytes: int


class Device(Protocol):
    """What a run asks of the place it computes on."""

    name: str

    def prepare(self) -> None:
        """Before anything is put there: what equal bits need."""

    def fence(self, most: int) -> None:
        """Let this process hold at most so many bytes there; more is torch's OutOfMemoryError."""

    def peak_bytes(self) -> int | None:
        """The most that this process has held there; None where that is not counted."""

    def identity(self) -> JsonObject:
        """What of it may change a result's bits."""

    def reading(self, seconds: float) -> GpuUse | None:
        """What the record says of it when the run is over, which has held it so long."""


class Cpu:
    """The processor: its memory is the process's own, which the engine limits."""

    name = "cpu"

    def prepare(self) -> None:
        pass

    def fence(self, most: int) -> None:
        pass

    def peak_bytes(self) -> int | None:
        return None

    def identity(self) -> JsonObject:
        return {"device": "cpu"}

    def reading(self, seconds: float) -> GpuUse | None:
        return None


class Cuda:
    """One graphics card, through torch's caching allocator."""

    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self) -> None:
        os.environ.setdefault(WORKSPACE, ":4096:8")  # cuBLAS gives equal bits with it only
        torch.cuda.set_device(self.name)

    def fence(self, most: int) -> None:
        total = torch.cuda.get_device_properties(self.name).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, most / total), self.name)

    def peak_bytes(self) -> int | None:
        return torch.cuda.max_memory_reserved(self.name)

    def identity(self) -> JsonObject:
        return {
            "device": "cuda",
            "card": torch.cuda.get_device_name(self.name),
            "cuda": torch.version.cuda,
            "tf32_products": torch.backends.cuda.matmul.allow_tf32,
            "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
            "tf32": torch.backends.cudnn.allow_tf32,
        } | {name: os.environ[name] for name in TF32 if name in os.environ}

    def reading(self, seconds: float) -> GpuUse | None:
        card = torch.cuda.get_device_name(self.name)
        return GpuUse(card=card, peak_bytes=self.peak_bytes() or 0, seconds=seconds)


class Share:
    """A run's share of a device: how much of its memory it may hold, and who is told how much it does.

    `told` hears the peak after this process's first step and first epoch. From then on a run that shares its card and
    was promised no amount may hold at most half more than that, so that others can count on theirs.
    """

    def __init__(
        self,
        device: Device,
        *,
        memory: int | None = None,
        shared: bool = False,
        told: Told = lambda peak, whole: None,
    ) -> None:
        self.device, self.memory, self.shared, self.told = device, memory, shared, told
        self._stepped = self._closed = False

    def begin(self) -> None:
        """Before anything is on the device."""
        self.device.prepare()
        if self.memory is not None:
            self.device.fence(self.memory)

    def after_step(self) -> None:
        if not self._stepped:
            self._stepped = True
            self._tell(whole=False)

    def after_epoch(self) -> None:
        if not self._closed:
            self._closed = True
            peak = self._tell(whole=True)
            if peak is not None and self.shared and self.memory is None:
                self.device.fence(int(FIRST_RUN_MARGIN * peak))

    def _tell(self, *, whole: bool) -> int | None:
        peak = self.device.peak_bytes()
        if peak is not None:
            self.told(peak, whole)
        return peak


def device(name: str) -> Device:
    """The device of this name: cpu, cuda (the first graphics card), cuda:1. UserError where it is not there."""
    return Cpu() if name == "cpu" else Cuda(cards(name)[0].name)


def cards(name: str) -> list[Card]:
    """The graphics cards that `name` means: none for cpu, all for cuda. Raises UserError where there are none."""
    if name == "cpu":
        return []
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    wanted = range(count) if name == "cuda" else [int(name.removeprefix("cuda:"))]
    if not count or any(number >= count for number in wanted):
        seen = f"torch sees {count} graphics cards here" if count else "torch sees no graphics card here"
        raise UserError(f"--device {name}: {seen}; --device cpu runs without")
    found = [f"cuda:{number}" for number in wanted]
    return [Card(one, torch.cuda.mem_get_info(one)[0]) for one in found]

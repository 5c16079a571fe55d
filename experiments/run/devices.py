"""The device of a run: the CPU, or a GPU that it may share with other runs."""

import os
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch

from user_error import UserError

from ..config.run_result import GpuUse, JsonObject
from .slot import FIRST_RUN_MARGIN

WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"
TF32 = ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE")
PeakCallback = Callable[[int, bool], None]
"""Called with the peak memory in bytes, and whether that covers a whole epoch with its validation."""


class Card(NamedTuple):
    """A GPU: torch's name for it, and its free memory."""

    name: str
    free_bytes: int


class Device(Protocol):
    """The operations that a run needs of its device."""

    name: str

    def prepare(self) -> None:
        """Prepare the device for reproducible results, before anything is on it."""

    def limit_memory(self, most: int) -> None:
        """Limit this process's memory on the device; beyond it, torch raises OutOfMemoryError."""

    def peak_bytes(self) -> int | None:
        """Return this process's peak memory on the device; None if that is not counted."""

    def identity(self) -> JsonObject:
        """Return the properties of the device that may change the bits of a result."""

    def reading(self, seconds: float) -> GpuUse | None:
        """Return the record of the device's use; None for the CPU. `seconds`: the duration of the run."""


class Cpu:
    """The CPU, whose memory is the process's own and is limited by the engine."""

    name = "cpu"

    def prepare(self) -> None:
        pass

    def limit_memory(self, most: int) -> None:
        pass

    def peak_bytes(self) -> int | None:
        return None

    def identity(self) -> JsonObject:
        return {"device": "cpu"}

    def reading(self, seconds: float) -> GpuUse | None:
        return None


class Cuda:
    """One GPU, with torch's caching allocator."""

    def __init__(self, name: str) -> None:
        self.name = name

    def prepare(self) -> None:
        os.environ.setdefault(WORKSPACE, ":4096:8")  # without it, cuBLAS is not deterministic
        torch.cuda.set_device(self.name)

    def limit_memory(self, most: int) -> None:
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
    """A run's share of a device: its memory limit, and reports of its peak memory.

    on_peak: called after this process's first step and after its first epoch. A run that shares its GPU and has no
    limit yet is then limited to FIRST_RUN_MARGIN times its peak, so that other runs can rely on the rest.
    """

    def __init__(
        self,
        device: Device,
        *,
        memory: int | None = None,
        shared: bool = False,
        on_peak: PeakCallback = lambda peak, whole_epoch: None,
    ) -> None:
        self.device, self.memory, self.shared, self.on_peak = device, memory, shared, on_peak
        self._step_done = self._epoch_done = False

    def begin(self) -> None:
        """Prepare the device and set the memory limit, before anything is on it."""
        self.device.prepare()
        if self.memory is not None:
            self.device.limit_memory(self.memory)

    def after_step(self) -> None:
        """Report the peak memory after the first step."""
        if not self._step_done:
            self._step_done = True
            self._report_peak(whole_epoch=False)

    def after_epoch(self) -> None:
        """Report the peak memory after the first epoch, and limit a first run to its margin above it."""
        if not self._epoch_done:
            self._epoch_done = True
            peak = self._report_peak(whole_epoch=True)
            if peak is not None and self.shared and self.memory is None:
                self.device.limit_memory(int(FIRST_RUN_MARGIN * peak))

    def _report_peak(self, *, whole_epoch: bool) -> int | None:
        peak = self.device.peak_bytes()
        if peak is not None:
            self.on_peak(peak, whole_epoch)
        return peak


def find_device(name: str) -> Device:
    """Return the device of a name such as cpu, cuda (the first GPU) or cuda:1. Raises UserError if it is missing."""
    return Cpu() if name == "cpu" else Cuda(find_cards(name)[0].name)


def find_cards(name: str) -> list[Card]:
    """List the GPUs that a name means: none for cpu, all for cuda. Raises UserError if they are missing."""
    if name == "cpu":
        return []
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    numbers = range(count) if name == "cuda" else [int(name.removeprefix("cuda:"))]
    if not count or any(number >= count for number in numbers):
        available = f"torch sees {count} graphics cards here" if count else "torch sees no graphics card here"
        raise UserError(f"--device {name}: {available}; --device cpu runs without")
    names = [f"cuda:{number}" for number in numbers]
    return [Card(cuda, torch.cuda.mem_get_info(cuda)[0]) for cuda in names]

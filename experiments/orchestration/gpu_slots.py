"""Scheduling of runs on GPUs: a GPU takes as many runs as its memory holds, by the peaks of runs like them.

A run's memory is reserved before it starts. Only one run at a time starts on a GPU: the next one waits until the first
has made a training step, so that both never count on the same free memory. Imports no torch: workers send the peaks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..run.slot import CPU, FIRST_RUN_MARGIN, Slot

HEADROOM = 1.1
"""Factor from the peak of runs of the same arm and setting to the memory that a run may hold."""
CONTEXT_BYTES = 600 * 2**20
"""Bytes that a process holds on a GPU outside torch's allocator (CUDA context, libraries): a cautious estimate."""

RunKind = tuple[str, str]
"""Setting and arm: runs of one kind need the same memory."""


@dataclass
class _Reservation:
    kind: RunKind
    reserved_bytes: int
    measured: bool = False
    """Whether the run has trained long enough for its memory to show in the GPU's free memory."""
    whole_gpu: bool = False


@dataclass
class _Gpu:
    name: str
    total: int
    reservations: dict[str, _Reservation] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.total - sum(reservation.reserved_bytes for reservation in self.reservations.values())

    @property
    def measured(self) -> bool:
        return all(reservation.measured for reservation in self.reservations.values())

    def reserve(self, key: str, kind: RunKind, memory: int | None) -> bool:
        """Reserve memory and context for a run (all of the GPU for None); return False if that does not fit now."""
        whole_gpu = memory is None or memory + CONTEXT_BYTES > self.total
        needed = self.total if memory is None or whole_gpu else memory + CONTEXT_BYTES
        if not self.measured or needed > self.free:
            return False
        self.reservations[key] = _Reservation(kind, needed, whole_gpu=whole_gpu)
        return True


class GpuSlots:
    """The GPUs of this machine (torch's name, free bytes) and the runs on them; without GPUs all run on the CPU."""

    def __init__(self, gpus: Iterable[tuple[str, int]] = ()) -> None:
        self._gpus = [_Gpu(name, total) for name, total in gpus]
        self._peaks: dict[RunKind, int] = {}

    def __bool__(self) -> bool:
        return bool(self._gpus)

    def record_peak(self, kind: RunKind, peak: int) -> None:
        """Remember that a run of this kind has held `peak` bytes."""
        self._peaks[kind] = max(peak, self._peaks.get(kind, 0))

    def reserve(self, key: str, kind: RunKind, *, alone: bool = False) -> Slot | None:
        """Reserve a slot for the run until `release`; return None if no GPU has room now.

        A run whose memory cannot be predicted, or that must run `alone`, gets a whole GPU.
        """
        if not self._gpus:
            return CPU
        memory = None if alone else self._predict_memory(kind)
        for gpu in sorted(self._gpus, key=lambda gpu: -gpu.free):
            if gpu.reserve(key, kind, memory):
                whole_gpu = gpu.reservations[key].whole_gpu
                return Slot(gpu.name, None if whole_gpu else memory, shared=not alone)
        return None

    def _predict_memory(self, kind: RunKind) -> int | None:
        if kind in self._peaks:
            return int(HEADROOM * self._peaks[kind])
        peaks = [peak for (setting, _), peak in self._peaks.items() if setting == kind[0]]
        return int(FIRST_RUN_MARGIN * max(peaks)) if peaks else None

    def observe(self, key: str, peak: int, whole_epoch: bool) -> None:
        """Take in the bytes that a run has held so far; after an epoch with validation, free what it does not need."""
        for gpu in self._gpus:
            reservation = gpu.reservations.get(key)
            if reservation is None:
                continue
            reservation.measured = reservation.measured or whole_epoch or not reservation.whole_gpu
            if whole_epoch:
                self.record_peak(reservation.kind, peak)
                if reservation.whole_gpu:
                    needed = int(FIRST_RUN_MARGIN * peak) + CONTEXT_BYTES
                    reservation.reserved_bytes = min(reservation.reserved_bytes, needed)

    def release(self, key: str, *, out_of_memory: bool = False) -> None:
        """Free the slot of a run that has ended; if it ran out of memory, reserve more for runs of its kind."""
        for gpu in self._gpus:
            reservation = gpu.reservations.pop(key, None)
            if reservation is not None and out_of_memory:
                held = reservation.reserved_bytes - CONTEXT_BYTES
                self.record_peak(reservation.kind, int(FIRST_RUN_MARGIN * held))

"""Which run goes to which graphics card: as many on one as the memory allows that runs like it were seen to hold.

A card's memory is promised before a run starts. Of starters on one card each waits until the first step of the one
before is over, so that two cannot see the same free memory. Imports no torch: what is measured comes from workers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from user_error import UserError

from ..run.slot import CPU, FIRST_RUN_MARGIN, Slot

HEADROOM = 1.1
"""A run may hold so many times the peak that runs of its arm and setting were seen at."""
CONTEXT = 600 * 2**20
"""Bytes of a process on a card beyond torch's allocator (CUDA's context and libraries): a cautious guess."""

Kind = tuple[str, str]
"""Setting and arm: runs of one kind hold the same."""


@dataclass
class _Guest:
    kind: Kind
    promised: int
    settled: bool
    stranger: bool


@dataclass
class _Card:
    name: str
    total: int
    guests: dict[str, _Guest] = field(default_factory=dict)

    @property
    def free(self) -> int:
        return self.total - sum(guest.promised for guest in self.guests.values())

    @property
    def settled(self) -> bool:
        return all(guest.settled for guest in self.guests.values())


class GpuSlots:
    """The cards of this machine and who is on them; without cards every run goes to the CPU."""

    def __init__(self, cards: Iterable[tuple[str, int]] = ()) -> None:
        self._cards = [_Card(name, total) for name, total in cards]
        self._peaks: dict[Kind, int] = {}

    def __bool__(self) -> bool:
        return bool(self._cards)

    def learn(self, kind: Kind, peak: int) -> None:
        """A run of this kind has held so many bytes."""
        self._peaks[kind] = max(peak, self._peaks.get(kind, 0))

    def take(self, key: str, kind: Kind, *, alone: bool = False) -> Slot | None:
        """A place for the run, which is its own until `leave`; None while there is none.

        A run of which nothing is known, and one that must be `alone`, has a card to itself.
        """
        if not self._cards:
            return CPU
        memory = None if alone else self._memory(kind)
        for card in sorted(self._cards, key=lambda one: -one.free):
            if memory is None or memory + CONTEXT > card.total:
                if not card.guests:
                    card.guests[key] = _Guest(kind, card.total, settled=False, stranger=True)
                    return Slot(card.name, None, shared=not alone)
            elif card.settled and memory + CONTEXT <= card.free:
                card.guests[key] = _Guest(kind, memory + CONTEXT, settled=False, stranger=False)
                return Slot(card.name, memory)
        return None

    def _memory(self, kind: Kind) -> int | None:
        if kind in self._peaks:
            return int(HEADROOM * self._peaks[kind])
        of_setting = [peak for (setting, _), peak in self._peaks.items() if setting == kind[0]]
        return int(FIRST_RUN_MARGIN * max(of_setting)) if of_setting else None

    def seen(self, key: str, peak: int, whole_epoch: bool) -> None:
        """The run has held so many bytes so far. After an epoch with its validation the rest of its promise is free."""
        for card in self._cards:
            guest = card.guests.get(key)
            if guest is None:
                continue
            guest.settled = guest.settled or whole_epoch or not guest.stranger
            if whole_epoch:
                self.learn(guest.kind, peak)
                if guest.stranger:
                    guest.promised = min(guest.promised, int(FIRST_RUN_MARGIN * peak) + CONTEXT)

    def leave(self, key: str, *, broke: bool = False) -> None:
        """The run's process has ended; `broke`: for want of memory, so that runs like it are promised more."""
        for card in self._cards:
            guest = card.guests.pop(key, None)
            if guest is not None and broke:
                self.learn(guest.kind, int(FIRST_RUN_MARGIN * (guest.promised - CONTEXT)))


def check(name: str) -> str:
    """The name of a device as `--device` takes it. Raises UserError."""
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UserError(f"--device: {name!r} is none of cpu, cuda (all graphics cards), cuda:N")
    return name

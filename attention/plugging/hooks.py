"""What a plugged model's forward hooks do: partials of these functions, so that it can be copied, pickled, compiled."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from user_error import UserError

from .layouts import Layout, from_map, to_map


class Turn:
    """Which call of a module comes next in this forward."""

    def __init__(self, calls: int) -> None:
        self.calls, self.next = calls, 0

    def take(self) -> int:
        """This call's number; the next call has the next one."""
        turn = self.next % self.calls
        self.next = turn + 1
        return turn


class Kept:
    """What a module last returned, for others further on; copies of the model start without it.

    It stays until the next forward: gradient checkpointing runs those others once more in the backward.
    """

    output: Any = None

    def take(self, module: nn.Module, args: object, output: Any) -> None:
        """A forward hook."""
        self.output = output

    def __getstate__(self) -> dict[str, Any]:
        return {}


class Source(NamedTuple):
    """Where a map is found: in an output at hand, or in what another module's hook kept."""

    entry: int | None
    layout: Layout
    kept: Kept | None = None

    def map(self, output: Any = None) -> Tensor:
        """The map, (B, C, H, W)."""
        whole = output if self.kept is None else self.kept.output
        return to_map(whole if self.entry is None else _several(whole)[self.entry], self.layout)


class Way(NamedTuple):
    """What a map goes through."""

    module: nn.Module
    layout: Layout
    second: Source | None


Entries = dict[int | None, Way]
"""What a module's output goes through, by its entry (None: all of it)."""


def restart(turn: Turn, module: nn.Module, args: object) -> None:
    turn.next = 0


def through_turn(turn: Turn, calls: dict[int, Entries], module: nn.Module, args: object, output: Any) -> Any:
    entries = calls.get(turn.take())
    return output if entries is None else through(entries, module, args, output)


def through(entries: Entries, module: nn.Module, args: object, output: Any) -> Any:
    if None in entries:
        return _gated(entries[None], output, output)
    several = _several(output)
    found = [_gated(entries[at], each, output) if at in entries else each for at, each in enumerate(several)]
    gated = tuple(found) if isinstance(several, tuple) else found
    return gated if several is output else (gated, *output[1:])


def _several(output: Any) -> Sequence[Tensor]:
    """The maps of an output of several, or of its first part where that has them."""
    found: Sequence[Tensor] = output[0] if isinstance(output[0], list | tuple) else output
    return found


def _gated(way: Way, value: Tensor, output: Any) -> Tensor:
    map_BCHW = to_map(value, way.layout)
    given = (map_BCHW,) if way.second is None else (map_BCHW, way.second.map(output))
    gated_BCHW: Tensor = way.module(*given)
    if gated_BCHW.shape != map_BCHW.shape:
        raise UserError(
            f"{type(way.module).__name__} makes {tuple(gated_BCHW.shape)} of {tuple(map_BCHW.shape)}"
        )
    return from_map(gated_BCHW, value, way.layout)


def keep(kept: Kept, module: nn.Module, args: object, output: Any) -> None:
    kept.take(module, args, output)


HOOKS = (through, through_turn, restart, keep)

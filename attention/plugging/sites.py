"""Where a model can take attention modules: residual branches, stages, a decoder's skips and blocks, named modules."""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from torch import Tensor, nn

from user_error import UserError

from ..options import nearest
from .block_sites import blocks
from .decoder_sites import decoder_blocks, skips
from .layouts import Grid, Layout
from .native_sites import CONV, NATIVE, convolutions, natives, refuse_dropping, refuse_fused
from .probed_model import Place, Probed, Second, parts
from .stage_sites import stages

FINDERS: dict[str, Callable[[Probed], list[Place]]] = {
    "block": blocks,
    "stage": stages,
    "skip": skips,
    "decoder": decoder_blocks,
    CONV: convolutions,
    NATIVE: natives,
}
KINDS = tuple(FINDERS)


class Site(NamedTuple):
    """One place: its name, and the map there.

    name: the path of the module whose output is gated; with "#2" only its second call of a forward, with "[1]"
    only entry 1 of its output (for a skip, 'encoder[2]'). stage counts from 1; the stem is not a stage.
    grid is (height, width) at the probing example's size. residual: False where a block has no addition.
    vacates: the module itself gives way. second: where a module of two inputs finds its other map: of a skip the
    next deeper one, of a stage the one before, or where its module returns several maps the next of those.
    """

    name: str
    kind: str
    stage: int
    channels: int
    grid: Grid
    layout: str = "NCHW"
    prefix: int = 0
    windows: tuple[Grid, ...] = ()
    residual: bool = True
    calls: int = 1
    vacates: bool = False
    second: Second | None = None

    @property
    def path(self) -> str:
        """The path of the module that is hooked."""
        return parts(self.name)[0]

    @property
    def call(self) -> int | None:
        """Which call of a forward, from 0; None for a module that is called once."""
        return parts(self.name)[1]

    @property
    def entry(self) -> int | None:
        """Which entry of the output; None for all of it."""
        return parts(self.name)[2]

    @property
    def view(self) -> Layout:
        """How the map lies in the tensor."""
        return Layout(self.layout, self.channels, self.grid, self.prefix, self.windows)


def sites(model: nn.Module, where: str, *, example: Tensor) -> list[Site]:
    """The places that `where` names, by one probing forward of `example` in evaluation mode.

    where: block (the end of each residual branch, before the addition; in a model without residual branches
    the output of each repeated block), stage, skip (what a decoder receives), decoder (its blocks), conv (3x3
    convolutions that a module can replace), native (the model's own attention modules); each with an optional
    choice of stages, as in "block@1,2"; or a pattern of module paths, as in "layer[34].*". Raises UserError
    where it is misspelt, nothing matches, or the model is fused.
    """
    _read(where)
    refuse_fused(model)
    refuse_dropping(model)
    return located(Probed(model, example), where)


def located(probed: Probed, where: str) -> list[Site]:
    """The same in a model that is probed already."""
    kind, wanted = _read(where)
    if kind not in FINDERS:
        return _matching(probed, where)
    found = [_site(kind, place) for place in FINDERS[kind](probed)]
    chosen = [site for site in found if not wanted or site.stage in wanted]
    missing = sorted(wanted - {site.stage for site in found})
    if missing or not chosen:
        have = f"it has them at {_list(site.stage for site in found)}" if found else "it has none"
        at = f" at stage {_list(missing)}" if missing else ""
        raise UserError(f"site {where!r}: {type(probed.model).__name__} has no {kind}{at}; {have}")
    return chosen


def _site(kind: str, place: Place) -> Site:
    layout = place.layout
    return Site(
        place.name,
        kind,
        place.stage,
        layout.channels,
        layout.grid,
        layout.name,
        layout.prefix,
        layout.windows,
        place.residual,
        place.calls,
        kind in (CONV, NATIVE),
        place.second,
    )


def _matching(probed: Probed, pattern: str) -> list[Site]:
    """The modules whose paths the pattern covers and that return a map."""
    found = probed.places(name for name in probed.modules if _covers(pattern, name))
    if not found:
        raise UserError(
            f"site {pattern!r}: {type(probed.model).__name__} has no such module that returns a map"
        )
    return [_site("named", place) for place in found]


def _covers(pattern: str, name: str) -> bool:
    """Part by part: a star stands for one part of a path."""
    parts, wanted = name.split("."), pattern.split(".")
    return bool(name) and len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _list(stages: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(stages))))


def _read(where: str) -> tuple[str, set[int]]:
    """Kind and stages; a pattern has a dot, a star, or a bracket."""
    kind, at, chosen = where.partition("@")
    if kind not in KINDS and not at and re.search(r"[.*?\[]", where):
        return where, set()
    if kind not in KINDS:
        raise UserError(f"no site {where!r}; {nearest(kind, KINDS)}")
    if at and not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", chosen):
        raise UserError(f"site {where!r}: after @ come stages from 1, such as {kind}@1,2")
    return kind, {int(stage) for stage in chosen.split(",")} if at else set()

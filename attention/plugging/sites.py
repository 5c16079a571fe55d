"""Where attention modules can be plugged: residual branches, stages, a decoder's skips and blocks, named modules."""

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from torch import Tensor, nn

from user_error import UserError, nearest

from .block_sites import blocks
from .decoder_sites import decoder_blocks, skips
from .layouts import Grid, Layout
from .native_sites import CONV, NATIVE, convolutions, native_attention, reject_fused, reject_patch_dropout
from .probed_model import Candidate, ProbedModel, SecondMap, parse_output_name
from .stage_sites import stages

FINDERS: dict[str, Callable[[ProbedModel], list[Candidate]]] = {
    "block": blocks,
    "stage": stages,
    "skip": skips,
    "decoder": decoder_blocks,
    CONV: convolutions,
    NATIVE: native_attention,
}
KINDS = tuple(FINDERS)


class Site(NamedTuple):
    """One site: its name, and the map there.

    name: the path of the module whose output is plugged; with "#2" only its second call in a forward, with "[1]" only
    entry 1 of its output (for a skip, 'encoder[2]'). stage counts from 1; the stem is no stage. grid is (height, width)
    at the example's size. residual is False for a block without an addition. replaces_module: the plug replaces the
    module instead of following it. second: where a two-input module reads its second map: for a skip the next deeper
    skip, for a stage the previous one, or, if its module returns several maps, the next of those.
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
    replaces_module: bool = False
    second: SecondMap | None = None

    @property
    def path(self) -> str:
        """Return the path of the hooked module."""
        return parse_output_name(self.name)[0]

    @property
    def call(self) -> int | None:
        """Return which call in a forward, from 0; None for a module that is called once."""
        return parse_output_name(self.name)[1]

    @property
    def entry(self) -> int | None:
        """Return which entry of the output; None for the whole output."""
        return parse_output_name(self.name)[2]

    @property
    def view(self) -> Layout:
        """Return the map's layout in the tensor."""
        return Layout(self.layout, self.channels, self.grid, self.prefix, self.windows)


def sites(model: nn.Module, where: str, *, example: Tensor) -> list[Site]:
    """Find the sites that `where` names, by one forward of `example` in evaluation mode.

    where: block (the end of each residual branch, before the addition; in a model without residual branches
    the output of each repeated block), stage, skip (a decoder's inputs), decoder (its blocks), conv (3x3
    convolutions that a module can replace), native (the model's own attention modules); each with an optional
    choice of stages, as in "block@1,2"; or a pattern of module paths, as in "layer[34].*".
    Raises UserError if `where` is misspelled, if nothing matches, and for a model that is fused or drops tokens.
    """
    _parse_where(where)
    reject_fused(model)
    reject_patch_dropout(model)
    return find_sites(ProbedModel(model, example), where)


def find_sites(probed: ProbedModel, where: str) -> list[Site]:
    """Find the sites that `where` names in a model that is probed already. Raises UserError as `sites` does."""
    kind, stage_numbers = _parse_where(where)
    if kind not in FINDERS:
        return _match_pattern(probed, where)
    available = [_make_site(kind, candidate) for candidate in FINDERS[kind](probed)]
    selected = [site for site in available if not stage_numbers or site.stage in stage_numbers]
    missing = sorted(stage_numbers - {site.stage for site in available})
    if missing or not selected:
        have = (
            f"it has them at {_join_numbers(site.stage for site in available)}"
            if available
            else "it has none"
        )
        at = f" at stage {_join_numbers(missing)}" if missing else ""
        raise UserError(f"site {where!r}: {type(probed.model).__name__} has no {kind}{at}; {have}")
    return selected


def _make_site(kind: str, candidate: Candidate) -> Site:
    layout = candidate.layout
    return Site(
        candidate.name,
        kind,
        candidate.stage,
        layout.channels,
        layout.grid,
        layout.name,
        layout.prefix,
        layout.windows,
        candidate.residual,
        candidate.calls,
        kind in (CONV, NATIVE),
        candidate.second,
    )


def _match_pattern(probed: ProbedModel, pattern: str) -> list[Site]:
    """Find the modules that return a map and whose paths match the pattern."""
    matches = probed.candidates(name for name in probed.modules if _pattern_matches(pattern, name))
    if not matches:
        raise UserError(
            f"site {pattern!r}: {type(probed.model).__name__} has no module of this name that returns a map"
        )
    return [_make_site("named", candidate) for candidate in matches]


def _pattern_matches(pattern: str, name: str) -> bool:
    """Match a path part by part: a star stands for one part."""
    parts, patterns = name.split("."), pattern.split(".")
    return bool(name) and len(parts) == len(patterns) and all(map(fnmatchcase, parts, patterns))


def _join_numbers(stages: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(stages))))


def _parse_where(where: str) -> tuple[str, set[int]]:
    """Split `where` into kind and stages; a pattern has a dot, a star, or a bracket. Raises UserError if misspelled."""
    kind, at, numbers = where.partition("@")
    if kind not in KINDS and not at and re.search(r"[.*?\[]", where):
        return where, set()
    if kind not in KINDS:
        raise UserError(f"no site {where!r}{nearest(kind, KINDS)}")
    if at and not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", numbers):
        raise UserError(f"site {where!r}: after @ write stage numbers from 1, such as {kind}@1,2")
    return kind, {int(stage) for stage in numbers.split(",")} if at else set()

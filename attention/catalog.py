"""The catalogue: every attention module by name, with its paper, kind and promises. An explicit table.

Also what a name and options mean: parsing, defaults, the canonical form that keys are made of, and the
values that take effect at a width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, cast

from torch import nn

from .channel.cse import Cse
from .channel.eca import Eca
from .channel.se import Se
from .channel_spatial.cbam import Cbam
from .channel_spatial.scse import Scse
from .control.constant_gate import ConstantGate
from .control.shuffled_gate import ShuffledGate
from .options import MinHidden, Option, Reduction, Scalar, check, convert, hidden_width, nearest, read
from .spatial.sse import Sse
from .token.non_local import NonLocal

BATCH_NORM = "batch norm in training needs more than one value a channel"
PLACEBO = "a placebo: its gate belongs to the neighbour in the batch on purpose"


@dataclass(frozen=True)
class Entry:
    """One module of the catalogue.

    kind: gate, residual, branch, two_input or control. identity: what a fresh module does at default options:
    exact, approximate or none. exemptions: contract -> why this module need not hold it.
    """

    name: str
    make: type[nn.Module]
    kind: str
    paper: str
    year: int
    identity: str = "exact"
    exemptions: Mapping[str, str] = field(default_factory=dict)


ENTRIES = (
    Entry("se", Se, "gate", "Hu et al., CVPR 2018, arXiv:1709.01507", 2018),
    Entry("eca", Eca, "gate", "Wang et al., CVPR 2020, arXiv:1910.03151", 2020),
    Entry("cse", Cse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018),
    Entry("sse", Sse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018),
    Entry("cbam", Cbam, "gate", "Woo et al., ECCV 2018, arXiv:1807.06521", 2018,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("scse", Scse, "gate", "Roy et al., MICCAI 2018, arXiv:1803.02579", 2018),
    Entry("non_local", NonLocal, "residual", "Wang et al., CVPR 2018, arXiv:1711.07971", 2018,
          exemptions={"batch_one_training": BATCH_NORM}),
    Entry("constant_gate", ConstantGate, "control", "a control of this suite", 2026),
    Entry("shuffled_gate", ShuffledGate, "control", "a control of this suite", 2026,
          exemptions={"independence": PLACEBO}),
)  # fmt: skip

CATALOG: dict[str, Entry] = {entry.name: entry for entry in ENTRIES}


def find(name: str) -> Entry:
    """The entry of this name; ValueError gives the nearest one."""
    if name not in CATALOG:
        raise ValueError(f"no attention module {name!r}; {nearest(name, CATALOG)}")
    return CATALOG[name]


def build(name: str, channels: int, **options: Scalar) -> nn.Module:
    """The module `name` for maps of this many channels; options are checked, the rest take their defaults."""
    make = cast(Any, find(name).make)
    module: nn.Module = make(channels, **check(make, options, name=name))
    return module


def parse(text: str) -> tuple[str, dict[str, Scalar]]:
    """'cbam:reduction=8,kernel_size=7' -> ('cbam', {'reduction': 8, 'kernel_size': 7}), checked."""
    name, _, rest = text.strip().partition(":")
    entry = find(name.strip())
    known, options = read(entry.make), {}
    for part in filter(None, (p.strip() for p in rest.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise ValueError(f"{text!r}: {part!r} is not of the form option=value")
        if key in options:
            raise ValueError(f"{text!r}: {key} is given twice")
        options[key] = convert(value, known[key]) if key in known else value
    check(entry.make, options, name=entry.name)
    return entry.name, options


def effective(name: str, options: Mapping[str, Scalar], channels: int = 64) -> dict[str, Scalar]:
    """What the options come to at this width, such as {"hidden": 8}; {} where nothing is derived."""
    make = find(name).make
    return _effective(make, check(make, options, name=name), channels)


def _effective(make: type[nn.Module], options: Mapping[str, Scalar], channels: int) -> dict[str, Scalar]:
    if "effective" in vars(make):
        derived: dict[str, Scalar] = cast(Any, make).effective(channels, **options)
        return derived
    hidden = {"reduction", "min_hidden"} <= options.keys()
    return {"hidden": hidden_width(channels, *_widths(options))} if hidden else {}


def _widths(options: Mapping[str, Scalar]) -> tuple[int, int]:
    return cast(int, options["reduction"]), cast(int, options["min_hidden"])


def canonical(
    name: str, options: Mapping[str, Scalar], channels: Sequence[int] = (16, 32, 64)
) -> dict[str, Scalar]:
    """All options, checked; two spellings that build the same modules at all these widths give equal dicts.

    An option that does nothing beside the others takes its default. Options that act only through what they
    come to (reduction and min_hidden through the hidden width) take, of all values that come to the same,
    those with the most defaults among the secondary ones and then the first of their domains.
    """
    return canonical_of(find(name), options, channels)


def canonical_of(entry: Entry, options: Mapping[str, Scalar], channels: Sequence[int]) -> dict[str, Scalar]:
    """The same for an entry that need not be in the catalogue."""
    make, known = entry.make, read(entry.make)
    values = check(make, options, name=entry.name)
    for key in _inactive(make, values):
        values[key] = known[key].default
    derived = _derived(make, known)
    if not derived:
        return values
    wanted = [_effective(make, values, width) for width in channels]
    spellings = [{**values, **dict(zip(derived, choice, strict=True))} for choice in _choices(derived, known)]
    return next(s for s in spellings if [_effective(make, s, width) for width in channels] == wanted)


def _inactive(make: type[nn.Module], values: Mapping[str, Scalar]) -> set[str]:
    if "inactive" not in vars(make):
        return set()
    names: set[str] = cast(Any, make).inactive(**values)
    return names


def _derived(make: type[nn.Module], known: Mapping[str, Option]) -> tuple[str, ...]:
    """The options that act only through the effective values: the primary one first."""
    if "derived" in vars(make):
        names: tuple[str, ...] = cast(Any, make).derived
        return names
    return tuple(k for kind in (Reduction, MinHidden) for k, o in known.items() if isinstance(o.domain, kind))


def _choices(derived: Sequence[str], known: Mapping[str, Option]) -> list[tuple[Scalar, ...]]:
    """All combinations of the derived options; those with the secondary options at their defaults first."""
    choices = list(product(*(known[name].domain.values() or () for name in derived)))
    defaults = tuple(known[name].default for name in derived)
    return sorted(choices, key=lambda c: sum(a != b for a, b in zip(c[1:], defaults[1:], strict=True)))

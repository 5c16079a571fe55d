"""One probed model: which module returned which tensor, as what map, in which stage."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from torch import Tensor, nn

from .layouts import Grid, Layout, fitted
from .trace import PASSING, SLICING, Call, Graph, Node, probe


class Second(NamedTuple):
    """The place that a module of two inputs finds its other map at."""

    name: str
    layout: Layout


class Place(NamedTuple):
    """A site before it has a kind: name (path, call, entry), layout, stage, how often its module is called."""

    name: str
    layout: Layout
    stage: int
    moment: int
    calls: int = 1
    residual: bool = True
    second: Second | None = None


class Point(NamedTuple):
    """The output of one stage: where, as what, its tensor, and the moment it was ready."""

    name: str
    layout: Layout
    node: Node
    ended: int


class Probed:
    """A model and its recorded forward."""

    def __init__(self, model: nn.Module, example: Tensor) -> None:
        self.model = model
        self.graph: Graph = probe(model, example)
        self.image: Grid = (example.shape[-2], example.shape[-1])
        self.modules = dict(model.named_modules())
        self.called = Counter(call.name for call in self.graph.calls)
        self.trunk_name, self.trunk = _trunk(model)
        self.prefix: int | None = next(_numbers(self.trunk, "num_prefix_tokens"), None)
        self.hint = str(getattr(getattr(self.trunk, "output_fmt", ""), "value", ""))

    @property
    def inside(self) -> str:
        """How the paths of the trunk's modules begin."""
        return f"{self.trunk_name}." if self.trunk_name else ""

    @cached_property
    def returned(self) -> dict[Node, list[tuple[Call, int | None]]]:
        """For each tensor the calls that returned it, whole or as an entry, in order."""
        found: dict[Node, list[tuple[Call, int | None]]] = {}
        for call in self.graph.calls:
            for entry, node in call.outputs.items():
                found.setdefault(node, []).append((call, entry))
        return found

    @cached_property
    def uses(self) -> Counter[Node]:
        """How many later tensors were made from each."""
        return Counter(parent for node in self.graph.nodes for parent in set(node.parents))

    @cached_property
    def whole(self) -> Counter[Node]:
        """How many later tensors were made from each other than by slicing it."""
        sliced = (node for node in self.graph.nodes if node.operation not in SLICING)
        return Counter(parent for node in sliced for parent in set(node.parents))

    @cached_property
    def by_name(self) -> dict[str, list[Call]]:
        """The calls of each module."""
        found: dict[str, list[Call]] = {}
        for call in self.graph.calls:
            found.setdefault(call.name, []).append(call)
        return found

    def layout(self, node: Node, name: str, *, channels: int | None = None) -> Layout | None:
        """How this module's tensor holds a map."""
        layout = fitted(node.shape, self.image, prefix=self.prefix, hint=self.hint, channels=channels)
        for at, module in _ancestors(self.modules, name):
            size = getattr(module, "block_size", None)
            if (
                at
                and isinstance(size, int)
                and hasattr(module, "transformer_encoder")
                and len(node.shape) == 4
            ):
                return _nested(node, size) if at != name else layout
            if hasattr(module, "reroll") and hasattr(module, "unroll") and len(node.shape) == 3:
                return _unrolled(node, module) or layout
        return layout

    def name(self, call: Call, entry: int | None) -> str:
        """A place's name: the path, the call where there are several, the entry where it is one of several."""
        count = f"#{call.number + 1}" if self.called[call.name] > 1 else ""
        return f"{call.name}{count}" + ("" if entry is None else f"[{entry}]")

    def stage(self, layout: Layout, moment: int, points: list[Point]) -> int:
        """The first stage that ends after this moment."""
        return next((i for i, p in enumerate(points, 1) if p.ended >= moment), max(1, len(points)))

    def source(self, node: Node, *, floor: int = -1) -> tuple[Call, int | None] | None:
        """The last module that returned this tensor, walking back through scalings, views and slices."""
        uses = self.uses
        while uses[node] <= (uses is self.uses) and node.index > floor:
            for call, entry in reversed(self.returned.get(node, [])):
                if call.name and not isinstance(self.modules[call.name], nn.ModuleList):
                    return call, entry
            if node.operation not in (*PASSING, *SLICING) or len(node.parents) != 1:
                return None
            uses = self.whole if node.operation in SLICING else self.uses
            node = node.parents[0]
        return None

    def map_of(self, call: Call, *, channels: int | None = None) -> tuple[int | None, Node, Layout] | None:
        """The entry of a call's output that is a map: the first that has these channels."""
        for entry, node in call.outputs.items():
            layout = self.layout(node, call.name, channels=channels)
            if layout is not None and node.parents:
                return entry, node, layout
        return None

    def places(self, names: Iterable[str], points: list[Point] | None = None) -> list[Place]:
        """The outputs of these modules, at each of their calls, that are maps."""
        found: list[Place] = []
        for name in names:
            for call in self.by_name.get(name, []):
                one = self.map_of(call)
                if one is not None:
                    entry, node, layout = one
                    stage = self.stage(layout, node.index, points or [])
                    place = self.name(call, entry)
                    found.append(Place(place, layout, stage, node.index, self.called[name]))
        return found


def _numbers(model: nn.Module, name: str) -> Iterator[int]:
    return (n for module in model.modules() if isinstance(n := getattr(module, name, None), int))


def _ancestors(modules: dict[str, nn.Module], name: str) -> Iterable[tuple[str, nn.Module]]:
    """A module and those around it, from the inside."""
    while True:
        yield name, modules[name]
        if not name:
            return
        name = name.rpartition(".")[0]


def _nested(node: Node, size: int) -> Layout | None:
    side = math.isqrt(node.shape[1])
    if side * side * size * size != node.shape[1] * node.shape[2]:
        return None
    return Layout("nested", node.shape[3], (side * size, side * size), 0, ((side, side), (size, size)))


def _unrolled(node: Node, model: Any) -> Layout | None:
    """By the schedule of windows that is left when the model has pooled to this many tokens."""
    size, schedule = tuple(model.reroll.size), [tuple(stride) for stride in model.unroll.schedule]
    while schedule and math.prod(size) > node.shape[1]:
        size = tuple(side // stride for side, stride in zip(size, schedule.pop(0), strict=True))
    if len(size) != 2 or math.prod(size) != node.shape[1]:
        return None
    inner = size
    for stride in schedule:
        inner = (inner[0] // stride[0], inner[1] // stride[1])
    return Layout("unrolled", node.shape[2], (size[0], size[1]), 0, (*schedule, inner))


def is_segmenter(model: nn.Module) -> bool:
    """It has an encoder and a decoder."""
    return all(isinstance(getattr(model, part, None), nn.Module) for part in ("encoder", "decoder"))


def _trunk(model: nn.Module) -> tuple[str, nn.Module]:
    """The feature extractor: the model itself, or a segmenter's encoder without SMP's wrapper."""
    if not is_segmenter(model):
        return "", model
    inner = getattr(model.encoder, "model", None)
    if isinstance(inner, nn.Module) and hasattr(inner, "feature_info"):
        return "encoder.model", inner
    return "encoder", model.get_submodule("encoder")


def parts(name: str) -> tuple[str, int | None, int | None]:
    """'blocks.2#2[1]' -> ('blocks.2', 1, 1): a place's module, which call of a forward, which entry of its output."""
    found = re.fullmatch(r"([^#\[]*)(?:#(\d+))?(?:\[(\d+)\])?", name)
    path, call, entry = found.groups() if found else (name, None, None)
    return path, int(call) - 1 if call else None, int(entry) if entry else None


def numbered(name: str) -> tuple[str, int | None]:
    """'blocks.11' -> ('blocks', 11)."""
    found = re.fullmatch(r"(.*)\.(\d+)", name)
    return (found[1], int(found[2])) if found else (name, None)

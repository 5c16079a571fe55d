"""A model with one recorded forward: which module returned which tensor, its map, its stage."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from torch import Tensor, nn

from .layouts import Grid, Layout, infer_layout
from .trace import PASSING_OPERATIONS, SLICING_OPERATIONS, Call, Graph, Node, trace_forward


class SecondMap(NamedTuple):
    """Where a two-input module reads its second map: the name of a site, and the map's layout there."""

    name: str
    layout: Layout


class Candidate(NamedTuple):
    """A map that can become a site: its name (path, call, entry), layout, stage and time, and the module's calls."""

    name: str
    layout: Layout
    stage: int
    time: int
    calls: int = 1
    residual: bool = True
    second: SecondMap | None = None


class StageOutput(NamedTuple):
    """The output of one stage: its name, layout and tensor, and when its module's call ended."""

    name: str
    layout: Layout
    node: Node
    end_time: int


class ProbedModel:
    """A model and one recorded forward of it."""

    def __init__(self, model: nn.Module, example: Tensor) -> None:
        self.model = model
        self.graph: Graph = trace_forward(model, example)
        self.image: Grid = (example.shape[-2], example.shape[-1])
        self.modules = dict(model.named_modules())
        self.call_counts = Counter(call.name for call in self.graph.calls)
        self.trunk_name, self.trunk = _trunk(model)
        self.prefix: int | None = next(_int_attributes(self.trunk, "num_prefix_tokens"), None)
        self.hint = str(getattr(getattr(self.trunk, "output_fmt", ""), "value", ""))

    @property
    def trunk_prefix(self) -> str:
        """Return the prefix of the paths of the trunk's modules."""
        return f"{self.trunk_name}." if self.trunk_name else ""

    @cached_property
    def calls_returning(self) -> dict[Node, list[tuple[Call, int | None]]]:
        """Map each tensor to the calls that returned it, whole or as an entry, in order."""
        result: dict[Node, list[tuple[Call, int | None]]] = {}
        for call in self.graph.calls:
            for entry, node in call.outputs.items():
                result.setdefault(node, []).append((call, entry))
        return result

    @cached_property
    def use_counts(self) -> Counter[Node]:
        """Count the tensors computed from each tensor."""
        return Counter(parent for node in self.graph.nodes for parent in set(node.parents))

    @cached_property
    def unsliced_use_counts(self) -> Counter[Node]:
        """Count the tensors computed from each tensor by an operation other than slicing."""
        unsliced = (node for node in self.graph.nodes if node.operation not in SLICING_OPERATIONS)
        return Counter(parent for node in unsliced for parent in set(node.parents))

    @cached_property
    def calls_by_name(self) -> dict[str, list[Call]]:
        """Map the path of each module to its calls."""
        result: dict[str, list[Call]] = {}
        for call in self.graph.calls:
            result.setdefault(call.name, []).append(call)
        return result

    def layout(self, node: Node, name: str, *, channels: int | None = None) -> Layout | None:
        """Infer the layout of a map in this module's tensor; None if it holds none."""
        layout = infer_layout(node.shape, self.image, prefix=self.prefix, hint=self.hint, channels=channels)
        for path, module in _enclosing_modules(self.modules, name):
            size = getattr(module, "block_size", None)
            if (
                path
                and isinstance(size, int)
                and hasattr(module, "transformer_encoder")
                and len(node.shape) == 4
            ):
                return _nested_layout(node, size) if path != name else layout
            if hasattr(module, "reroll") and hasattr(module, "unroll") and len(node.shape) == 3:
                return _unrolled_layout(node, module) or layout
        return layout

    def name(self, call: Call, entry: int | None) -> str:
        """Format an output's name: the path, "#call" if it has several calls, "[entry]" if several entries."""
        count = f"#{call.number + 1}" if self.call_counts[call.name] > 1 else ""
        return f"{call.name}{count}" + ("" if entry is None else f"[{entry}]")

    def stage(self, time: int, stage_outputs: list[StageOutput]) -> int:
        """Return the number of the first stage that ends at or after this time, from 1."""
        return next(
            (i for i, p in enumerate(stage_outputs, 1) if p.end_time >= time), max(1, len(stage_outputs))
        )

    def find_source(self, node: Node, *, floor: int = -1) -> tuple[Call, int | None] | None:
        """Find the call that returned this tensor, walking back through scalings, views and slices; else None."""
        use_counts = self.use_counts
        while use_counts[node] <= (use_counts is self.use_counts) and node.index > floor:
            for call, entry in reversed(self.calls_returning.get(node, [])):
                if call.name and not isinstance(self.modules[call.name], nn.ModuleList):
                    return call, entry
            if node.operation not in (*PASSING_OPERATIONS, *SLICING_OPERATIONS) or len(node.parents) != 1:
                return None
            use_counts = self.unsliced_use_counts if node.operation in SLICING_OPERATIONS else self.use_counts
            node = node.parents[0]
        return None

    def find_map(self, call: Call, *, channels: int | None = None) -> tuple[int | None, Node, Layout] | None:
        """Find the first entry of a call's output that is a map, with this number of channels if given."""
        for entry, node in call.outputs.items():
            layout = self.layout(node, call.name, channels=channels)
            if layout is not None and node.parents:
                return entry, node, layout
        return None

    def candidates(
        self, names: Iterable[str], stage_outputs: list[StageOutput] | None = None
    ) -> list[Candidate]:
        """List the outputs of these modules that are maps, for each of their calls."""
        result: list[Candidate] = []
        for name in names:
            for call in self.calls_by_name.get(name, []):
                output = self.find_map(call)
                if output is not None:
                    entry, node, layout = output
                    stage = self.stage(node.index, stage_outputs or [])
                    path = self.name(call, entry)
                    result.append(Candidate(path, layout, stage, node.index, self.call_counts[name]))
        return result


def _int_attributes(model: nn.Module, name: str) -> Iterator[int]:
    """Yield the values of an integer attribute of the model and its submodules."""
    return (n for module in model.modules() if isinstance(n := getattr(module, name, None), int))


def _enclosing_modules(modules: dict[str, nn.Module], name: str) -> Iterable[tuple[str, nn.Module]]:
    """Yield a module and the modules that contain it, from the inside out."""
    while True:
        yield name, modules[name]
        if not name:
            return
        name = name.rpartition(".")[0]


def _nested_layout(node: Node, size: int) -> Layout | None:
    """Infer nest's layout, (B, blocks, size * size, C)."""
    side = math.isqrt(node.shape[1])
    if side * side * size * size != node.shape[1] * node.shape[2]:
        return None
    return Layout("nested", node.shape[3], (side * size, side * size), 0, ((side, side), (size, size)))


def _unrolled_layout(node: Node, model: Any) -> Layout | None:
    """Infer hiera's layout from the part of its window schedule that is left at this number of tokens."""
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
    """Tell whether the model has an encoder and a decoder."""
    return all(isinstance(getattr(model, part, None), nn.Module) for part in ("encoder", "decoder"))


def _trunk(model: nn.Module) -> tuple[str, nn.Module]:
    """Return path and module of the feature extractor: the model itself, or the encoder without SMP's wrapper."""
    if not is_segmenter(model):
        return "", model
    inner = getattr(model.encoder, "model", None)
    if isinstance(inner, nn.Module) and hasattr(inner, "feature_info"):
        return "encoder.model", inner
    return "encoder", model.get_submodule("encoder")


def parse_output_name(name: str) -> tuple[str, int | None, int | None]:
    """Parse 'blocks.2#2[1]' into ('blocks.2', 1, 1): module path, call from 0 or None, entry or None."""
    result = re.fullmatch(r"([^#\[]*)(?:#(\d+))?(?:\[(\d+)\])?", name)
    path, call, entry = result.groups() if result else (name, None, None)
    return path, int(call) - 1 if call else None, int(entry) if entry else None

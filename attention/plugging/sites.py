"""Where a model can take attention modules: its residual branches, its stages, a decoder's skips."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torch import Tensor, nn

from ..options import nearest
from .probe import Call, Graph, Node, probe
from .residual import branches

KINDS = ("block", "stage", "skip")


class Site(NamedTuple):
    """One place: the path of the module whose output is gated (for a skip, 'encoder[2]'), and its map.

    stage counts from 1; the stem is not a stage. grid is (height, width) at the probing example's size.
    """

    name: str
    kind: str
    stage: int
    channels: int
    grid: tuple[int, int]
    layout: str = "NCHW"


class Point(NamedTuple):
    """The output of one stage: the module's path, its map, and the moment it was ready."""

    name: str
    node: Node
    ended: int
    layout: str


def sites(model: nn.Module, where: str, *, example: Tensor) -> list[Site]:
    """The places that `where` names, by one probing forward of `example` in evaluation mode.

    where: block (the end of each residual branch, before the addition), stage, skip (what the decoder
    receives), each with an optional choice of stages, as in "block@1,2". Raises ValueError where it is
    misspelt or nothing matches.
    """
    kind, wanted = _read(where)
    graph = probe(model, example)
    found = {"block": _blocks, "stage": _stages, "skip": _skips}[kind](model, graph)
    chosen = [site for site in found if not wanted or site.stage in wanted]
    missing = sorted(wanted - {site.stage for site in found})
    if missing or not chosen:
        have = f"it has them at {_list(site.stage for site in found)}" if found else "it has none"
        at = f" at stage {_list(missing)}" if missing else ""
        raise ValueError(f"site {where!r}: {type(model).__name__} has no {kind}{at}; {have}")
    return chosen


def _list(stages: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(set(stages))))


def _read(where: str) -> tuple[str, set[int]]:
    kind, at, stages = where.partition("@")
    if kind not in KINDS:
        raise ValueError(f"no site {where!r}; {nearest(kind, KINDS)}")
    if at and not re.fullmatch(r"[1-9]\d*(,[1-9]\d*)*", stages):
        raise ValueError(f"site {where!r}: after @ come stages from 1, such as {kind}@1,2")
    return kind, {int(stage) for stage in stages.split(",")} if at else set()


def _blocks(model: nn.Module, graph: Graph) -> list[Site]:
    points, inside = _points(model, graph), _within(_trunk(model)[0])
    found = [branch for branch in branches(graph) if branch.name.startswith(inside)]
    grids = sorted({branch.node.shape[2:] for branch in found}, reverse=True)
    result = []
    for branch in found:
        stage = next((i for i, p in enumerate(points, 1) if p.ended > branch.moment), len(points))
        layout = points[stage - 1].layout if points else "NCHW"
        stage = stage or 1 + grids.index(branch.node.shape[2:])
        result.append(_site(branch.name, "block", stage, branch.node, layout))
    return result


def _stages(model: nn.Module, graph: Graph) -> list[Site]:
    return [_site(p.name, "stage", i, p.node, p.layout) for i, p in enumerate(_points(model, graph), 1)]


def _skips(model: nn.Module, graph: Graph) -> list[Site]:
    """The entries of the list that the encoder hands to the decoder, without the image and empty dummies."""
    if not _is_segmenter(model):
        raise ValueError(f"site 'skip': {type(model).__name__} has no encoder and decoder")
    entries = _call(graph, "encoder").outputs
    return [
        _site(f"encoder[{at}]", "skip", at, node, "NCHW")
        for at, node in entries.items()
        if at and len(node.shape) == 4 and node.shape[1]
    ]


def _site(name: str, kind: str, stage: int, node: Node, layout: str) -> Site:
    height, width, channels = node.shape[1:] if layout == "NHWC" else (*node.shape[2:], node.shape[1])
    return Site(name, kind, stage, channels, (height, width), layout)


def _is_segmenter(model: nn.Module) -> bool:
    return all(isinstance(getattr(model, part, None), nn.Module) for part in ("encoder", "decoder"))


def _trunk(model: nn.Module) -> tuple[str, nn.Module]:
    """The feature extractor: the model itself, or a segmenter's encoder without SMP's wrapper."""
    if not _is_segmenter(model):
        return "", model
    inner = getattr(model.encoder, "model", None)
    if isinstance(inner, nn.Module) and hasattr(inner, "feature_info"):
        return "encoder.model", inner
    return "encoder", model.get_submodule("encoder")


def _points(model: nn.Module, graph: Graph) -> list[Point]:
    """The stages' outputs in order, without the stem's: by the list that the trunk returns, or by timm's."""
    name, trunk = _trunk(model)
    entries = _call(graph, name).outputs
    points = _named(model, graph, trunk) if None in entries else _returned(graph, name, entries, trunk)
    stem = next((i for i, point in enumerate(points) if not _is_stem(model, point.name)), 0)
    return points[stem:]


def _is_stem(model: nn.Module, name: str) -> bool:
    """A stage mixes more than once; what comes before the stages does not, or is called the stem."""
    layers = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in model.get_submodule(name).modules())
    return layers < 2 or name.split(".")[-1].startswith("stem")


def _named(model: nn.Module, graph: Graph, trunk: nn.Module) -> list[Point]:
    """By timm's feature_info: paths and widths."""
    info = getattr(trunk, "feature_info", None)
    rows = info if isinstance(info, list) else []
    points = []
    for row in rows:
        call = _call(graph, row["module"])
        layout = _layout(call.outputs.get(None), row["num_chs"])
        if layout is None:
            raise ValueError(f"{type(model).__name__}: the stage {row['module']!r} returns no map")
        points.append(Point(call.name, call.outputs[None], call.ended, layout))
    return points


def _returned(graph: Graph, name: str, entries: dict[int | None, Node], trunk: nn.Module) -> list[Point]:
    """By identity: the last module inside the trunk that returned each entry of its list."""
    widths = _widths(trunk)
    points = []
    called = Counter(call.name for call in graph.calls if call.name.startswith(_within(name)))
    for at, node in enumerate(node for node in entries.values() if node.parents and 0 not in node.shape):
        layout = _layout(node, widths[at] if at < len(widths) else node.shape[1])
        calls = [c for c in graph.calls if c.outputs.get(None) is node and called[c.name] == 1]
        if layout is None or not calls:
            raise ValueError(f"{type(trunk).__name__}: no module returns its map {at}, {node.shape}")
        points.append(Point(calls[-1].name, node, calls[-1].ended, layout))
    return points


def _within(name: str) -> str:
    """How the paths of the modules inside this one begin."""
    return f"{name}." if name else ""


def _widths(trunk: nn.Module) -> Sequence[int]:
    channels = getattr(getattr(trunk, "feature_info", None), "channels", None)
    return list(channels()) if callable(channels) else []


def _layout(node: Node | None, channels: int) -> str | None:
    if node is None or len(node.shape) != 4:
        return None
    if node.shape[1] == channels:
        return "NCHW"
    return "NHWC" if node.shape[3] == channels else None


def _call(graph: Graph, name: str) -> Call:
    """The last call of this module."""
    calls = [call for call in graph.calls if call.name == name]
    if not calls:
        raise ValueError(f"the module {name or 'itself'!r} is never called in a forward")
    return calls[-1]

"""The stages of a trunk: by the maps that it returns, or by timm's list of features."""

import re
from collections.abc import Callable
from typing import Any

from torch import nn

from user_error import UserError

from .layouts import Layout
from .probed_model import Place, Point, Probed, Second, parts
from .trace import Call, Node

RENAMED: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"stage(\d+)", lambda found: f"incre_modules.{int(found[1]) - 1}"),
    (r"block\.(\d+)", lambda found: f"stages.{found[1]}"),
    (r"block\.(\d+)", lambda found: f"blocks.{found[1]}"),
    (r"blocks\.(\d+)", lambda found: f"encoder.blocks.{found[1]}"),
)
"""Where timm's list names no module of the model: hrnet, mvitv2, twins, gemma4."""


def stages(probed: Probed) -> list[Place]:
    """Every stage's output, without the stem's."""
    found = [
        Place(point.name, point.layout, at, point.ended, probed.called[parts(point.name)[0]])
        for at, point in enumerate(points(probed), 1)
    ]
    return [place._replace(second=_second(found, at)) for at, place in enumerate(found)]


def _second(places: list[Place], at: int) -> Second | None:
    """Another branch of the same module's output, else the stage before."""
    path = parts(places[at].name)[0]
    branches = [number for number, place in enumerate(places) if parts(place.name)[0] == path]
    other = branches[(branches.index(at) + 1) % len(branches)] if len(branches) > 1 else at - 1
    if other < 0 or places[other].calls > 1:
        return None
    return Second(places[other].name, places[other].layout)


def points(probed: Probed) -> list[Point]:
    """The stages' outputs in order, without the stem's."""
    calls = probed.by_name.get(probed.trunk_name)
    if calls is None or None in calls[-1].outputs:  # SMP asks a ViT for its intermediates, past its forward
        found = _listed(probed)
    else:
        found = _returned(probed, list(calls[-1].outputs.values()))
    stem = next((i for i, point in enumerate(found) if not _is_stem(probed, point.name)), 0)
    return found[stem:]


def _is_stem(probed: Probed, name: str) -> bool:
    """A stage mixes more than once; what comes before the stages does not, or is called the stem."""
    path = parts(name)[0]
    layers = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in probed.modules[path].modules())
    return layers < 2 or path.split(".")[-1].startswith("stem")


def _listed(probed: Probed) -> list[Point]:
    """By timm's feature_info: paths, widths and reductions; a first row without a module is the stem's."""
    info = getattr(probed.trunk, "feature_info", None)
    rows: list[dict[str, Any]] = info if isinstance(info, list) else []
    found: dict[str, Point] = {}
    for number, row in enumerate(rows):
        point = _point(probed, row, last=set(found))
        if point is not None:
            found.setdefault(point.name, point)
        elif number:
            raise UserError(f"{type(probed.model).__name__}: the stage {row['module']!r} returns no map")
    return list(found.values())


def _point(probed: Probed, row: dict[str, Any], *, last: set[str]) -> Point | None:
    """The output that has the row's width, nearest to its reduction, and is no stage yet."""
    wanted = probed.image[0] / row["reduction"]
    best: list[tuple[float, Point]] = []
    for path in _paths(probed, row["module"]):
        for call in probed.by_name.get(path, [])[-1:]:
            for entry, node, layout in _maps(probed, call, row["num_chs"]):
                name = probed.name(call, entry)
                if name not in last:
                    best.append((abs(layout.grid[0] - wanted), Point(name, layout, node, call.ended)))
        if best:
            return min(best, key=lambda pair: pair[0])[1]
    return None


def _maps(probed: Probed, call: Call, channels: int) -> list[tuple[int | None, Node, Layout]]:
    layouts = (
        (at, node, probed.layout(node, call.name, channels=channels)) for at, node in call.outputs.items()
    )
    return [(at, node, layout) for at, node, layout in layouts if layout is not None]


def _paths(probed: Probed, path: str) -> list[str]:
    """The row's path and what it may be called instead; of a list of modules the last."""
    inside = probed.inside
    names = [inside + path] if path else []
    names += [inside + new(found) for old, new in RENAMED if (found := re.fullmatch(old, path))]
    return [_last(probed, name) for name in names if name in probed.modules]


def _last(probed: Probed, name: str) -> str:
    module = probed.modules[name]
    while isinstance(module, nn.ModuleList) and len(module):
        name, module = f"{name}.{len(module) - 1}", module[-1]
    return name


def _returned(probed: Probed, entries: list[Node]) -> list[Point]:
    """By identity: the module inside the trunk that returned each entry of its list, or what it is a view of."""
    widths = _widths(probed.trunk)
    found = []
    for at, node in enumerate(node for node in entries if node.parents and 0 not in node.shape):
        point = _source(probed, node, widths[at] if at < len(widths) else None)
        if point is None:
            raise UserError(f"{type(probed.trunk).__name__}: no module returns its map {at}, {node.shape}")
        found.append(point)
    return found


def _source(probed: Probed, node: Node, channels: int | None) -> Point | None:
    """Walk back from an entry through views, slices and norms' copies to a module's output."""
    while True:
        for call, entry in reversed(probed.returned.get(node, [])):
            if call.name.startswith(probed.inside) and call.name != probed.trunk_name and call.name:
                layout = probed.layout(node, call.name, channels=channels)
                if layout is not None and not _is_whole(probed, call):
                    return Point(probed.name(call, entry), layout, node, call.ended)
        if len(node.parents) != 1:
            return None
        node = node.parents[0]


def _is_whole(probed: Probed, call: Call) -> bool:
    """A wrapped model returns all of its stages at once."""
    return hasattr(probed.modules[call.name], "feature_info") and None not in call.outputs


def _widths(trunk: nn.Module) -> list[int]:
    channels = getattr(getattr(trunk, "feature_info", None), "channels", None)
    return list(channels()) if callable(channels) else []

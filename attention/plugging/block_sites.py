"""Residual branches as places; in a model without them, the output of each repeated block."""

from collections.abc import Iterator

from torch import nn

from .probed_model import Place, Point, Probed
from .residual_branches import branches
from .stage_sites import points
from .trace import MIXING, Call

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def blocks(probed: Probed) -> list[Place]:
    """Every residual branch inside the trunk; else every block's output, marked as not residual."""
    ends = points(probed)
    return _residual(probed, ends) or [
        place._replace(residual=False) for place in probed.places(_repeated(probed), ends)
    ]


def _residual(probed: Probed, ends: list[Point]) -> list[Place]:
    found = []
    for branch in branches(probed):
        if not branch.call.name.startswith(probed.inside):
            continue
        node = branch.call.outputs[branch.entry]
        layout = probed.layout(node, branch.call.name)
        if layout is not None:
            stage = probed.stage(layout, branch.moment, ends)
            name = probed.name(branch.call, branch.entry)
            found.append(Place(name, layout, stage, branch.moment, probed.called[branch.call.name]))
    grids = sorted({place.layout.grid for place in found}, reverse=True)
    return found if ends else [place._replace(stage=1 + grids.index(place.layout.grid)) for place in found]


def _repeated(probed: Probed) -> list[str]:
    """The innermost modules that mix at least twice; where there are none, each convolution with what follows it."""
    mixing = {
        name
        for name, module in probed.modules.items()
        if isinstance(module, nn.Conv2d | nn.Linear)
        and name in probed.by_name
        and name.startswith(probed.inside)
    }
    able = [
        name
        for name, module in probed.modules.items()
        if name in probed.by_name
        and name != probed.trunk_name
        and name.startswith(probed.inside)
        and not _is_container(module)
        and sum(part.startswith(f"{name}.") for part in mixing) >= 2
    ]
    inner = [name for name in able if not any(other.startswith(f"{name}.") for other in able)]
    found = [name for name in inner if probed.places([name])]
    return found or list(_units(probed))


def _is_container(module: nn.Module) -> bool:
    return isinstance(module, CONTAINERS) and type(module).forward in (kind.forward for kind in CONTAINERS)


def _units(probed: Probed) -> Iterator[str]:
    """Each convolution's last norm or activation, where there are at least two convolutions."""
    unit: list[Call] = []
    units: list[list[Call]] = []
    for call in probed.graph.calls:
        module = probed.modules[call.name]
        if any(True for _ in module.children()) or not call.name.startswith(probed.inside):
            continue
        if isinstance(module, nn.Conv2d):
            units.append(unit := [call])
        elif unit and _follows(call, unit[-1]):
            unit.append(call)
        else:
            unit = []
    if len(units) > 1:
        yield from (unit[-1].name for unit in units)


def _follows(call: Call, last: Call) -> bool:
    """It goes on with the same map, without mixing."""
    now, before = call.outputs.get(None), last.outputs.get(None)
    return (
        now is not None and before is not None and now.shape == before.shape and now.operation not in MIXING
    )

"""The sites `block`: the ends of residual branches, or in a model without them the outputs of repeated blocks."""

from collections.abc import Iterator

from torch import nn

from .probed_model import Candidate, ProbedModel, StageOutput
from .residual_branches import branches
from .stage_sites import stage_outputs
from .trace import MIXING_OPERATIONS, Call

CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


def blocks(probed: ProbedModel) -> list[Candidate]:
    """Find every residual branch in the trunk; if there is none, every block's output, with residual=False."""
    ends = stage_outputs(probed)
    return _residual_candidates(probed, ends) or [
        candidate._replace(residual=False) for candidate in probed.candidates(_repeated_blocks(probed), ends)
    ]


def _residual_candidates(probed: ProbedModel, ends: list[StageOutput]) -> list[Candidate]:
    """Find the residual branches of the trunk; without stages, number them by the size of their grid."""
    candidates = []
    for branch in branches(probed):
        if not branch.call.name.startswith(probed.trunk_prefix):
            continue
        node = branch.call.outputs[branch.entry]
        layout = probed.layout(node, branch.call.name)
        if layout is not None:
            stage = probed.stage(branch.time, ends)
            name = probed.name(branch.call, branch.entry)
            candidates.append(
                Candidate(name, layout, stage, branch.time, probed.call_counts[branch.call.name])
            )
    if ends:
        return candidates
    grids = sorted({candidate.layout.grid for candidate in candidates}, reverse=True)
    return [candidate._replace(stage=1 + grids.index(candidate.layout.grid)) for candidate in candidates]


def _repeated_blocks(probed: ProbedModel) -> list[str]:
    """Find the innermost modules with at least two mixing layers; if there are none, the convolution units."""
    layers = {
        name
        for name, module in probed.modules.items()
        if isinstance(module, nn.Conv2d | nn.Linear)
        and name in probed.calls_by_name
        and name.startswith(probed.trunk_prefix)
    }
    mixing_modules = [
        name
        for name, module in probed.modules.items()
        if name in probed.calls_by_name
        and name != probed.trunk_name
        and name.startswith(probed.trunk_prefix)
        and not _is_container(module)
        and sum(part.startswith(f"{name}.") for part in layers) >= 2
    ]
    innermost = [
        name for name in mixing_modules if not any(other.startswith(f"{name}.") for other in mixing_modules)
    ]
    names = [name for name in innermost if probed.candidates([name])]
    return names or list(_conv_units(probed))


def _is_container(module: nn.Module) -> bool:
    return isinstance(module, CONTAINERS) and type(module).forward in (kind.forward for kind in CONTAINERS)


def _conv_units(probed: ProbedModel) -> Iterator[str]:
    """Yield the last norm or activation after each convolution, if there are at least two convolutions."""
    unit: list[Call] = []
    units: list[list[Call]] = []
    for call in probed.graph.calls:
        module = probed.modules[call.name]
        if any(True for _ in module.children()) or not call.name.startswith(probed.trunk_prefix):
            continue
        if isinstance(module, nn.Conv2d):
            units.append(unit := [call])
        elif unit and _continues(call, unit[-1]):
            unit.append(call)
        else:
            unit = []
    if len(units) > 1:
        yield from (unit[-1].name for unit in units)


def _continues(call: Call, last: Call) -> bool:
    """Tell whether a call continues the last one's map without mixing it."""
    now, before = call.outputs.get(None), last.outputs.get(None)
    return (
        now is not None
        and before is not None
        and now.shape == before.shape
        and now.operation not in MIXING_OPERATIONS
    )

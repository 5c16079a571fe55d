"""The sites `stage`: found by the maps that the trunk returns, or by timm's `feature_info`."""

import re
from collections.abc import Callable
from typing import Any

from torch import nn

from user_error import UserError

from .layouts import Layout
from .probed_model import Candidate, ProbedModel, SecondMap, StageOutput, parse_output_name
from .trace import Call, Node

PATH_ALIASES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (r"stage(\d+)", lambda match: f"incre_modules.{int(match[1]) - 1}"),
    (r"block\.(\d+)", lambda match: f"stages.{match[1]}"),
    (r"block\.(\d+)", lambda match: f"blocks.{match[1]}"),
    (r"blocks\.(\d+)", lambda match: f"encoder.blocks.{match[1]}"),
)
"""Module paths for names in timm's `feature_info` that are none: hrnet, mvitv2, twins, gemma4."""


def stages(probed: ProbedModel) -> list[Candidate]:
    """Find the output of every stage, without the stem."""
    candidates = [
        Candidate(
            output.name,
            output.layout,
            index,
            output.end_time,
            probed.call_counts[parse_output_name(output.name)[0]],
        )
        for index, output in enumerate(stage_outputs(probed), 1)
    ]
    return [
        candidate._replace(second=_second_map(candidates, index))
        for index, candidate in enumerate(candidates)
    ]


def _second_map(candidates: list[Candidate], index: int) -> SecondMap | None:
    """Find the second map of a stage: another branch of the same module's output, else the previous stage."""
    path = parse_output_name(candidates[index].name)[0]
    branches = [
        number for number, candidate in enumerate(candidates) if parse_output_name(candidate.name)[0] == path
    ]
    other = branches[(branches.index(index) + 1) % len(branches)] if len(branches) > 1 else index - 1
    if other < 0 or candidates[other].calls > 1:
        return None
    return SecondMap(candidates[other].name, candidates[other].layout)


def stage_outputs(probed: ProbedModel) -> list[StageOutput]:
    """Find the stages' outputs in order, without the stem. Raises UserError if a stage returns no map."""
    calls = probed.calls_by_name.get(probed.trunk_name)
    if calls is None or None in calls[-1].outputs:  # SMP calls a ViT's intermediates, not its forward
        outputs = _from_feature_info(probed)
    else:
        outputs = _from_trunk_outputs(probed, list(calls[-1].outputs.values()))
    stem = next((i for i, output in enumerate(outputs) if not _is_stem(probed, output.name)), 0)
    return outputs[stem:]


def _is_stem(probed: ProbedModel, name: str) -> bool:
    """Tell whether a module is the stem: it has fewer than two mixing layers, or is called so."""
    path = parse_output_name(name)[0]
    layers = sum(isinstance(part, nn.Conv2d | nn.Linear) for part in probed.modules[path].modules())
    return layers < 2 or path.split(".")[-1].startswith("stem")


def _from_feature_info(probed: ProbedModel) -> list[StageOutput]:
    """Find the stages by timm's feature_info; a first row that matches no module is the stem."""
    info = getattr(probed.trunk, "feature_info", None)
    rows: list[dict[str, Any]] = info if isinstance(info, list) else []
    outputs: dict[str, StageOutput] = {}
    for number, row in enumerate(rows):
        output = _match_row(probed, row, used=set(outputs))
        if output is not None:
            outputs.setdefault(output.name, output)
        elif number:
            raise UserError(f"{type(probed.model).__name__}: the stage {row['module']!r} returns no map")
    return list(outputs.values())


def _match_row(probed: ProbedModel, row: dict[str, Any], *, used: set[str]) -> StageOutput | None:
    """Find the output with the row's width and nearest to its reduction that is not used already."""
    target = probed.image[0] / row["reduction"]
    best: list[tuple[float, StageOutput]] = []
    for path in _candidate_paths(probed, row["module"]):
        for call in probed.calls_by_name.get(path, [])[-1:]:
            for entry, node, layout in _map_outputs(probed, call, row["num_chs"]):
                name = probed.name(call, entry)
                if name not in used:
                    best.append(
                        (abs(layout.grid[0] - target), StageOutput(name, layout, node, call.end_time))
                    )
        if best:
            return min(best, key=lambda pair: pair[0])[1]
    return None


def _map_outputs(probed: ProbedModel, call: Call, channels: int) -> list[tuple[int | None, Node, Layout]]:
    """List the entries of a call's output that are maps of this many channels."""
    layouts = (
        (index, node, probed.layout(node, call.name, channels=channels))
        for index, node in call.outputs.items()
    )
    return [(index, node, layout) for index, node, layout in layouts if layout is not None]


def _candidate_paths(probed: ProbedModel, path: str) -> list[str]:
    """List the paths that a row may mean, its own and its aliases; a ModuleList stands for its last module."""
    prefix = probed.trunk_prefix
    names = [prefix + path] if path else []
    names += [prefix + alias(match) for name, alias in PATH_ALIASES if (match := re.fullmatch(name, path))]
    return [_last_child(probed, name) for name in names if name in probed.modules]


def _last_child(probed: ProbedModel, name: str) -> str:
    module = probed.modules[name]
    while isinstance(module, nn.ModuleList) and len(module):
        name, module = f"{name}.{len(module) - 1}", module[-1]
    return name


def _from_trunk_outputs(probed: ProbedModel, entries: list[Node]) -> list[StageOutput]:
    """Find the stages by the tensors that the trunk returns: the module that produced each, directly or as a view."""
    widths = _feature_widths(probed.trunk)
    outputs = []
    for index, node in enumerate(node for node in entries if node.parents and 0 not in node.shape):
        output = _find_producer(probed, node, widths[index] if index < len(widths) else None)
        if output is None:
            raise UserError(
                f"{type(probed.trunk).__name__}: no module returns its map {index} of shape {node.shape}"
            )
        outputs.append(output)
    return outputs


def _find_producer(probed: ProbedModel, node: Node, channels: int | None) -> StageOutput | None:
    """Walk back from a tensor through its only parents to the output of a module of the trunk."""
    while True:
        for call, entry in reversed(probed.calls_returning.get(node, [])):
            if call.name.startswith(probed.trunk_prefix) and call.name != probed.trunk_name and call.name:
                layout = probed.layout(node, call.name, channels=channels)
                if layout is not None and not _is_wrapper(probed, call):
                    return StageOutput(probed.name(call, entry), layout, node, call.end_time)
        if len(node.parents) != 1:
            return None
        node = node.parents[0]


def _is_wrapper(probed: ProbedModel, call: Call) -> bool:
    """Tell whether the call is a wrapped model's, which returns all of its stages at once."""
    return hasattr(probed.modules[call.name], "feature_info") and None not in call.outputs


def _feature_widths(trunk: nn.Module) -> list[int]:
    channels = getattr(getattr(trunk, "feature_info", None), "channels", None)
    return list(channels()) if callable(channels) else []

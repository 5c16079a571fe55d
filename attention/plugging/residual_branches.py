"""Which additions close a residual block, and which module returns the branch.

An addition of two maps of one shape closes a block if one operand was computed from the other, or both from the input
of the module that adds them. The branch is the operand with more convolutions or matrix products on its path: rotary
embeddings, response norms and the parallel branches of a reparametrized block have equally many. A sum that is the
input of a softmax is an attention bias, no residual block.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .probed_model import ProbedModel
from .trace import MIXING_OPERATIONS, PASSING_OPERATIONS, Call, Node, ancestors

ADDING_OPERATIONS = ("add", "add_")
COMBINING_OPERATIONS = (
    *PASSING_OPERATIONS,
    "slice",
    "select",
    "stack",
    "sum",
    "split",
    "split_with_sizes",
    "narrow",
)
DROP_PATH = re.compile(r"(.*[._])?drop_path\d*")
MAX_STEPS = 6


class Branch(NamedTuple):
    """A residual branch: the call that returns it, which entry of its output, its tensor, the time of the addition."""

    call: Call
    entry: int | None
    node: Node
    time: int


def branches(probed: ProbedModel) -> list[Branch]:
    """Find the residual branches of one recorded forward, in order."""
    consumers = _consumers(probed)
    by_name: dict[str, Branch] = {}
    for node in probed.graph.nodes:
        branch = _branch_operand(probed, node)
        source = branch and probed.find_source(branch)
        if branch and source and not _feeds_softmax(node, consumers):
            by_name.setdefault(probed.name(*source), Branch(*source, branch, node.index))
    for drop_path in _drop_path_branches(probed, consumers):
        by_name.setdefault(probed.name(drop_path.call, drop_path.entry), drop_path)
    return sorted(by_name.values(), key=lambda branch: branch.time)


def _consumers(probed: ProbedModel) -> dict[Node, list[Node]]:
    """Map each tensor to the tensors computed from it."""
    result: dict[Node, list[Node]] = {}
    for node in probed.graph.nodes:
        for parent in set(node.parents):
            result.setdefault(parent, []).append(node)
    return result


def _feeds_softmax(node: Node, consumers: dict[Node, list[Node]]) -> bool:
    """Tell whether the tensor is the input of a softmax, after views and additions only."""
    for _ in range(MAX_STEPS):
        following = consumers.get(node, [])
        if any("softmax" in child.operation for child in following):
            return True
        if len(following) != 1 or following[0].operation not in (*PASSING_OPERATIONS, *ADDING_OPERATIONS):
            return False
        node = following[0]
    return False


def _drop_path_branches(probed: ProbedModel, consumers: dict[Node, list[Node]]) -> Iterator[Branch]:
    """Yield the outputs of drop_path modules that are added in parts or stacked with others."""
    for call in probed.graph.calls:
        node = call.outputs.get(None)
        if node is not None and DROP_PATH.fullmatch(call.name):
            time = _find_addition(node, node, consumers, MAX_STEPS)
            if time is not None:
                yield Branch(call, None, node, time)


def _find_addition(node: Node, branch: Node, consumers: dict[Node, list[Node]], steps: int) -> int | None:
    """Find when the branch is added to a tensor that it was computed from, within a number of steps."""
    for child in consumers.get(node, []) if steps else []:
        others = (parent for parent in child.parents if parent is not node)
        if child.operation in ADDING_OPERATIONS and any(_is_descendant(branch, other) for other in others):
            return child.index
        if child.operation in COMBINING_OPERATIONS:
            time = _find_addition(child, branch, consumers, steps - 1)
            if time is not None:
                return time
    return None


def _branch_operand(probed: ProbedModel, node: Node) -> Node | None:
    """Return the branch operand if this node is an addition that closes a residual block, else None."""
    if node.operation not in ADDING_OPERATIONS or len(node.parents) != 2 or len(node.shape) not in (3, 4):
        return None
    left, right = node.parents
    if left is right or left.shape != right.shape:
        return None
    for branch, shortcut in ((left, right), (right, left)):
        if _is_descendant(branch, shortcut):
            return branch if _count_mixing(branch, (shortcut,)) else None
    sources = probed.graph.scopes[node.scope][1]
    mixings = [_count_mixing(operand, sources) for operand in (left, right)]
    if None in mixings or mixings[0] == mixings[1]:
        return None
    return left if (mixings[0] or 0) > (mixings[1] or 0) else right


def _is_descendant(node: Node, origin: Node) -> bool:
    """Tell whether a tensor was computed from another one."""
    return node.index > origin.index and origin in ancestors(node, floor=origin.index)


def _count_mixing(node: Node, sources: tuple[Node, ...]) -> int | None:
    """Count the convolutions and matrix products on the longest path from the sources; None if there is no path."""
    counts = dict.fromkeys(sources, 0)
    floor = min((source.index for source in sources), default=0)
    for step in sorted({node, *ancestors(node, floor=floor)}, key=lambda n: n.index):
        known = [counts[parent] for parent in step.parents if parent in counts]
        if known and step not in counts:
            counts[step] = max(known) + (step.operation in MIXING_OPERATIONS)
    return counts.get(node)

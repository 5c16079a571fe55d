"""Which additions close a residual block, and which module hands them the branch.

An addition of two equal maps closes a block when one operand comes from the other, or both from the input of
the module in which it happens. The branch is the operand with more convolutions or matrix products on its way:
rotary embeddings, response norms and the parallel branches of a reparametrised block have none more. A sum that
goes into a softmax is an attention's bias.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .probed_model import Probed
from .trace import MIXING, PASSING, Call, Node, ancestors

ADDING = ("add", "add_")
GATHERING = (*PASSING, "slice", "select", "stack", "sum", "split", "split_with_sizes", "narrow")
SLOT = re.compile(r"(.*[._])?drop_path\d*")
FAR = 6


class Branch(NamedTuple):
    """A residual branch: the call that returns it, which entry, its tensor, the moment of the addition."""

    call: Call
    entry: int | None
    node: Node
    moment: int


def branches(probed: Probed) -> list[Branch]:
    """The residual branches of one recorded forward, in order."""
    children = _children(probed)
    found: dict[str, Branch] = {}
    for node in probed.graph.nodes:
        branch = _branch(probed, node)
        source = branch and probed.source(branch)
        if branch and source and not _into_softmax(node, children):
            found.setdefault(probed.name(*source), Branch(*source, branch, node.index))
    for slot in _slots(probed, children):
        found.setdefault(probed.name(slot.call, slot.entry), slot)
    return sorted(found.values(), key=lambda branch: branch.moment)


def _children(probed: Probed) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for node in probed.graph.nodes:
        for parent in set(node.parents):
            found.setdefault(parent, []).append(node)
    return found


def _into_softmax(node: Node, children: dict[Node, list[Node]]) -> bool:
    for _ in range(FAR):
        following = children.get(node, [])
        if any("softmax" in child.operation for child in following):
            return True
        if len(following) != 1 or following[0].operation not in (*PASSING, *ADDING):
            return False
        node = following[0]
    return False


def _slots(probed: Probed, children: dict[Node, list[Node]]) -> Iterator[Branch]:
    """What drop_path slots return and an addition takes in parts or stacked with others."""
    for call in probed.graph.calls:
        node = call.outputs.get(None)
        if node is not None and SLOT.fullmatch(call.name):
            moment = _added(node, node, children, FAR)
            if moment is not None:
                yield Branch(call, None, node, moment)


def _added(node: Node, branch: Node, children: dict[Node, list[Node]], far: int) -> int | None:
    """When the branch is added to something that it came from."""
    for child in children.get(node, []) if far else []:
        if child.operation in ADDING and any(_descends(branch, p) for p in child.parents if p is not node):
            return child.index
        if child.operation in GATHERING:
            moment = _added(child, branch, children, far - 1)
            if moment is not None:
                return moment
    return None


def _branch(probed: Probed, node: Node) -> Node | None:
    """The branch operand, if this node is an addition that closes a residual block."""
    if node.operation not in ADDING or len(node.parents) != 2 or len(node.shape) not in (3, 4):
        return None
    left, right = node.parents
    if left is right or left.shape != right.shape:
        return None
    for branch, shortcut in ((left, right), (right, left)):
        if _descends(branch, shortcut):
            return branch if _mixings(branch, (shortcut,)) else None
    sources = probed.graph.scopes[node.scope][1]
    mixings = [_mixings(operand, sources) for operand in (left, right)]
    if None in mixings or mixings[0] == mixings[1]:
        return None
    return left if (mixings[0] or 0) > (mixings[1] or 0) else right


def _descends(node: Node, origin: Node) -> bool:
    return node.index > origin.index and origin in ancestors(node, floor=origin.index)


def _mixings(node: Node, sources: tuple[Node, ...]) -> int | None:
    """The most convolutions and products on a way from the sources; None where there is no way."""
    counts = dict.fromkeys(sources, 0)
    floor = min((source.index for source in sources), default=0)
    for step in sorted({node, *ancestors(node, floor=floor)}, key=lambda n: n.index):
        known = [counts[parent] for parent in step.parents if parent in counts]
        if known and step not in counts:
            counts[step] = max(known) + (step.operation in MIXING)
    return counts.get(node)

"""Parsing of YAML that a person wrote by hand: keys are text, each is given once, and nothing repeats without end.

YAML 1.1 reads `no`, `on`, `null`, `1` and `2020-01-01` as other things than text; as keys they would become other
names, or one name for two keys.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

import yaml

from user_error import UserError

MAX_DEPTH = 50
"""The most levels of lists and mappings in each other."""
MAX_VALUES = 100_000
"""The most values of a file, those of an alias counted at each of its uses."""
TAG = "tag:yaml.org,2002:"
KINDS = {
    "bool": "true or false",
    "null": "no value",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}
PLAIN_TAGS = {f"{TAG}{kind}" for kind in ("str", "int", "float", "bool", "null", "seq", "map")}
MAX_SHOWN = 40
"""The most characters of a text that a message repeats."""


class Refused(yaml.YAMLError):
    """Raised for valid YAML that a study may not have."""


class _Size(NamedTuple):
    """The number of values in a node, and of levels below it."""

    values: int
    depth: int


class StrictLoader(yaml.SafeLoader):
    """A safe loader that bounds the depth while it composes, and names the line of a value that cannot be read."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            line = cast("Any", self).peek_event().start_mark.line + 1
            raise Refused(f"more than {MAX_DEPTH} levels in each other, line {line}")
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:  # such as `!!int x`
            raise _error(node, f"cannot be read as {node.tag.removeprefix(TAG)}") from error


def parse_yaml(text: str) -> Any:
    """Parse YAML into dictionaries with text as keys, lists, texts, numbers, booleans and None.

    Raises UserError that names the line.
    """
    try:
        return construct(StrictLoader(text))
    except Refused as error:
        raise UserError(str(error)) from error
    except yaml.YAMLError as error:
        raise UserError(f"not valid YAML ({' '.join(str(error).split())})") from error


def construct(loader: StrictLoader) -> Any:
    """Return a loader's only document. Raises yaml.YAMLError, and Refused for what a study may not have."""
    node = loader.get_single_node()
    if node is None:
        return None
    _measure(node, {})
    return loader.construct_document(node)


def _measure(node: yaml.Node, sizes: dict[int, _Size | None]) -> _Size:
    """Check a node and what is below it, each node once, and return its size.

    sizes: of the nodes so far by their id; None for those that the node is inside.
    """
    if id(node) in sizes:
        size = sizes[id(node)]
        if size is None:
            raise Refused(f"an alias refers to a value that it is part of, line {_line(node)}")
        return size
    sizes[id(node)] = None
    _check_tag(node)
    below = [_measure(child, sizes) for child in _children(node)]
    size = _Size(1 + sum(each.values for each in below), 1 + max((each.depth for each in below), default=0))
    if size.depth > MAX_DEPTH:
        raise Refused(f"aliases make more than {MAX_DEPTH} levels in each other, line {_line(node)}")
    if size.values > MAX_VALUES:
        raise Refused(f"more than {MAX_VALUES:,} values, aliases included, line {_line(node)}")
    sizes[id(node)] = size
    return size


def _children(node: yaml.Node) -> Iterable[yaml.Node]:
    """Return the values of a mapping, whose keys are checked here, or the items of a list."""
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
        return [value for _, value in node.value]
    return node.value if isinstance(node, yaml.SequenceNode) else ()


def _check_keys(node: yaml.MappingNode) -> None:
    """Raise an error for a key that is not text, or is given twice."""
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise Refused(f"a list or mapping is a key, line {_line(key)}")
        if key.tag not in (f"{TAG}str", f"{TAG}merge"):
            kind = KINDS.get(key.tag.removeprefix(TAG), key.tag)
            quoted = f"; in quotes it is text: '{key.value}'" if key.value else ""
            raise _error(key, f"is a key that YAML reads as {kind}{quoted}")
        if key.value in seen:
            raise _error(key, "is given twice")
        _check_text(key)
        seen.add(key.value)


def _check_tag(node: yaml.Node) -> None:
    """Raise an error for a value of another kind than JSON has, such as a date, and for broken text."""
    if node.tag not in PLAIN_TAGS:
        kind = KINDS.get(node.tag.removeprefix(TAG))
        if kind is None:
            raise yaml.YAMLError(f"a study has no values with the tag {node.tag}, line {_line(node)}")
        raise _error(node, f"is read as {kind}; in quotes it is text: '{node.value}'")
    if isinstance(node, yaml.ScalarNode):
        _check_text(node)


def _check_text(node: yaml.ScalarNode) -> None:
    if any("\ud800" <= character <= "\udfff" for character in node.value):
        raise Refused(f"a text holds half a character (a lone surrogate), line {_line(node)}")


def _error(node: yaml.Node, what: str) -> Refused:
    shown = node.value if len(node.value) <= MAX_SHOWN else f"{node.value[:MAX_SHOWN]}..."
    return Refused(f"`{shown}` {what}, line {_line(node)}")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1

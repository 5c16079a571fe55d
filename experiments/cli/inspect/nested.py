"""Nested mappings as flat lists of names and values."""

from collections.abc import Iterator, Mapping
from typing import Any


def flat(content: Mapping[str, Any], start: str = "") -> Iterator[tuple[str, Any]]:
    """A nested mapping as 'a.b.c' -> value."""
    for name, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{start}{name}.")
        else:
            yield f"{start}{name}", value

"""What the names of folders beside each other say together: `traincrop` and `testcrop` are splits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .folder_names import SPLIT_WORDS, FolderName, read_name

MIN_REST = 3
"""A split is found in front of an unknown word of at least this many letters: not in trains and tests."""
_BEFORE_WORD = re.compile(
    rf"(?i)({'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})([^\W\d_]{{{MIN_REST},}}.*)"
)


def read_names(names: Iterable[str]) -> dict[str, FolderName]:
    """Return what each name says; `traincrop` is a train split where `testcrop` or `valcrop` is beside it."""
    read = {name: read_name(name) for name in names}
    glued = {name: parts for name in read if (parts := _separate(name)) and not read[name].split}
    alike = find_alike(glued.values())
    return read | {name: parts for name, parts in glued.items() if parts.decoration in alike}


def find_alike(names: Iterable[FolderName]) -> set[tuple[str, ...]]:
    """Return the decorations that a name of the train split and one of another split have in common."""
    splits: dict[tuple[str, ...], set[str]] = {}
    for name in names:
        if name.split:
            splits.setdefault(name.decoration, set()).add(name.split)
    return {decoration for decoration, found in splits.items() if "train" in found and len(found) > 1}


def _separate(name: str) -> FolderName | None:
    """Return what a name says if a sign stood after the split that it begins with."""
    found = _BEFORE_WORD.fullmatch(name)
    return read_name("_".join(found.groups())) if found else None

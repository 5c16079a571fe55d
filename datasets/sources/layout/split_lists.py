"""Text files that list the images of a split: they are not read, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..listing import join_names
from .folder_names import plain_split
from .folder_tree import Folder, relative

TEXT_ENDINGS = frozenset(
    (".txt", ".csv", ".tsv", ".json", ".jsonl", ".lst", ".xml", ".yaml", ".yml", ".md", ".html")
)


def is_text_file(path: Path) -> bool:
    """Tell whether the file name has the extension of a text."""
    return path.suffix.lower() in TEXT_ENDINGS


def warn_of_split_lists(base: Folder) -> Iterator[str]:
    """Yield one warning if files such as ImageSets/Segmentation/train.txt lie where the splits will be drawn."""
    texts = [path for path in base.walk() if is_text_file(path)]
    found = [relative(path, base.path) for path in texts if plain_split(path.stem)]
    if found:
        yield f"lists of splits are not read: {join_names(found)}; to use them, move the images to train/, val/, test/"

"""The folders below a data set's root, each read once and only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from .. import listing
from ..listing import join_names, printable


class Folder:
    """One folder: its files and folders in the order of their names, links followed.

    Hidden files and those that operating systems add are left out. A link back to a folder above itself is left out
    with a line in `warnings`, which all folders below one root share.
    """

    def __init__(
        self, path: Path, root: Path, warnings: list[str], above: frozenset[Path] = frozenset()
    ) -> None:
        self.path, self.root, self.warnings = path, root, warnings
        self._parents = above | {path.resolve()}

    @property
    def name(self) -> str:
        """Return the folder's own name."""
        return self.path.name

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Return the names from the root down to this folder."""
        return self.path.relative_to(self.root).parts

    @cached_property
    def entries(self) -> list[Folder | Path]:
        """Return files and folders, sorted by name. Raises UserError for a folder that cannot be read."""
        found: list[Folder | Path] = []
        for path in listing.list_folder(self.path):
            if not path.is_dir():
                found.append(path)
            elif path.resolve() in self._parents:
                name = printable(str(path.relative_to(self.root)))
                self.warnings.append(f"{name}: a link back to a folder above it, left out")
            else:
                found.append(Folder(path, self.root, self.warnings, self._parents))
        return found

    @property
    def files(self) -> list[Path]:
        """Return the files directly in the folder."""
        return [entry for entry in self.entries if isinstance(entry, Path)]

    @property
    def folders(self) -> list[Folder]:
        """Return the folders directly in the folder."""
        return [entry for entry in self.entries if isinstance(entry, Folder)]

    @cached_property
    def images(self) -> list[Path]:
        """Return the image files directly in the folder."""
        return [path for path in self.files if listing.is_image_file(path)]

    @cached_property
    def has_images(self) -> bool:
        """Tell whether an image file is in the folder or anywhere below it."""
        return bool(self.images) or any(folder.has_images for folder in self.folders)

    @property
    def filled(self) -> list[Folder]:
        """Return the folders directly in the folder that hold images at any depth."""
        return [folder for folder in self.folders if folder.has_images]

    def walk(self) -> Iterator[Path]:
        """Yield all files below the folder."""
        for entry in self.entries:
            if isinstance(entry, Folder):
                yield from entry.walk()
            else:
                yield entry

    def walk_folders(self) -> Iterator[Folder]:
        """Yield this folder and all below it that hold images directly."""
        if self.images:
            yield self
        for folder in self.folders:
            yield from folder.walk_folders()

    def describe(self) -> str:
        """Return the folder's path below the root with a slash, for messages."""
        return f"{printable('/'.join(self.parts))}/" if self.parts else "./"


def read_folder(path: Path, warnings: list[str]) -> Folder:
    """Return the tree below a root; `warnings` collects the links that are left out."""
    return Folder(path, path, warnings)


def relative(path: Path, root: Path) -> str:
    """Return a path below the root as one printable line."""
    return printable(str(path.relative_to(root)))


def describe_layout(base: Folder) -> str:
    """Return what a folder holds, as 'seen: a/ (20 images), b/c/ (6 images); 3 other files, such as masks/1.npy'."""
    found = [f"{folder.describe()} ({len(folder.images)} images)" for folder in base.walk_folders()]
    other = [path for path in base.walk() if not listing.is_image_file(path)]
    seen = f"seen: {join_names(found)}" if found else "seen: no image files"
    return f"{seen}; {len(other)} other files, such as {relative(other[0], base.root)}" if other else seen

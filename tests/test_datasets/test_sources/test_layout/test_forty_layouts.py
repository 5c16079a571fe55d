"""Layouts that people bring: taken for what they are, or refused in one line; and the table in docs/data.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from datasets import catalog
from datasets.sources.file_dataset import FileDataset
from datasets.sources.folder_layout import FolderReader
from datasets.sources.listing import Listing
from experiments.planning.data_check import check_data, guess_dataset
from tests.sources import ROOT
from tests.test_datasets.class_layouts import CLASSES
from tests.test_datasets.layouts import Layout, expand, make
from tests.test_datasets.pair_layouts import PAIRS
from user_error import UserError

LAYOUTS = [*CLASSES, *PAIRS]
TAKEN = [layout for layout in LAYOUTS if not layout.refused]
REFUSED = [layout for layout in LAYOUTS if layout.refused]


def name_of(layout: Layout) -> str:
    return layout.name


def list_as(kind: str, root: Path) -> Listing:
    dataset = catalog.find(kind)
    assert isinstance(dataset, FileDataset)
    options = catalog.resolve(kind, {"root": str(root)})
    return dataset.list_examples(options, dataset.tasks[0], root / "cache")


def found_files(listing: Listing, root: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Return the images of each split, and all masks, as paths below the root."""
    reader = cast(FolderReader, listing.reader)
    images = {
        split: [str(reader.images[position].relative_to(root)) for position in positions]
        for split, positions in listing.splits.items()
    }
    return images, [str(path.relative_to(root)) for path in reader.masks or ()]


@pytest.mark.parametrize("layout", TAKEN, ids=name_of)
def test_a_layout_is_taken_for_what_it_is(layout: Layout, tmp_path: Path) -> None:
    root = make(layout, tmp_path / "d")
    assert guess_dataset(root) == layout.kind
    listing = list_as(layout.kind, root)
    images, masks = found_files(listing, root)
    if layout.pairs:
        expected = {split: expand(paths) for split, (paths, _) in layout.pairs.items()}
        assert images == expected
        assert masks == [path for _, paths in layout.pairs.values() for path in expand(paths)]
    else:
        assert images == {
            split: [path for paths in classes.values() for path in expand(paths)]
            for split, classes in layout.classes.items()
        }
        assert listing.classes == tuple(layout.classes["train"])
        labels = [
            label
            for classes in layout.classes.values()
            for label, paths in enumerate(classes.values())
            for _ in expand(paths)
        ]
        assert listing.labels.tolist() == labels
    assert listing.problems == ()
    assert re.search(layout.warning, "\n".join(listing.warnings))
    assert layout.warning or not listing.warnings


@pytest.mark.parametrize("layout", REFUSED, ids=name_of)
def test_an_ambiguous_layout_is_refused_in_one_line(layout: Layout, tmp_path: Path) -> None:
    root = make(layout, tmp_path / "d")
    try:
        _, report = check_data(str(root), [], None, tmp_path / "cache")
    except UserError as error:
        lines = [str(error)]
    else:
        lines = list(report.problems)
    assert len(lines) == 1
    assert "\n" not in lines[0]
    assert re.search(layout.refused, lines[0]), lines[0]


@pytest.mark.parametrize("layout", [each for each in PAIRS if not each.refused], ids=name_of)
def test_images_with_masks_are_never_taken_for_classes(layout: Layout, tmp_path: Path) -> None:
    root = make(layout, tmp_path / "d")
    with pytest.raises(
        UserError, match=r"images and their masks, not class folders .*use the data set `mask_folder`"
    ):
        list_as("image_folder", root)


def test_there_are_at_least_forty_layouts_of_both_kinds() -> None:
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS) >= 40
    assert len([layout for layout in TAKEN if layout.pairs]) >= 15
    assert len([layout for layout in TAKEN if layout.classes]) >= 15
    assert len(REFUSED) >= 10


def test_the_table_of_layouts_in_the_documents_is_the_tables_of_these_tests() -> None:
    text = (ROOT / "docs/data.md").read_text(encoding="utf-8")
    table = text.split("| what is seen | what becomes of it |\n|---|---|\n")[1].split("\n\n")[0]
    rows = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in table.splitlines()]
    assert rows == [(layout.seen, layout.becomes) for layout in LAYOUTS if layout.seen]

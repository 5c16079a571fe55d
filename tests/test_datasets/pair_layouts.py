"""Folder layouts of images with masks, and what becomes of each."""

from tests.test_datasets.layouts import Layout

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
    Layout(
        "splits with another word in their names",
        ["leaf_{train,test}/images/{1,2}.png"],
        ["leaf_{train,test}/masks/{1,2}.png"],
        pairs={
            "train": ("leaf_train/images/{1,2}.png", "leaf_train/masks/{1,2}.png"),
            "test": ("leaf_test/images/{1,2}.png", "leaf_test/masks/{1,2}.png"),
        },
        seen="`leaf_train/images/*`, `leaf_test/images/*` with masks; `img_dir/leaf_train/*`, `img_dir/leaf_val/*`",
        becomes="splits, as the names are alike but for the word of the split",
    ),
    Layout(
        "splits with another word below images and masks",
        ["img_dir/potsdam_{train,val}/{1,2}.png"],
        ["ann_dir/potsdam_{train,val}/{1,2}.png"],
        pairs={
            "train": ("img_dir/potsdam_train/{1,2}.png", "ann_dir/potsdam_train/{1,2}.png"),
            "validation": ("img_dir/potsdam_val/{1,2}.png", "ann_dir/potsdam_val/{1,2}.png"),
        },
    ),
    Layout(
        "splits with another word above folders of places",
        ["uavid_train/{seq1train,seq2train}/Images/1.png", "uavid_val/seq3val/Images/1.png"],
        ["uavid_train/{seq1train,seq2train}/Labels/1.png", "uavid_val/seq3val/Labels/1.png"],
        pairs={
            "train": (
                "uavid_train/{seq1train,seq2train}/Images/1.png",
                "uavid_train/{seq1train,seq2train}/Labels/1.png",
            ),
            "validation": ("uavid_val/seq3val/Images/1.png", "uavid_val/seq3val/Labels/1.png"),
        },
    ),
    Layout(
        "splits whose names differ in more than the split",
        ["{leaf_train,plant_test}/images/{1,2}.png"],
        ["{leaf_train,plant_test}/masks/{1,2}.png"],
        refused=r"leaf_train/, plant_test/ may be splits or not, as their names differ in more than the word",
        seen="`leaf_train/images/*`, `plant_test/images/*` with masks",
        becomes="refused: the names are not alike, so they may be splits or not",
    ),
    Layout(
        "splits glued to another word",
        [f"{split}crop/{split}crop/{{1,2}}.jpg" for split in ("train", "val", "test")],
        [f"{split}crop/{split}crop/{{1,2}}_mask.png" for split in ("train", "val", "test")],
        pairs={
            name: (f"{split}crop/{split}crop/{{1,2}}.jpg", f"{split}crop/{split}crop/{{1,2}}_mask.png")
            for name, split in (("train", "train"), ("validation", "val"), ("test", "test"))
        },
        seen="`traincrop/*`, `valcrop/*`, `testcrop/*`",
        becomes="splits, as the names begin with the words of splits and go on alike",
    ),
    Layout(
        "dev beside train in images and masks",
        ["{train,dev}/images/{1,2}.png"],
        ["{train,dev}/masks/{1,2}.png"],
        refused=r"dev/ may be the validation or the test split; .*rename it to val/ or test/",
    ),
    Layout(
        "evaluation as the missing split of images and masks",
        ["images/{train,val,evaluation}/{1,2}.png"],
        ["masks/{train,val,evaluation}/{1,2}.png"],
        pairs={
            "train": ("images/train/{1,2}.png", "masks/train/{1,2}.png"),
            "validation": ("images/val/{1,2}.png", "masks/val/{1,2}.png"),
            "test": ("images/evaluation/{1,2}.png", "masks/evaluation/{1,2}.png"),
        },
    ),
    Layout(
        "the field of view beside the masks",
        ["training/images/{21,22}_training.png"],
        ["training/mask/{21,22}_training_mask.png", "training/1st_manual/{21,22}_manual1.png"],
        refused=r"training/mask/ and training/1st_manual/ may both hold the masks of training/images/; keep one,"
        r" called masks/, with the names of the images; or choose training/mask/ with the option mask_suffix: _mask",
        seen="`images/1.jpg`, `mask/1_mask.png`, `manual/1.png` with few values",
        becomes="refused: both may be the masks; `mask_suffix: _mask` chooses those of `mask/`",
    ),
    Layout(
        "instances beside the masks",
        ["training/images/{1,2}.png"],
        ["training/labels/{1,2}.png", "training/instances/{1,2}.png"],
        pairs={"train": ("training/images/{1,2}.png", "training/labels/{1,2}.png")},
        warning=r"folders that are neither images nor masks of a split, left out: training/instances/",
    ),
]

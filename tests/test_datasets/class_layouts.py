"""Folder layouts of classes, and what becomes of each."""

from tests.test_datasets.layouts import Layout

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
        [
            "{cat,dog}/1.jpg",
            "__MACOSX/cat/1.jpg",
            ".ipynb_checkpoints/1.jpg",
            "cat/@eaDir/1.jpg",
            "cat/.thumb.jpg",
        ],
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
        refused=r"the files of after/ look like masks of those of before/; the layout is images/",
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
        refused=r"test/: 3 images in no class folder; the layout is test/<class>/image\.jpg; without test/ a test",
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
    Layout(
        "splits glued to another word, of classes",
        ["{traincrop,testcrop}/{cat,dog}/1.jpg"],
        classes={
            "train": {"cat": "traincrop/cat/1.jpg", "dog": "traincrop/dog/1.jpg"},
            "test": {"cat": "testcrop/cat/1.jpg", "dog": "testcrop/dog/1.jpg"},
        },
    ),
    Layout(
        "classes that begin with the word of a split",
        ["{trainer,tester,valley,testament}/{1,2}.jpg"],
        classes={
            "train": {name: f"{name}/{{1,2}}.jpg" for name in ("testament", "tester", "trainer", "valley")}
        },
    ),
    Layout(
        "pairs of equal names in glued splits",
        ["{traincrop,testcrop}/inside/{1,2}.jpg"],
        ["{traincrop,testcrop}/inside/{1,2}.png"],
        refused=r"inside/1\.png looks like the mask of 1\.jpg, and so on",
    ),
    Layout(
        "masks whose names are not those of the images",
        ["training/images/{21,22,23}_training.png"],
        ["training/1st_manual/{21,22,23}_manual1.png"],
        refused=r"the files of training/1st_manual/ look like masks of those of training/images/; the layout is",
        seen="`photos/IMG_1.png`, `outlines/IMG_1_out.png`: as many files, those of `outlines/` with few values",
        becomes="refused: they look like images and masks",
    ),
    Layout(
        "two folders of masks with words of their own",
        ["stare-images/im{1,2,3}.png"],
        ["labels-ah/im{1,2,3}.ah.png", "labels-vk/im{1,2,3}.vk.png"],
        refused=r"the files of labels-ah/ look like masks of those of stare-images/",
    ),
    Layout(
        "a folder of masks for each of many classes",
        ["{ant,bee,cat}/{1,2,3}.png"],
        ["{ant,bee,cat}_mask/{1,2,3}.png"],
        refused=r"the files of ant_mask/ look like masks of those of ant/",
        seen="`ant/1.png`, `ant_mask/1.png`, and so on; `ant/ant/1.png`, `ant/ant GT/1.png`",
        becomes="refused: they look like images and masks, whatever the number of folders",
    ),
    Layout(
        "one folder of masks for all classes",
        ["ant/a{1,2,3}.png", "bee/b{1,2,3}.png", "cat/c{1,2,3}.png", "dog/d{1,2,3}.png"],
        ["GroundTruth/{a,b,c,d}{1,2,3}.png"],
        refused=r"the files of GroundTruth/ look like masks of those of ant/",
    ),
    Layout(
        "images and masks within each class",
        [f"{name}/{name}/{{1,2,3}}.png" for name in ("ant", "bee", "cat", "dog", "eel")],
        [f"{name}/{name} outlined/{{1,2,3}}.png" for name in ("ant", "bee", "cat", "dog", "eel")],
        refused=r"the files of ant/ant outlined/ look like masks of those of ant/ant/",
    ),
    Layout(
        "two folders of masks within one",
        ["CXR_png/{1,2,3}.png"],
        ["ManualMask/{leftMask,rightMask}/{1,2,3}.png"],
        refused=r"the files of ManualMask/ look like masks of those of CXR_png/",
    ),
    Layout(
        "drawings of two colors as classes",
        [],
        ["{circle,square}/{1,2,3}.png", "{circle,square}/more/{4,5,6}.png"],
        classes={
            "train": {
                "circle": "circle/{1,2,3,more/4,more/5,more/6}.png",
                "square": "square/{1,2,3,more/4,more/5,more/6}.png",
            }
        },
    ),
    Layout(
        "as many photos of other names",
        ["cat/c{1,2,3}.png", "dog/d{1,2,3}.png"],
        classes={"train": {"cat": "cat/c{1,2,3}.png", "dog": "dog/d{1,2,3}.png"}},
    ),
    Layout(
        "the data set once more within itself",
        ["cell_images/{sick,well}/{1,2}.png", "cell_images/cell_images/{sick,well}/{1,2}.png"],
        refused=r"the data set is in cell_images/cell_images/ once more, seen: cell_images/cell_images/sick/, .*move",
        seen="`data/cat/*`, `data/dog/*`, `data/data/cat/*`, `data/data/dog/*`",
        becomes="refused: the data set is in `data/data/` once more; move it away",
    ),
    Layout(
        "a split once more within itself",
        ["train/{a,b}/{1,2}.png", "train/train/{a,b}/{1,2}.png", "val/{a,b}/{1,2}.png"],
        refused=r"the data set is in train/train/ once more, seen: train/train/a/, train/train/b/",
    ),
    Layout(
        "domains with a wrapper in each",
        ["{amazon,dslr}/images/{bike,mug}/{1,2}.jpg"],
        refused=r"either amazon, dslr or bike, mug may be the classes \(seen: amazon/images/bike/ \(2 images\)",
        seen="`amazon/images/bike/*`, `amazon/images/mug/*`, `dslr/images/bike/*`, and so on",
        becomes="refused: either level may be the classes, past the one folder that each holds",
    ),
    Layout(
        "a tree of classes with a wrapper in each",
        ["animal/images/{cat,dog}/1.jpg", "plant/images/{rose,fern}/1.jpg"],
        classes={
            "train": {"animal": "animal/images/{cat,dog}/1.jpg", "plant": "plant/images/{fern,rose}/1.jpg"}
        },
        warning=r"class folders that hold folders: animal/ \(cat/, dog/\), plant/ \(fern/, rose/\)",
    ),
    Layout(
        "splits in a wrapper in each class",
        ["{cat,dog}/images/{train,test}/{1,2}.jpg"],
        refused=r"splits inside cat/, dog/ \(seen: .*; or give one of these folders",
    ),
    Layout(
        "parts of one set",
        ["images_{001,002,003}/images/{1,2}.png"],
        refused=r"images_001, images_002, images_003 may be the parts of one set and not classes; .* if they are"
        r" classes, name them with the option `classes`",
        seen="`images_001/*`, `images_002/*`; `part_1/*`, `part_2/*`; `batch_0/*`, `batch_1/*`",
        becomes="refused: they may be parts of one set; `classes: part_1, part_2` makes them classes",
    ),
    Layout(
        "numbered classes",
        ["{c0,c1,class_2,class_3}/{1,2}.jpg"],
        classes={"train": {name: f"{name}/{{1,2}}.jpg" for name in ("c0", "c1", "class_2", "class_3")}},
    ),
    Layout(
        "a doubled test split without labels",
        ["asl_train/asl_train/{A,B}/{1,2}.jpg", "asl_test/asl_test/{1,2,3}.jpg"],
        refused=r"asl_test/asl_test/: 3 images in no class folder; the layout is .* without asl_test/ a test split is",
    ),
    Layout(
        "a validation split without class folders in a wrapper",
        ["train/{A,B}/images/{1,2}.jpg", "val/images/{1,2,3}.jpg"],
        refused=r"val/images/: 3 images in no class folder; the layout is val/<class>/image\.jpg; without val/ a",
        seen="`train/cat/*`, `val/images/1.jpg`",
        becomes="refused: images in no class folder",
    ),
    Layout(
        "images and masks that are both the train split",
        ["train_img/{1,2,3}.png", "test_img/{1,2}.png"],
        ["train_lab/{1,2,3}.png", "test_lab/{1,2}.png"],
        refused=r"both its test split; they look like images and masks: call them test_images/ and test_masks/|"
        r"both its train split; they look like images and masks: call them train_images/ and train_masks/",
        seen="`train_img/1.png`, `train_lab/1.png` with few values",
        becomes="refused: they look like images and masks; call them `train_images/`, `train_masks/`",
    ),
]

"""Masks in the forms that people bring: read to the classes that were drawn, or refused with what mends them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
import yaml

from datasets import catalog
from experiments.config.overrides import parse_value
from tests.test_datasets.mask_forms import (
    COLORS,
    COUNTS,
    Write,
    colors,
    indices,
    levels,
    make_folder,
    one_bit_or_eight,
    own_palettes,
    packed_png,
    pages,
    ruined,
    smoothed,
    truth,
    turned,
    with_alpha,
)

Options = Mapping[str, str | int]
NONE: Options = MappingProxyType({})
VOID = 255
"""What `Form.becomes` says of a class that must be ignored, wherever the loaded arrays have it."""
GREYS = "palette: '#000000 #555555 #aaaaaa'"
BLACK_WHITE = "palette: '#000000 #ffffff'"
LOSSY = "masks must be lossless: export them from their source as PNG"


class Form(NamedTuple):
    """One form of masks.

    becomes: the class that each of the drawn values 0, 1, 2 becomes, VOID for none; refused: a part of the line that
    refuses the form, and mended: the options in that line, with which it becomes `becomes`; warns: a part of a warning.
    """

    name: str
    write: Write
    becomes: tuple[int, int, int] = (0, 1, 2)
    extension: str = "png"
    options: Options = NONE
    refused: str = ""
    mended: Options = NONE
    warns: str = ""


FORMS = [
    # read as they are
    Form("grey levels", levels(0, 1, 2)),
    Form("palette indices", indices()),
    Form("a palette of 4 bits", indices(bits=4)),
    Form("single bits", levels(0, 255, 255, mode="1"), (0, 1, 1)),
    Form("single bits in a PBM file", levels(0, 255, 255, mode="1"), (0, 1, 1), "pbm"),
    Form("16 bits", levels(0, 1, 2, kind=np.uint16)),
    Form("grey in three bands", levels(0, 1, 2, mode="RGB")),
    Form("grey in four bands", levels(0, 1, 2, mode="RGBA")),
    Form("grey with transparency", levels(0, 1, 2, mode="LA")),
    Form("BMP", levels(0, 1, 2), extension="bmp"),
    Form("GIF", indices(), extension="gif"),
    Form("PGM", levels(0, 1, 2), extension="pgm"),
    Form(
        "PGM of three levels, which become 0, 85, 170",
        lambda path, classes: path.write_bytes(b"P5 12 8 3\n" + classes.astype(np.uint8).tobytes()),
        extension="pgm",
        refused=GREYS,
        mended={"palette": "#000000 #555555 #aaaaaa"},
    ),
    Form(
        "grey levels in GIF, whose indices differ by file",
        lambda path, classes: levels(*((0, 9, 9) if int(path.stem) % 2 else (9, 5, 5)))(path, classes),
        extension="gif",
        refused="value 0 has different colors in different masks",
    ),
    Form("TIFF", levels(0, 1, 2, compression="tiff_lzw"), extension="tif"),
    Form("lossless WebP", levels(0, 1, 2, mode="RGB", lossless=True), extension="webp"),
    Form("reversible JPEG 2000", levels(0, 1, 2), extension="jp2"),
    # lossy
    Form(
        "JPEG", levels(0, 255, 255), extension="jpg", refused=f"JPEG is lossy and changes the values; {LOSSY}"
    ),
    Form("JPEG called png", levels(0, 1, 2, format="JPEG", quality=100), refused="JPEG is lossy"),
    Form("lossy WebP", levels(0, 1, 2, mode="RGB"), extension="webp", refused="this kind of WebP is lossy"),
    Form("AVIF", levels(0, 1, 2), extension="avif", refused="AVIF is lossy"),
    Form(
        "irreversible JPEG 2000",
        levels(0, 1, 2, irreversible=True),
        extension="jp2",
        refused="this kind of JPEG 2000 is lossy",
    ),
    Form(
        "JPEG inside TIFF",
        levels(0, 1, 2, compression="jpeg"),
        extension="tif",
        refused="JPEG inside TIFF is lossy",
    ),
    Form("saved as JPEG, then as PNG", ruined, refused="saved in a lossy format; export them again"),
    # values with gaps
    Form(
        "0 and 255",
        levels(0, 255, 255),
        (0, 1, 1),
        refused=BLACK_WHITE,
        mended={"palette": "#000000 #ffffff"},
    ),
    Form("0, 85, 170", levels(0, 85, 170), refused=GREYS, mended={"palette": "#000000 #555555 #aaaaaa"}),
    Form(
        "0, 128, 255",
        levels(0, 128, 255),
        refused="hold the values 0, 128, 255, and what lies between never occurs",
        mended={"palette": "#000000 #808080 #ffffff"},
    ),
    Form("0, 1, 7", levels(0, 1, 7), refused="0, 1, 7", mended={"palette": "#000000 #010101 #070707"}),
    Form(
        "2 bits, which become 0, 85, 170",
        packed_png(2),
        refused=GREYS,
        mended={"palette": "#000000 #555555 #aaaaaa"},
    ),
    Form(
        "4 bits, which become 0, 17, 34",
        packed_png(4),
        refused="0, 17, 34",
        mended={"palette": "#000000 #111111 #222222"},
    ),
    Form("gaps between named classes", levels(0, 2, 4), (0, 2, 4), options={"classes": "a, b, c, d, e"}),
    Form(
        "0 and 255 in three bands",
        levels(0, 255, 255, mode="RGB"),
        (0, 1, 1),
        refused=BLACK_WHITE,
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "0 and 255 in 16 bits",
        levels(0, 255, 255, kind=np.uint16),
        (0, 1, 1),
        refused=BLACK_WHITE,
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "0 and 65535 in 16 bits",
        levels(0, 65535, 65535, kind=np.uint16),
        (0, 1, 1),
        refused=BLACK_WHITE,
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "single bits beside 0 and 255",
        one_bit_or_eight,
        (0, 1, 1),
        refused=BLACK_WHITE,
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "palette indices 0 and 255",
        lambda path, classes: indices(COLORS[:1] * 255 + COLORS[1:2])(path, (classes > 0) * 255),
        (0, 1, 1),
        refused="hold the values 0, 255",
        mended={"palette": "#000000 #ff0000"},
    ),
    Form(
        "named 0 and 255",
        levels(0, 255, 255),
        (0, 1, 1),
        options={"classes": "ground, thing"},
        refused="value 255 in .* pixels .*the classes are 0 to 1",
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "named 0, 85, 170",
        levels(0, 85, 170),
        options={"classes": "a, b, c"},
        refused="values 85, 170 in",
        mended={"palette": "#000000 #555555 #aaaaaa"},
    ),
    Form(
        "1 in some masks and 255 in others",
        lambda path, classes: levels(0, *[255 if int(path.stem) % 2 else 1] * 2)(path, classes),
        refused="no mask holds both 1 and 255: if these are the same class, export the masks alike; set ignore: 255 if",
    ),
    # values that do not begin with 0
    Form("1, 2, 3", levels(1, 2, 3), refused="begin with 1 and 0 never occurs", mended={"first_value": 1}),
    Form(
        "1, 2, 3 named",
        levels(1, 2, 3),
        options={"classes": "a, b, c"},
        refused="the classes are 0 to 2",
        mended={"first_value": 1},
    ),
    Form("0 without a class", levels(0, 1, 2), (VOID, 0, 1), options={"first_value": 1}),
    Form(
        "0 and 255 without a class", levels(0, 1, 2), (VOID, 0, 1), options={"first_value": 1, "ignore": 255}
    ),
    Form(
        "1, 2 and 255",
        levels(1, 2, 255),
        (0, 1, VOID),
        refused="begin with 1",
        mended={"first_value": 1, "ignore": 255},
    ),
    # ignored values
    Form("255 without a class", levels(0, 1, 255), (0, 1, VOID), options={"ignore": 255}),
    Form(
        "255 that nothing names",
        levels(0, 1, 255),
        (0, 1, VOID),
        refused="set ignore: 255 if these pixels have no class",
        mended={"ignore": 255},
    ),
    Form("an ignored value among the classes", levels(0, 1, 2), (0, VOID, 1), options={"ignore": 1}),
    Form(
        "an ignored class of three names",
        levels(0, 1, 2),
        (0, VOID, 1),
        options={"ignore": 1, "classes": "a, b, c"},
    ),
    Form("an ignored background", levels(0, 1, 2), (VOID, 0, 1), options={"ignore": 0}),
    Form(
        "an ignored foreground",
        levels(0, 255, 255),
        (0, 1, 1),
        options={"ignore": 255},
        refused="with ignore: 255 only value 0 is left: 50.0 % of the pixels are ignored; if they are a class,"
        " leave out ignore: 255 and set",
        mended={"palette": "#000000 #ffffff"},
    ),
    Form(
        "an ignored color",
        colors(*COLORS),
        (0, 1, VOID),
        options={"palette": "#000000 #ff0000", "ignore": "#0000ff"},
    ),
    Form(
        "an ignored color of the palette",
        colors(*COLORS),
        (0, VOID, 1),
        options={"palette": "#000000 #ff0000 #0000ff", "ignore": 1},
    ),
    # colors
    Form(
        "colors",
        colors(*COLORS),
        (0, 2, 1),
        refused="are in colors: ",
        mended={"palette": "#000000 #0000ff #ff0000"},
    ),
    Form("colors with a palette", colors(*COLORS), (1, 0, 2), options={"palette": "#ff0000 #000000 #0000ff"}),
    Form(
        "palette indices with a palette", indices(), (1, 0, 2), options={"palette": "#ff0000 #000000 #0000ff"}
    ),
    Form(
        "a color too many",
        colors(*COLORS),
        options={"palette": "#000000 #ff0000"},
        refused="not in the palette: #0000ff",
        mended={"palette": "#000000 #ff0000 #0000ff"},
    ),
    Form(
        "a palette in each file",
        own_palettes,
        (0, 2, 1),
        refused="each file has a palette of its own",
        mended={"palette": "#000000 #0000ff #ff0000"},
    ),
    # what a format holds besides
    Form(
        "drawn in transparency",
        with_alpha((0, 0, 0), (0, 128, 255)),
        refused="10 of 10 masks are drawn in their transparency",
    ),
    Form(
        "transparency beside values",
        with_alpha((0, 1, 2), (0, 255, 255)),
        warns="10 of 10 masks have a transparency",
    ),
    Form("a transparent index", indices(transparency=0), warns="10 of 10 masks have a transparency"),
    Form("turned by EXIF", turned, warns="10 of 10 masks are turned by their EXIF orientation"),
    Form(
        "two pages",
        pages,
        extension="tif",
        warns="10 of 10 masks have up to 2 frames or pages, of which the first is read",
    ),
    Form("16 bits in three bands", packed_png(16, 2), refused="10 of 10 masks have 16 bits in each band"),
    Form(
        "TIFF whose 0 is white",
        levels(0, 1, 2, tiffinfo={262: 0}),
        extension="tif",
        warns="10 of 10 masks are TIFF files whose 0 is white: 0 in the file is read as 255",
    ),
    Form("floating point", levels(0, 1, 2, kind=np.float32), extension="tif", refused="a mask of mode F"),
    Form("CMYK", levels(0, 1, 2, mode="CMYK"), extension="tif", refused="a mask of mode CMYK"),
    Form(
        "negative numbers",
        levels(-1, 0, 1, kind=np.int32),
        extension="tif",
        refused="hold the value -1; values must be",
    ),
    Form("numbers of regions", levels(0, 1001, 26002, kind=np.uint16), refused="may be numbers of regions"),
    Form("smoothed", smoothed, refused="smoothed or saved in a lossy format"),
    Form("one value", levels(7, 7, 7), refused="hold the value 7: there is one class"),
]


def check(root: Path, options: Options, cache: Path) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the problems as one text, the warnings and the facts."""
    prepared = catalog.prepare("mask_folder", "segmentation", {"root": str(root), **options}, cache=cache)
    return "\n".join(prepared.report.problems), prepared.report.warnings, prepared.report.facts


def assert_reads(form: Form, root: Path, options: Options, cache: Path) -> None:
    """Assert that the loaded masks hold the class of every drawn pixel, and that report and classes count them."""
    problems, warnings, facts = check(root, options, cache)
    assert problems == ""
    told = [warning for warning in warnings if " of 10 " in warning]
    assert len(told) == bool(form.warns)
    assert all(form.warns in warning for warning in told)
    splits = catalog.load("mask_folder", "segmentation", {"root": str(root), **options}, cache=cache)
    for count, split in zip(COUNTS.values(), (splits.train, splits.validation, splits.test), strict=True):
        drawn = np.array(form.becomes)[np.stack([truth(number) for number in range(count)])]
        loaded = split.targets[slice(None)].numpy().astype(np.int64)
        expected = np.where(drawn == VOID, -1 if splits.ignore_index is None else splits.ignore_index, drawn)
        assert np.array_equal(loaded, expected)
    kept = [each for each in form.becomes if each != VOID]
    names = options.get("classes")
    assert len(splits.classes) == (
        len(str(names).split(",")) - (VOID in form.becomes) if names else max(kept) + 1
    )
    shares = np.array([0.5, 0.25, 0.25])
    ignored = 100 * shares[np.array(form.becomes) == VOID].sum()
    has_share = re.search(r"ignored mask value: .* \((\S+) % of all pixels\)", "\n".join(facts))
    assert float(has_share[1] if has_share else 0) == pytest.approx(ignored, abs=0.05)
    assert facts[0].startswith(f"classes: {len(splits.classes)} (")


def pasted(message: str) -> tuple[dict[str, str | int], dict[str, str | int]]:
    """Return the options that a message advises, pasted into a study file and onto the command line."""
    advice = message[message.rindex("set ") :] if "set " in message else ""
    advice = re.split(r", or |, in the order| or, for", advice)[0]
    found = re.findall(r"(\w+): ('[^']*'|-?\d+)", advice)
    study = yaml.safe_load("{" + ", ".join(f"{key}: {value}" for key, value in found) + "}")
    line = {key: parse_value(value.strip("'"), f"{key}={value}") for key, value in found}
    return study, line


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name.replace(" ", "_"))
def test_masks_are_read_as_they_were_drawn_or_refused_with_what_mends_them(
    form: Form, tmp_path: Path
) -> None:
    root = make_folder(tmp_path / "d", form.write, form.extension)
    cache = tmp_path / "cache"
    if not form.refused:
        assert_reads(form, root, form.options, cache)
        return
    problems, _, _ = check(root, form.options, cache)
    lines = problems.split("\n")
    assert re.search(form.refused, problems) or form.refused in problems
    with pytest.raises(ValueError, match="data set mask_folder: "):
        catalog.load("mask_folder", "segmentation", {"root": str(root), **form.options}, cache=cache)
    if form.mended:
        study, line = pasted(lines[0])
        assert study == line == form.mended
        kept = {} if "leave out" in lines[0] else form.options
        assert_reads(form, root, {**kept, **study}, cache)


def test_there_are_forms_of_every_kind() -> None:
    names = [form.name for form in FORMS]
    assert len(set(names)) == len(names) >= 30
    assert sum(bool(form.refused) for form in FORMS) >= 15 <= sum(not form.refused for form in FORMS)

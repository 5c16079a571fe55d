"""Writers of masks in the forms that people's own folders have. Letters: H and W pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests.test_datasets.own_data import picture

Ints = NDArray[np.int64]
Write = Callable[[Path, Ints], object]
HEIGHT, WIDTH = 8, 12
COUNTS = {"train": 4, "val": 3, "test": 3}
COLORS = ((0, 0, 0), (255, 0, 0), (0, 0, 255))


def truth(number: int) -> Ints:
    """Return three classes in vertical bands, the first half of the picture, the others a quarter each, shifted."""
    row = np.array([0] * 6 + [1] * 3 + [2] * 3)
    return np.tile(np.roll(row, number), (HEIGHT, 1))


def make_folder(root: Path, write: Write, extension: str) -> Path:
    """Make train, val and test with images and masks; the truth of a split's mask x is `truth(x)`."""
    for start, (split, count) in enumerate(COUNTS.items()):
        for number in range(count):
            picture(root / split / "images" / f"{number}.png", 100 * start + number, size=(WIDTH, HEIGHT))
            (root / split / "masks").mkdir(exist_ok=True)
            write(root / split / "masks" / f"{number}.{extension}", truth(number))
    return root


def levels(*values: int, kind: type[np.generic] = np.uint8, mode: str = "", **how: Any) -> Write:
    """Write each class as a value; mode: what the image is converted to."""

    def write(path: Path, classes: Ints) -> None:
        image = Image.fromarray(np.array(values, kind)[classes])
        (image.convert(mode) if mode else image).save(path, **how)

    return write


def indices(palette: Sequence[Sequence[int]] = COLORS, **how: Any) -> Write:
    """Write the classes as indices of a palette."""

    def write(path: Path, classes: Ints) -> None:
        image = Image.frombytes("P", (WIDTH, HEIGHT), classes.astype(np.uint8).tobytes())
        image.putpalette([level for color in palette for level in color])
        image.save(path, **how)

    return write


def own_palettes(path: Path, classes: Ints) -> None:
    """Write colors as indices whose palette is the other way round in every second file."""
    order = [0, 1, 2] if int(path.stem) % 2 else [2, 1, 0]
    indices([COLORS[each] for each in order])(path, np.argsort(order)[classes])


def colors(*palette: Sequence[int], **how: Any) -> Write:
    return lambda path, classes: Image.fromarray(np.array(palette, np.uint8)[classes]).save(path, **how)


def with_alpha(values: Sequence[int], alpha: Sequence[int]) -> Write:
    """Write grey levels with a transparency, both by class."""
    return colors(*([value, value, value, band] for value, band in zip(values, alpha, strict=True)))


def turned(path: Path, classes: Ints) -> None:
    """Write the mask upside down, with the EXIF orientation that turns it back."""
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(classes[::-1, ::-1].astype(np.uint8)).save(path, exif=exif)


def pages(path: Path, classes: Ints) -> None:
    first, second = (Image.fromarray(each.astype(np.uint8)) for each in (classes, classes * 0))
    first.save(path, save_all=True, append_images=[second])


def ruined(path: Path, classes: Ints) -> None:
    """Write two classes as 0 and 255 in JPEG, and what is read of it in PNG."""
    lossy = BytesIO()
    Image.fromarray(((classes > 0) * 255).astype(np.uint8)).save(lossy, "JPEG", quality=90)
    Image.open(lossy).save(path)


def smoothed(path: Path, classes: Ints) -> None:
    """Write two classes as 0 and 255, at four times the size and resized."""
    large = Image.fromarray(((classes > 0) * 255).astype(np.uint8)).resize((4 * WIDTH, 4 * HEIGHT))
    noise = np.random.default_rng(int(path.stem)).integers(-40, 41, (4 * HEIGHT, 4 * WIDTH))
    wavy = np.clip(np.asarray(large).astype(int) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(wavy).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR).save(path)


def one_bit_or_eight(path: Path, classes: Ints) -> None:
    """Write 0 and 255, in single bits in every second file."""
    image = Image.fromarray(((classes > 0) * 255).astype(np.uint8))
    (image.convert("1") if int(path.stem) % 2 else image).save(path)


def packed_png(bits: int, kind: int = 0) -> Write:
    """Write the classes as the samples of a PNG file of 2, 4 or 16 bits; kind 0: grey, 2: red, green and blue."""

    def write(path: Path, classes: Ints) -> None:
        samples = np.repeat(classes[..., None], 3, 2).reshape(HEIGHT, -1) if kind == 2 else classes
        words = [np.frombuffer(row.astype(">u2").tobytes(), np.uint8) for row in samples]
        shifts = (samples[:, :, None] >> np.arange(bits - 1, -1, -1)) & 1
        rows = words if bits == 16 else np.packbits(shifts.reshape(HEIGHT, -1).astype(np.uint8), axis=1)
        data = b"".join(b"\0" + row.tobytes() for row in rows)
        header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, kind, 0, 0, 0)
        chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks)))

    return write


def _chunk(named: tuple[bytes, bytes]) -> bytes:
    name, content = named
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

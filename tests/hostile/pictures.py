"""Picture files that grow, lie about themselves, or hold no picture."""

import io
import struct
import zlib
from functools import partial

import numpy as np
from PIL import Image

from hostile.case import Case, bomb, fixture

PNG = b"\x89PNG\r\n\x1a\n"
DEEP = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel by a PNG's kind of colour."""


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one part of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int = 8, colour: int = 0, before: bytes = b"", interlaced: int = 0) -> bytes:
    """Return a PNG of this size in which nothing is drawn."""
    size = (width * DEEP[colour] * bits // 8 + 1) * height
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    return PNG + chunk(b"IHDR", head) + before + chunk(b"IDAT", bomb(size)) + chunk(b"IEND", b"")


def animated_png(frames: int) -> bytes:
    """A PNG of so many frames."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 200, 200, 8, 0, 0, 0, 0)) + chunk(
        b"acTL", struct.pack(">II", frames, 0)
    )
    body = zlib.compress(b"\x00" * 201 * 200)
    shown = b""
    for n in range(frames):
        control = struct.pack(">IIIIIHHBB", 2 * n, 200, 200, 0, 0, 1, 1, 0, 0)
        shown += chunk(b"fcTL", control) + (
            chunk(b"fdAT", struct.pack(">I", 2 * n + 1) + body) if n else chunk(b"IDAT", body)
        )
    return PNG + head + shown + chunk(b"IEND", b"")


def drawing(size: tuple[int, int] = (600, 400)) -> Image.Image:
    """A picture with something on it."""
    rows = np.full((size[1], size[0]), 255, np.uint8)
    rows[40:60, 40:-40:7] = 0
    rows[100:120, 40:-40:5] = 0
    return Image.fromarray(rows)


def saved(kind: str, image: Image.Image | None = None, **how: object) -> bytes:
    """Return a picture as a file."""
    target = io.BytesIO()
    (drawing() if image is None else image).save(target, kind, **how)
    return target.getvalue()


def jpeg_of(width: int, height: int, mode: str = "L") -> bytes:
    """A JPEG that says it is of this size, and is small."""
    data = bytearray(saved("JPEG", drawing().convert(mode)))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def turned(orientation: object, kind: str = "JPEG") -> bytes:
    """A picture with this EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(kind, exif=exif)


def exif(data: bytes, kind: str = "JPEG") -> bytes:
    """A picture with these bytes for EXIF."""
    return saved(kind, exif=data)


def tiff(
    entries: list[tuple[int, int, int, int]], data: bytes = b"", following: int = 0, head: bytes = b"II*\x00"
) -> bytes:
    """A TIFF of one directory: tag, type, count, value."""
    table = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return head + struct.pack("<I", 8) + table + struct.pack("<I", following) + data


def plain_tiff(
    width: int, height: int, bits: int = 8, samples: int = 1, packing: int = 1, following: int = 0, **extra: int
) -> bytes:
    """A TIFF of this size, packed as the number says."""
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, bits), (259, 3, 1, packing), (262, 3, 1, 1),
        (277, 3, 1, samples), (278, 4, 1, height),
    ]  # fmt: skip
    entries += [(int(tag[1:]), 4, 1, value) for tag, value in extra.items()]
    size = (width * samples * bits + 7) // 8 * height
    data = {1: b"\x00" * min(size, 4_000_000), 8: bomb(size), 32773: b"\x81\x00" * (size // 128 + 1)}.get(
        packing, b"\x55" * 5000
    )
    place = 8 + 2 + 12 * (len(entries) + 2) + 4
    entries += [(273, 4, 1, place), (279, 4, 1, len(data))]
    return tiff(entries, data, following)


def tiff_pages(count: int, size: tuple[int, int] = (60, 60)) -> bytes:
    """A TIFF of so many pages."""
    one = drawing((600, 400)).resize(size)
    return saved("TIFF", one, save_all=True, append_images=[one] * (count - 1), compression="tiff_deflate")


def tiff_loop() -> bytes:
    """A TIFF whose first page is followed by itself."""
    return plain_tiff(60, 60, following=8)


def webp_frames(count: int) -> bytes:
    """A WebP of so many frames."""
    frames = [drawing().point(lambda value, n=n: (value + n) % 256) for n in range(count)]
    return saved("WEBP", frames[0], save_all=True, append_images=frames[1:], lossless=True)


def webp_of(width: int, height: int) -> bytes:
    """A lossless WebP that says it is of this size."""
    data = bytearray(saved("WEBP", lossless=True))
    place = data.index(b"VP8L") + 9
    bits = struct.unpack("<I", data[place : place + 4])[0] & ~0xFFFFFFF
    data[place : place + 4] = struct.pack("<I", bits | (width - 1) | (height - 1) << 14)
    return bytes(data)


def whole_webp(width: int, height: int) -> bytes:
    """A lossless WebP of this size of one colour."""
    return saved("WEBP", Image.new("RGBA", (width, height), (250, 250, 250, 200)), lossless=True, method=0, quality=0)


def heic_cut(start: int, stop: int) -> bytes:
    """A photograph with a hole."""
    whole = bytearray(fixture_heic())
    whole[start:stop] = b"\xff" * (stop - start)
    return bytes(whole)


def fixture_heic() -> bytes:
    """A photograph."""
    from hostile.case import FIXTURES

    return (FIXTURES.parent / "tests" / "data" / "pictures" / "photo.heic").read_bytes()


def upright(kind: str = "PNG") -> bytes:
    """A scanned invoice as a picture."""
    return saved(kind, _scan())


def _scan() -> Image.Image:
    return Image.open(io.BytesIO(fixture("photo-approved/invoice.jpg"))).convert("L").reduce(2)


def lying(orientation: int, turn: Image.Transpose, kind: str = "PNG") -> bytes:
    """The same picture turned, and its EXIF says how to turn it back."""
    data = Image.Exif()
    data[0x0112] = orientation
    return saved(kind, _scan().transpose(turn), exif=data)


def case(name: str, kind: str, make: object, **how: object) -> Case:
    """A case whose file is called as a picture of its kind is."""
    return Case(name, make, called=f"scan.{kind}", **how)  # type: ignore[arg-type]


CASES = (
    case("png-bits", "png", partial(png, 100_000, 100_000, 1)),
    case("png-largest", "png", partial(png, 10_000, 10_000)),
    case("png-largest-colours", "png", partial(png, 10_000, 10_000, 8, 6)),
    case("png-largest-deep", "png", partial(png, 10_000, 10_000, 16, 6)),
    case("png-largest-gray-deep", "png", partial(png, 10_000, 10_000, 16, 0)),
    case("png-largest-interlaced", "png", partial(png, 10_000, 10_000, 8, 2, interlaced=1)),
    case("png-nothing", "png", partial(png, 0, 0)),
    case("png-one-pixel", "png", partial(png, 1, 1)),
    case("png-thin", "png", partial(png, 32, 3_000_000)),
    case("png-flat", "png", partial(png, 3_000_000, 32)),
    case("png-text", "png", partial(png, 200, 200, before=chunk(b"zTXt", b"a\x00\x00" + bomb(1 << 31)))),
    case("png-texts", "png", partial(png, 200, 200, before=chunk(b"tEXt", b"a\x00" + b"x" * 900) * 9000)),
    case("png-profile", "png", partial(png, 200, 200, before=chunk(b"iCCP", b"a\x00\x00" + bomb(1 << 31)))),
    case("png-resolution", "png", partial(png, 200, 200, before=chunk(b"pHYs", struct.pack(">IIB", 4294967295, 0, 1)))),
    case("png-animated", "png", partial(animated_png, 2000)),
    case("png-cut", "png", lambda: png(3000, 3000)[:-40]),
    case("jpeg-largest", "jpg", partial(jpeg_of, 65_500, 65_500)),
    case("jpeg-large-cut", "jpg", partial(jpeg_of, 10_000, 10_000, "RGB")),
    case("jpeg-nothing", "jpg", partial(jpeg_of, 0, 0)),
    case("jpeg-inks", "jpg", lambda: saved("JPEG", drawing().convert("CMYK"))),
    case("jpeg-progressive", "jpg", lambda: saved("JPEG", Image.new("RGB", (9_000, 9_000), "white"), progressive=True)),
    case("jpeg-resolution", "jpg", lambda: saved("JPEG", dpi=(65535, 1))),
    case("jpeg-segments", "jpg", lambda: saved("JPEG").replace(b"\xff\xdb", (b"\xff\xe1\xff\xff" + b"x" * 65533) * 300 + b"\xff\xdb", 1)),
    case("jpeg-twice", "jpg", lambda: saved("JPEG") + saved("JPEG")),
    case("jpeg-exif-broken", "jpg", partial(exif, b"Exif\x00\x00II*\x00\xff\xff\xff\xff" + b"\xff" * 500)),
    case("jpeg-exif-loop", "jpg", partial(exif, b"Exif\x00\x00" + tiff([(0x8769, 4, 1, 8), (0x0112, 3, 1, 6)], following=8))),
    *(case(f"jpeg-turned-{n}", "jpg", partial(turned, n)) for n in (0, 9, 65535)),
    case("tiff-largest", "tif", partial(plain_tiff, 10_000, 10_000, packing=8)),
    case("tiff-largest-deep", "tif", partial(plain_tiff, 10_000, 10_000, 16, packing=8)),
    case("tiff-largest-floats", "tif", partial(plain_tiff, 10_000, 10_000, 32, packing=8, t339=3)),
    case("tiff-largest-inks", "tif", partial(plain_tiff, 10_000, 10_000, 8, 4, packing=8, t262=5)),
    case("tiff-too-large", "tif", partial(plain_tiff, 100_000, 100_000, 1, packing=4)),
    case("tiff-runs", "tif", partial(plain_tiff, 9_000, 9_000, packing=32773)),
    case("tiff-fax", "tif", partial(plain_tiff, 2_000, 50_000, 1, packing=4)),
    case("tiff-jpeg", "tif", partial(plain_tiff, 5_000, 5_000, packing=7)),
    case("tiff-unknown", "tif", partial(plain_tiff, 500, 500, packing=50_000)),
    case("tiff-nothing", "tif", partial(plain_tiff, 0, 0)),
    case("tiff-no-directory", "tif", lambda: b"II*\x00\xff\xff\xff\x7f"),
    case("tiff-empty-directory", "tif", partial(tiff, [])),
    case("tiff-counts", "tif", partial(tiff, [(256, 4, 0xFFFFFFFF, 8), (257, 4, 0xFFFFFFFF, 8), (273, 4, 0xFFFFFFFF, 8)])),
    case("tiff-loop", "tif", tiff_loop),
    case("tiff-pages-1000", "tif", partial(tiff_pages, 1000)),
    case("tiff-pages-2-large", "tif", lambda: saved("TIFF", Image.new("L", (9_900, 9_900), 255), save_all=True, append_images=[Image.new("L", (9_900, 9_900), 255)], compression="tiff_deflate")),
    case("webp-largest", "webp", partial(webp_of, 16_383, 16_383)),
    case("webp-large-cut", "webp", partial(webp_of, 10_000, 9_900)),
    case("webp-large", "webp", partial(whole_webp, 9_990, 9_990)),
    case("webp-animated", "webp", partial(webp_frames, 60)),
    case("heic-holed-head", "heic", partial(heic_cut, 60, 400)),
    case("heic-holed", "heic", lambda: heic_cut(len(fixture_heic()) // 2, len(fixture_heic()) // 2 + 3000)),
    case("odd-picture-turned-6", "png", partial(lying, 6, Image.Transpose.ROTATE_90), like=upright),
    case("odd-picture-turned-3", "png", partial(lying, 3, Image.Transpose.ROTATE_180), like=upright),
    case("odd-picture-mirrored", "png", partial(lying, 2, Image.Transpose.FLIP_LEFT_RIGHT), like=upright),
    case("odd-picture-tiff-turned", "tif", partial(lying, 8, Image.Transpose.ROTATE_270, "TIFF"), like=upright),
)  # fmt: skip

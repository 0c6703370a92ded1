"""Chromium's pictures made small enough for a repository: at most 256 colours, packed as well as PNG can (PNG, 3rd ed.).

`python -m tests.browser.pictures DIRECTORY NAME…` puts some of them beside each other in `readme.png`.
"""

import base64
import shutil
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

MAGIC = b"\x89PNG\r\n\x1a\n"
MOST_COLOURS = 256
FRAME = (
    "body { display: flex; gap: 32px; margin: 32px; background: #c9ccd3 }"
    "img { width: 360px; height: 640px; object-fit: cover; object-position: top; border-radius: 24px }"
)
Colour = tuple[int, int, int]


def smaller(picture: bytes) -> bytes:
    """The same picture with a palette. It takes what Chromium gives: eight bits a channel, not interlaced."""
    width, height, colours = _read(picture)
    counted = Counter(colours)
    palette = [colour for colour, _ in counted.most_common(MOST_COLOURS)]
    places = {colour: at for at, colour in enumerate(palette)}
    for colour in counted:
        if colour not in places:
            places[colour] = min(range(len(palette)), key=lambda at: _distance(palette[at], colour))
    indices = bytes(map(places.__getitem__, colours))
    lines = b"".join(b"\0" + indices[at : at + width] for at in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    table = bytes(channel for colour in palette for channel in colour)
    return MAGIC + b"".join(
        _chunk(kind, body)
        for kind, body in (
            (b"IHDR", header),
            (b"PLTE", table),
            (b"IDAT", zlib.compress(lines, 9)),
            (b"IEND", b""),
        )
    )


def _read(picture: bytes) -> tuple[int, int, list[Colour]]:
    width, height, bits, kind, *_, interlaced = struct.unpack(">IIBBBBB", picture[16:29])
    assert (bits, interlaced) == (8, 0)
    assert kind in {2, 6}
    pixel = 3 if kind == 2 else 4
    raw = zlib.decompress(b"".join(_bodies(picture, b"IDAT")))
    stride, before = width * pixel, bytearray(width * pixel)
    colours: list[Colour] = []
    for start in range(0, len(raw), stride + 1):
        before = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), before, pixel)
        colours += zip(before[0::pixel], before[1::pixel], before[2::pixel], strict=True)
    return width, height, colours


def _bodies(picture: bytes, wanted: bytes) -> list[bytes]:
    found, at = [], len(MAGIC)
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        if picture[at + 4 : at + 8] == wanted:
            found.append(picture[at + 8 : at + 8 + size])
        at += size + 12
    return found


def _unfiltered(kind: int, line: bytearray, above: bytearray, pixel: int) -> bytearray:
    for at in range(len(line) if kind else 0):
        left = line[at - pixel] if at >= pixel else 0
        corner = above[at - pixel] if at >= pixel else 0
        guesses = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))
        line[at] = (line[at] + guesses[kind]) & 255
    return line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _distance(one: Colour, other: Colour) -> int:
    return sum((mine - its) ** 2 for mine, its in zip(one, other, strict=True))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def cover(directory: Path, names: Sequence[str]) -> None:
    """One picture of several pages beside each other, for the README."""
    pages = "".join(
        f"<img src='data:image/png;base64,{base64.b64encode((directory / name).read_bytes()).decode()}'>"
        for name in names
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": len(names) * 392 + 32, "height": 704})
        page.set_content(f"<style>{FRAME}</style>{pages}")
        (directory / "readme.png").write_bytes(smaller(page.screenshot()))
        browser.close()


if __name__ == "__main__":
    cover(Path(sys.argv[1]), sys.argv[2:])

"""Which pictures our pages may show: what the bytes themselves say, whatever somebody's server calls them.

No SVG: it is a document, which may hold scripts and refer to elsewhere. Nothing is decoded here; that is for browsers.
"""

import struct
from collections.abc import Callable

MOST_BYTES = 64 * 1024
MOST_PIXELS = 2048
"""Of either side: a few KiB can name a picture that takes a browser all its memory."""
PNG, RIFF, JPEG = b"\x89PNG\r\n\x1a\n", b"RIFF", b"\xff\xd8\xff"
JPEG_END = b"\xff\xd9"
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers before which a size stands (ITU-T T.81 table B.1)."""
MOVES = 0x02
"""Flag of an extended WebP with an animation (RFC 9649 §2.7)."""


class BadPicture(Exception):
    """No picture that we show. The text says why and repeats nothing of it."""


def kind(content: bytes) -> str:
    """The media type of a still PNG, JPEG or WebP that is whole. Raises BadPicture."""
    if len(content) > MOST_BYTES:
        raise BadPicture("larger than 64 KiB")
    found = next((known for known in _KINDS if content.startswith(known[0])), None)
    if found is None:
        raise BadPicture("neither PNG, JPEG nor WebP")
    _, media_type, measure = found
    try:
        sides = measure(content)
    except (struct.error, IndexError):
        raise BadPicture("cut short") from None
    if not all(0 < side <= MOST_PIXELS for side in sides):
        raise BadPicture(f"a side of it is not between 1 and {MOST_PIXELS} pixels")
    return media_type


def _png(content: bytes) -> tuple[int, int]:
    """Its sides; its chunks end where it ends (W3C PNG §5.3)."""
    name, place = b"", len(PNG)
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, place)
        if name == b"acTL":
            raise BadPicture("it moves")
        if (name == b"IHDR") != (place == len(PNG)):
            raise BadPicture("malformed")
        place += 12 + length
    if place != len(content):
        raise BadPicture("cut short, or something follows it")
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int]:
    """Its sides, from the first frame header (ITU-T T.81 §B.2.2)."""
    if not content.endswith(JPEG_END):
        raise BadPicture("cut short, or something follows it")
    place = 2
    while True:
        mark, marker, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF or length < 2:
            raise BadPicture("malformed")
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        place += 2 + length


def _webp(content: bytes) -> tuple[int, int]:
    """Its sides, from the first chunk (RFC 9649 §2.5 to §2.7)."""
    length, name, chunk = struct.unpack_from("<4xI4s4s", content)
    if name != b"WEBP" or length + 8 != len(content):
        raise BadPicture("cut short, or something follows it")
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    if chunk == b"VP8L":
        (packed,) = struct.unpack_from("<I", content, 21)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if chunk != b"VP8X":
        raise BadPicture("malformed")
    if content[20] & MOVES:
        raise BadPicture("it moves")
    return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1


_KINDS: tuple[tuple[bytes, str, Callable[[bytes], tuple[int, int]]], ...] = (
    (PNG, "image/png", _png),
    (JPEG, "image/jpeg", _jpeg),
    (RIFF, "image/webp", _webp),
)

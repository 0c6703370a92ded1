"""Which pictures pages may show, by their bytes."""

import pytest

from app.clients.pictures import BadPicture, kind
from tests.protocol.rfc7591.pictures import JPEG, LOSSLESS, LOSSY, SVG, chunk, drawn, extended, png

PNG = png()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [(PNG, "image/png"), (drawn(2048, 1), "image/png"), (JPEG, "image/jpeg"), (LOSSY, "image/webp"),
     (LOSSLESS, "image/webp"), (extended(0x10), "image/webp"), (extended(0, 2048, 2048), "image/webp"),
     (drawn(9, 9, chunk(b"tEXt", b"x" * 65_479)), "image/png")],
)  # fmt: skip
def test_still_pictures(content: bytes, media_type: str) -> None:
    assert kind(content) == media_type


@pytest.mark.sr("SR-054")
@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "neither"), (SVG, "neither"), (b"<html>", "neither"), (b"GIF89a" + bytes(90), "neither"), (b"BM", "neither"),
        (b" " + PNG, "neither"), (drawn(9, 9, chunk(b"tEXt", b"x" * 65_480)), "larger"),
        (drawn(2049, 1), "a side"), (drawn(1, 0), "a side"), (drawn(0xFFFFFFFF, 1), "a side"),
        (extended(0, 1, 2049), "a side"), (LOSSY[:26] + b"\xff\x3f" + LOSSY[28:], "a side"),
        (PNG[:-1], "cut"), (PNG[:40], "cut"), (PNG[:9], "cut"), (PNG[:8], "cut"), (PNG + b"<html>", "follows"),
        (PNG[:8] + PNG[33:], "malformed"), (PNG[:33] + PNG[8:], "malformed"), (png(4, 4, chunk(b"acTL", bytes(8))), "moves"),
        (JPEG[:-2], "cut"), (JPEG + b"<html>", "follows"), (b"\xff\xd8\xff\xd9", "cut"),
        (JPEG[:4] + bytes(2) + JPEG[6:], "malformed"), (b"\xff\xd8\xff" + bytes(30_000) + b"\xff\xd9", "malformed"),
        (LOSSLESS[:-1], "cut"), (LOSSLESS[:11], "cut"), (LOSSLESS + b"x", "follows"), (b"RIFF\4\0\0\0WAVE", "cut"),
        (b"RIFF\x0c\0\0\0WEBPVP8X\0\0\0\0", "cut"), (b"RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0", "cut"),
        (b"RIFF\x0c\0\0\0WEBPICCP\0\0\0\0", "malformed"), (extended(0x02), "moves"),
    ],
)  # fmt: skip
def test_what_is_none(content: bytes, cause: str) -> None:
    with pytest.raises(BadPicture, match=cause):
        kind(content)


@pytest.mark.parametrize(
    "content", [PNG, JPEG, LOSSY, LOSSLESS, extended(0)], ids=["png", "jpeg", "lossy", "lossless", "extended"]
)
def test_no_picture_that_is_cut_short_passes(content: bytes) -> None:
    for length in range(len(content)):
        with pytest.raises(BadPicture):
            kind(content[:length])

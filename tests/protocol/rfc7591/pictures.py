"""Logos as a partner's server holds them."""

import base64
import struct
import zlib

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19i"
    "Z2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2P/wAARCAADAAQDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QA"
    "FQEBAQAAAAAAAAAAAAAAAAAAAwX/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCWARGf/9k="
)
LOSSY = base64.b64decode("UklGRjIAAABXRUJQVlA4ICYAAABwAQCdASoEAAMAAsBMJaACdAFAAAD+693vLRf/Ctf1of285OgAAA==")
LOSSLESS = base64.b64decode("UklGRh4AAABXRUJQVlA4TBEAAAAvA4AAAAdQvjrUrP+BiOh/AAA=")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'


def png(width: int = 4, height: int = 4, *more: bytes, ink: bytes = b"\x14\x21\x3d") -> bytes:
    """A ring of dark ink on nothing, as logos are drawn for light ground."""
    radius = min(width, height) / 2

    def pixel(x: int, y: int) -> bytes:
        away = ((x + 0.5 - width / 2) ** 2 + (y + 0.5 - height / 2) ** 2) ** 0.5 / radius
        return ink + (b"\xff" if 0.55 < away < 0.95 else b"\0")

    lines = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    return drawn(width, height, *more, chunk(b"IDAT", zlib.compress(lines)))


def drawn(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says it has these sides."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def extended(flags: int, width: int = 4, height: int = 3) -> bytes:
    """A WebP with an extended header (RFC 9649 §2.7) around the lossless one."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + sides
    body = b"WEBP" + head + LOSSLESS[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body

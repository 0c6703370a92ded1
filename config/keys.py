"""How secrets are written in the settings: versions `number:base64url of 32 bytes` and commas, current one first."""

import base64

PURPOSES = ("wrap", "seal", "sign", "lookup", "subject", "sid", "otp", "audit")


def read_keys(text: str) -> list[tuple[int, bytes]]:
    """The versions of one purpose. Raises ValueError when one is malformed, or two are alike."""
    versions = [_version(part.strip()) for part in text.split(",")]
    numbers, secrets = zip(*versions, strict=True)
    if len(set(numbers)) < len(versions) or len(set(secrets)) < len(versions):
        raise ValueError("two versions of a key have one number, or one secret")
    return versions


def _version(part: str) -> tuple[int, bytes]:
    number, _, secret = part.partition(":")
    try:
        raw = base64.b64decode(secret.rstrip("=") + "=", altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32 or not number.isdecimal() or not 0 < int(number) < 256:
        raise ValueError("a key is a number from 1 to 255, a colon and 32 bytes in base64url")
    return int(number), raw

"""The picture that devices show instead of drawing `verification_uri_complete` themselves (RFC 8628 §3.3.1)."""

import struct
import xml.etree.ElementTree as ET
import zlib

import pytest
import segno

from tests.deployment import HTTPS, Browser, Deploy, Deployment, Service
from tests.protocol.rfc8628.conftest import started

CODE = "BCDF-GHJK"
SCALE = 8


def modules(png: bytes) -> list[list[int]]:
    """The modules of a picture of one bit a pixel, with the quiet ones around."""
    width, height, bits, colours = struct.unpack(">IIBB", png[16:26])
    assert (bits, colours) == (1, 0)
    at, body = 8, b""
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            body += png[at + 8 : at + 8 + size]
        at += size + 12
    raw, stride = zlib.decompress(body), (width + 7) // 8 + 1
    lines = []
    for row in range(height // SCALE):
        line = raw[row * SCALE * stride : row * SCALE * stride + stride]
        assert line[0] == 0
        lines.append([1 - (line[1 + place // 8] >> (7 - place % 8) & 1) for place in range(0, width, SCALE)])
    return lines


@pytest.mark.rule("RFC 8628", "3.3.1", "devices get verification_uri_complete as a picture of a QR code")
def test_the_picture_is_of_the_address_that_the_device_was_given(
    deployment: Deployment, device: Browser, tv: Service
) -> None:
    codes = started(device, tv)
    answer = device.get("/device/qr.png", query_string={"user_code": codes["user_code"]})
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    wanted = segno.make_qr(codes["verification_uri_complete"], error="m")
    assert modules(answer.data) == [list(row) for row in wanted.matrix_iter(border=4)]
    drawn = ET.fromstring(device.get("/device/qr.svg", query_string={"user_code": codes["user_code"]}).text)
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    side = str(SCALE * (wanted.symbol_size()[0]))
    assert (drawn.get("width"), drawn.get("viewBox")) == (f"{side}px", f"0 0 {side} {side}")


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_any_page_may_show_it_and_it_does_nothing_by_itself(device: Browser, kind: str) -> None:
    answer = device.get(f"/device/qr.{kind}?user_code={CODE}")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    for active in (b"style", b"script", b"href", b"class="):
        assert active not in answer.data


@pytest.mark.sr("SR-047")
def test_it_says_of_no_code_whether_it_is_good(deployment: Deployment, device: Browser, tv: Service) -> None:
    good = started(device, tv)["user_code"]
    with deployment.statements() as seen:
        known, unknown = (
            device.get("/device/qr.svg", query_string={"user_code": code}) for code in (good, CODE)
        )
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert set(dict(known.headers)) == set(dict(unknown.headers))
    assert seen == []


def test_the_code_is_read_as_people_write_it(device: Browser) -> None:
    one, other = (device.get(f"/device/qr.svg?user_code={code}") for code in (CODE, "bcdfghjk"))
    assert one.data == other.data


@pytest.mark.parametrize(
    "query",
    ["", "user_code=", "user_code=AEIO-UAEI", "user_code=%3Csvg%3E", f"user_code={CODE}&user_code={CODE}"],
)
def test_what_is_no_code_has_no_picture(device: Browser, query: str) -> None:
    answer = device.get(f"/device/qr.svg?{query}")
    assert (answer.status_code, answer.data) == (400, b"")
    assert device.post(f"/device/qr.svg?user_code={CODE}").status_code == 405


@pytest.mark.sr("SR-047")
def test_one_address_has_so_many_a_minute(deploy: Deploy) -> None:
    deployment = deploy(issuer=HTTPS, limits={"signin_starts_per_address_minute": 2})
    device = deployment.client()
    there = {"REMOTE_ADDR": "192.0.2.7"}
    statuses = [
        device.get(f"/device/qr.png?user_code={CODE}", environ_overrides=there).status_code for _ in range(3)
    ]
    assert statuses == [200, 200, 429]

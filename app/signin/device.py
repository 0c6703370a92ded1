"""The device cookie: what one browser remembers of its person, sealed, to show the usual way first.

It never lets anybody in. Its links tell the rules of numbers that this browser proved them before.
"""

import json
from dataclasses import dataclass, replace
from uuid import UUID

from flask import Response

from app.keys.sealing import Sealer, Unsealable
from app.web.cookies import Cookies

PURPOSE = "device"
LIFE_S = 365 * 86_400
MOST_LINKS = 8


@dataclass(frozen=True, slots=True)
class Device:
    """The usual way in, the name to greet by, and the links proved here, latest first."""

    way: str = ""
    name: str = ""
    links: tuple[UUID, ...] = ()

    def after(self, way: str, name: str, link: UUID | None) -> "Device":
        """The same after a sign-in; `link` is given where the proof may be remembered."""
        if link is None:
            return replace(self, way=way, name=name)
        links = (link, *(known for known in self.links if known != link))
        return Device(way, name, links[:MOST_LINKS])


class Devices:
    """Reads and writes the cookie."""

    def __init__(self, sealer: Sealer, cookies: Cookies) -> None:
        self._sealer, self._cookies = sealer, cookies

    def read(self) -> Device:
        """What this browser remembers; nothing, if the cookie is not ours."""
        try:
            value = json.loads(self._sealer.open(PURPOSE, self._cookies.read("device") or ""))
        except Unsealable:
            return Device()
        return Device(value["w"], value["n"], tuple(UUID(link) for link in value["l"]))

    def write(self, response: Response, device: Device) -> None:
        """Remember this for a year."""
        value = {"w": device.way, "n": device.name, "l": [str(link) for link in device.links]}
        sealed = self._sealer.seal(PURPOSE, json.dumps(value).encode())
        self._cookies.set(response, "device", sealed, LIFE_S)

    def greet_nobody(self, response: Response) -> None:
        """Somebody else is to come: no way is the usual one any more. What was proved here stays proved."""
        device = self.read()
        if device.way:
            self.write(response, replace(device, way="", name=""))

    def forget(self, response: Response) -> None:
        """The person said: not you."""
        self._cookies.clear(response, "device")

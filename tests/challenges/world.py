"""What the tests of this room stand on: challenges over real stores, a gateway and an operator over real HTTP."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from app.challenges import parts as challenges
from app.challenges.otp import Otp
from app.challenges.outcomes import Proved, Refused, Started, Unsupported
from app.challenges.push import Push
from app.challenges.sending import Sender
from app.challenges.tables import number_counters
from app.keys.keyed import KeyedValues
from app.keys.keyring import Keyring
from app.keys.lookup import LookupHasher
from app.keys.sealing import Sealer
from app.storage.clock import Clock
from app.storage.database import Storage
from app.storage.ephemeral import Ephemeral, RedisEphemeral, SqliteEphemeral
from app.upstreams.base import Assertion
from app.upstreams.http import Http
from app.upstreams.mobile_id import MobileId
from app.upstreams.sms import Sms
from config.limits import LimitsSettings
from config.settings import KeySettings, Settings
from config.upstream import SmsSettings
from tests.identity.world import secret
from tests.services import ClockFile
from tests.support.servers import wait_for
from tests.upstreams.fakes import Fake
from tests.upstreams.mobile_operator import Operator, closing

NUMBER, OTHER_NUMBER = "+79201234567", "+79217654321"
BROWSER, STRANGER = "b" * 64, "5" * 64
ADDRESS = "203.0.113.7"
ACCEPTED = closing({"result": {"msg_id": "1", "status": {"code": 0, "description": "ok"}}})


def keys() -> KeySettings:
    """The same keys in every process of a test."""
    return KeySettings(**{name: SecretStr(secret(name)) for name in KeySettings.model_fields})


def open_ephemeral(where: str, clock: Clock) -> Ephemeral:
    """The store at an address, or in a file."""
    if "://" not in where:
        return SqliteEphemeral(Path(where), clock)
    store = RedisEphemeral(where, clock)
    # A machine that runs many tests at once may keep Redis waiting for longer than a page would.
    store._redis.connection_pool.connection_kwargs |= {"socket_timeout": 5, "socket_connect_timeout": 5}
    return store


def flush(world: "World") -> None:
    """Lose the whole ephemeral store."""
    if isinstance(world.ephemeral, RedisEphemeral):
        world.ephemeral._redis.flushdb()
    else:
        assert isinstance(world.ephemeral, SqliteEphemeral)
        world.ephemeral._write("DELETE FROM ephemeral RETURNING 1", ())


@dataclass(slots=True)
class Rooms:
    """What is made of one deployment's settings."""

    otp: Otp
    push: Push
    parts: challenges.Parts
    events: list[str]


@contextmanager
def rooms(settings: Settings, storage: Storage, ephemeral: Ephemeral) -> Iterator[Rooms]:
    """The challenges of a deployment, with threads that send."""
    events: list[str] = []
    keyring, clock = Keyring(settings.keys), storage.clock
    parts = challenges.build(
        settings,
        storage=storage,
        ephemeral=ephemeral,
        lookup=LookupHasher(keyring),
        keyed=KeyedValues(keyring),
        sealer=Sealer(keyring, ("waiting",)),
        on_event=events.append,
    )
    http = Http(clock, events.append, connect_s=0.5)
    sender, prompter = (Sender(2, settings.sms.queue, events.append, head_start_s=0) for _ in range(2))
    mobile_id = MobileId(settings.mobile_id, http, clock, issuer=settings.issuer, total_s=1)
    yield Rooms(
        Otp(parts, sender, Sms(settings.sms, http, total_s=1)),
        Push(parts, prompter, mobile_id),
        parts,
        events,
    )
    sender.close()
    prompter.close()
    http.close()


@dataclass(slots=True)
class World:
    """One deployment, whose challenges are driven as the pages do."""

    storage: Storage
    ephemeral: Ephemeral
    clock: Clock
    clock_file: ClockFile
    gateway: Fake
    operator: Operator
    made: list[Any] = field(default_factory=list)
    rooms: Rooms = field(init=False)
    settings: Settings = field(init=False)

    def __post_init__(self) -> None:
        self.gateway.replies["/sms"] = ACCEPTED
        self.configure()

    def configure(self, *, mobile_id: dict[str, Any] | None = None, **changed: Any) -> None:
        """Take other settings; `limits` may be a dictionary."""
        self.close()
        limits = LimitsSettings(**changed.pop("limits", {}))
        self.settings = Settings(
            **{
                "profile": "testing",
                "keys": keys(),
                "limits": limits,
                "sms": SmsSettings(url=self.gateway.url + "/sms"),
                "mobile_id": self.operator.settings(**(mobile_id or {})),
                **changed,
            }
        )
        opened = rooms(self.settings, self.storage, self.ephemeral)
        self.rooms = opened.__enter__()
        self.made.append(opened)

    def close(self) -> None:
        """Let what waits be sent, and end the threads."""
        while self.made:
            self.made.pop().__exit__(None, None, None)

    @property
    def otp(self) -> Otp:
        return self.rooms.otp

    @property
    def push(self) -> Push:
        return self.rooms.push

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.clock_file.advance(seconds)

    # Codes by SMS

    def send(
        self, number: str = NUMBER, *, browser: str = BROWSER, address: str = ADDRESS, **more: str
    ) -> Started | Refused:
        """Ask for a code by SMS."""
        asked = {"client_id": "store", "service": "Магазин", "locale": "ru"} | more
        return self.otp.start(number, browser=browser, address=address, **asked)

    def sent(self, number: str = NUMBER, **more: str) -> tuple[str, str]:
        """Ask for a code that is sent: the challenge and the code."""
        before = len(self.texts(number))
        started = self.send(number, **more)
        assert isinstance(started, Started), started
        wait_for(lambda: len(self.texts(number)) > before, "no message came")
        return started.challenge, code_in(self.texts(number)[-1])

    def texts(self, number: str = NUMBER) -> list[str]:
        """Messages that the gateway was given for a number, oldest first."""
        taken = [received.json for received in list(self.gateway.received)]
        return [sms["message"] for sms in taken if str(sms["to"]) == number.removeprefix("+")]

    def settle(self) -> int:
        """How many messages there are when all that waited has been sent."""
        for sender in (self.otp._sender, self.push._sender):
            free: Any = sender._free
            wait_for(lambda free=free: free._value == free._initial_value, "the pool does not end")  # type: ignore[misc]
        return len(self.gateway.received)

    def configure_again(self) -> None:
        """What a restart does, with the same settings."""
        kept = self.settings
        self.close()
        opened = rooms(kept, self.storage, self.ephemeral)
        self.rooms = opened.__enter__()
        self.made.append(opened)

    def prove(self, number: str = NUMBER, browser: str = BROWSER) -> None:
        """Prove a number by SMS."""
        challenge, code = self.sent(number, browser=browser)
        assert isinstance(self.otp.answer(challenge, code, browser), Proved)

    # Pushes

    def ask_push(
        self, number: str = NUMBER, *, browser: str = BROWSER, address: str = ADDRESS, **more: str
    ) -> Started | Refused | Unsupported:
        """Ask for a push."""
        asked = {"client_id": "store", "service": "Магазин", "locale": "ru"} | more
        return self.push.start(number, browser=browser, address=address, **asked)

    def pushed(self, number: str = NUMBER, **more: str) -> tuple[str, dict[str, Any]]:
        """Ask for a push that reaches the handset: the challenge and the operator's record of it."""
        before = len(self.operator.prompts)
        started = self.ask_push(number, **more)
        assert isinstance(started, Started), started
        wait_for(lambda: len(self.operator.prompts) > before, "no prompt came")
        return started.challenge, self.operator.prompts[-1]

    def confirm(self, prompt: dict[str, Any], **claims: Any) -> str:
        """The person says yes; what we answer to the operator."""
        body = self.operator.success(prompt, **claims)
        return self.push.notify(self.operator.bearer(prompt), body)

    # What is counted

    def rows(self) -> list[Any]:
        """All rows of counters."""
        with self.storage.transaction() as tx:
            return list(tx.execute(select(number_counters)).all())

    def fails(self) -> int:
        """Wrong codes that are counted, over all rows."""
        return sum(len(row.fails) for row in self.rows())

    def wrong(self, challenge: str, code: str, browser: str = BROWSER) -> Any:
        """Try another code than this one."""
        return self.otp.answer(challenge, other_than(code), browser)


def proved(outcome: object) -> Assertion:
    """What was proved; anything else fails the test."""
    assert isinstance(outcome, Proved), outcome
    return outcome.assertion


def code_in(text: str) -> str:
    """The code of a message."""
    found = re.search(r"#(\d{6})$", text)
    assert found, text
    return found[1]


def other_than(code: str, by: int = 1) -> str:
    """Another code."""
    return f"{(int(code) + by) % 1_000_000:06d}"

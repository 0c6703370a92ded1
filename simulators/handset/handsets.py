"""What is on handsets: messages, and requests of Mobile ID."""

import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from simulators.clock import Clock
from simulators.kept import Kept

MOST_MESSAGES = 50
State = Literal["pending", "yes", "no", "expired"]
DIGITS = re.compile(r"[0-9]{2,8}")


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS. `at` in milliseconds."""

    id: str
    text: str
    at: int
    peer: str
    """Who sent it; or, if the person did, to whom."""
    inbound: bool = False
    """The person sent it."""

    def to_json(self) -> dict[str, Any]:
        """As tools see it."""
        return {"id": self.id, "text": self.text, "at": self.at}


@dataclass(slots=True)
class Push:
    """One request of Mobile ID."""

    id: str
    number: str
    message: str
    at: int
    answered: Callable[[bool], None]
    """Called once, when the person has answered."""
    state: State = "pending"

    @property
    def code(self) -> str:
        """The longest row of digits in the message, the first of several."""
        return max(DIGITS.findall(self.message), key=len, default="")

    def to_json(self) -> dict[str, Any]:
        """As tools see it."""
        return {"id": self.id, "message": self.message, "code": self.code, "state": self.state}


@dataclass(slots=True)
class Handset:
    """One handset, latest first."""

    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=MOST_MESSAGES))
    pushes: deque[Push] = field(default_factory=lambda: deque(maxlen=MOST_MESSAGES))


class Handsets:
    """All handsets, by number (E.164)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._handsets: Kept[Handset] = Kept()
        self._pushes: Kept[Push] = Kept()

    def receive(self, number: str, text: str, sender: str) -> None:
        """An SMS arrives."""
        self._add(number, Message(str(uuid4()), text, self._clock.now_ms(), sender))

    def send(self, number: str, to: str, text: str) -> Message:
        """The person sends an SMS."""
        message = Message(str(uuid4()), text, self._clock.now_ms(), to, inbound=True)
        self._add(number, message)
        return message

    def show(self, number: str, message: str, answered: Callable[[bool], None]) -> str:
        """A request appears; its id."""
        push = Push(str(uuid4()), number, message, self._clock.now_ms(), answered)
        with self._lock:
            self._handsets.get_or_make(number, Handset).pushes.appendleft(push)
            self._pushes.put(push.id, push)
        return push.id

    def withdraw(self, push_id: str) -> bool:
        """A request that was not answered goes away. False: it was answered."""
        return self._settle(push_id, "expired") is not None

    def push(self, push_id: str) -> Push | None:
        """A request by its id."""
        return self._pushes.get(push_id)

    def answer(self, push_id: str, *, yes: bool) -> bool:
        """The person answers. False: there is nothing to answer any more."""
        push = self._settle(push_id, "yes" if yes else "no")
        if push is None:
            return False
        push.answered(yes)
        return True

    def messages(self, number: str) -> list[Message]:
        """Received and sent, latest first."""
        with self._lock:
            return list(self._handset(number).messages)

    def pushes(self, number: str) -> list[Push]:
        """Latest first."""
        with self._lock:
            return list(self._handset(number).pushes)

    def clear(self) -> None:
        """Switch all handsets off and on again, empty."""
        with self._lock:
            self._handsets.clear()
            self._pushes.clear()

    def _add(self, number: str, message: Message) -> None:
        with self._lock:
            self._handsets.get_or_make(number, Handset).messages.appendleft(message)

    def _handset(self, number: str) -> Handset:
        return self._handsets.get(number) or Handset()

    def _settle(self, push_id: str, state: State) -> Push | None:
        with self._lock:
            push = self._pushes.get(push_id)
            if push is None or push.state != "pending":
                return None
            push.state = state
            return push

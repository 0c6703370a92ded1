"""Pushes as the ephemeral store keeps them: the request, the operator's id of it, its result, and the one place of a number.

A request never changes; its result is added once, so that of many results one counts (SR-139).
"""

from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from app.challenges.asked import Asked
from app.challenges.parts import Parts
from app.challenges.waiting import Waiting
from app.upstreams.base import Assertion, Evidence
from app.upstreams.mobile_id import Ended, Prompt

NOT_SERVED_MS = 86_400_000
"""So long a number that the operator cannot prompt gets its code by SMS at once."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A challenge with the prompt that was made for it."""

    waiting: Waiting
    prompt: Prompt

    @property
    def id(self) -> str:
        """Of the challenge."""
        return self.waiting.challenge

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"waiting": self.waiting.to_json(), "prompt": asdict(self.prompt)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """As it was kept."""
        return cls(Waiting.from_json(value["waiting"]), Prompt(**value["prompt"]))


class Pushes:
    """Keeps them for the life of a push."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._kept = parts, parts.kept
        self._life_ms = parts.settings.lifetimes.push_s * 1000

    def find(self, challenge: str) -> Pushed | None:
        """The push of this id."""
        found = self._kept.get(f"push:{challenge}")
        return Pushed.from_json(found) if found else None

    def keep(self, pushed: Pushed) -> None:
        """Keep a new push."""
        self._put(pushed)

    def spend(self, pushed: Pushed) -> None:
        """It has been used; another prompt may be sent to its number."""
        self._put(replace(pushed, waiting=replace(pushed.waiting, used=True)))
        self.free(pushed)

    def reserve(self, pushed: Pushed) -> bool:
        """Take the one place of its number (SR-138)."""
        return self._kept.add(self._slot(pushed.waiting.asked), pushed.id, self._life_ms)

    def beside(self, asked: Asked) -> Pushed | None:
        """The push that has the place of this number, if the same browser asked for it."""
        found = self.find(self._kept.get(self._slot(asked)) or "")
        return found if found and found.waiting.is_of(asked.browser, asked.purpose) else None

    def free(self, pushed: Pushed) -> None:
        """Give the place of its number back."""
        slot = self._slot(pushed.waiting.asked)
        if self._kept.get(slot) == pushed.id:
            self._kept.forget(slot)

    def sent(self, pushed: Pushed, transaction: str) -> None:
        """The operator has taken it, under this id."""
        self._kept.put(f"push-transaction:{pushed.id}", transaction, self._life_ms)

    def transaction(self, pushed: Pushed) -> str | None:
        """The operator's id, once it is known."""
        found: str | None = self._kept.get(f"push-transaction:{pushed.id}")
        return found

    def end(self, pushed: Pushed, found: Assertion | Ended) -> bool:
        """Note the result. False when there was one."""
        if isinstance(found, Ended):
            self.free(pushed)
        return self._kept.add(f"push-result:{pushed.id}", _result(found), self._life_ms)

    def result(self, pushed: Pushed) -> Assertion | Ended | None:
        """The result, once it is there."""
        found = self._kept.get(f"push-result:{pushed.id}")
        return _found(found) if found else None

    def may_poll(self, pushed: Pushed) -> bool:
        """Whether the operator may be asked again now."""
        pause = self._parts.settings.mobile_id.poll_interval_s * 1000
        return self._kept.add(f"push-polled:{pushed.id}", True, pause)

    def note_not_served(self, asked: Asked) -> None:
        """The operator cannot prompt this number."""
        self._kept.put(self._not_served(asked), True, NOT_SERVED_MS)

    def is_not_served(self, asked: Asked) -> bool:
        """Whether the operator said so not long ago."""
        return self._kept.get(self._not_served(asked)) is not None

    def _put(self, pushed: Pushed) -> None:
        life = pushed.waiting.expires_at - self._parts.clock.now()
        if life > 0:
            self._kept.put(f"push:{pushed.id}", pushed.to_json(), life)

    def _slot(self, asked: Asked) -> str:
        return self._parts.place("push-slot", asked.number)

    def _not_served(self, asked: Asked) -> str:
        return self._parts.place("push-not-served", asked.number)


def _result(found: Assertion | Ended) -> dict[str, Any]:
    if isinstance(found, Ended):
        return {"ended": found.state}
    return {"said": asdict(found) | {"verified": sorted(found.verified)}}


def _found(value: dict[str, Any]) -> Assertion | Ended:
    if "ended" in value:
        return Ended(value["ended"])
    said = value["said"]
    evidence = Evidence(**(said["evidence"] | {"method": tuple(said["evidence"]["method"])}))
    return Assertion(**(said | {"evidence": evidence, "verified": frozenset(said["verified"])}))

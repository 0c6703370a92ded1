"""Who the people are and how the upstreams behave: the one thing that tests and testers change."""

import re
import threading
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from simulators.cast import CAST
from simulators.clock import Clock
from simulators.msisdn import MEGAFON
from simulators.person import Person
from simulators.upstream_switches import (
    MailRuSwitches,
    MobileIdSwitches,
    SmsSwitches,
    Upstreams,
    VkIdSwitches,
    registered,
)

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MOST_PEOPLE = 1000
AnyModel = TypeVar("AnyModel", bound=BaseModel)


class BadChange(ValueError):
    """A change that cannot be made. The text says why."""


class Scenario:
    """The people by key, and the upstreams. A change is made whole or not at all."""

    def __init__(self, mostid: str, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.mostid = mostid
        self.people: Mapping[str, Person] = CAST
        self.upstreams: Upstreams = registered(mostid)

    @property
    def mailru(self) -> MailRuSwitches:
        """Switches of Mail.ru."""
        return self.upstreams.mailru

    @property
    def vkid(self) -> VkIdSwitches:
        """Switches of VK ID."""
        return self.upstreams.vkid

    @property
    def mobileid(self) -> MobileIdSwitches:
        """Switches of Mobile ID."""
        return self.upstreams.mobileid

    @property
    def sms(self) -> SmsSwitches:
        """Switches of the SMS gateway."""
        return self.upstreams.sms

    def accounts(self) -> dict[str, Person]:
        """The people who have an account at Mail.ru."""
        return {key: person for key, person in self.people.items() if person.mailru_id}

    def vk_accounts(self) -> dict[str, Person]:
        """The people who have an account at VK ID."""
        return {key: person for key, person in self.people.items() if person.vkid_id}

    def subscriber(self, number: str) -> Person:
        """Whose number (E.164) it is. A number of nobody here is an ordinary subscriber's if the range is MegaFon's."""
        for person in self.people.values():
            if person.number == number:
                return person
        return Person(number=number, not_subscriber=not number.startswith(MEGAFON))

    def to_json(self) -> dict[str, Any]:
        """Everything, as it is changed."""
        people = {key: person.model_dump(mode="json") for key, person in self.people.items()}
        return {"people": people, "upstreams": self.upstreams.model_dump(mode="json")}

    def merge(self, changes: object) -> None:
        """Change the members that are given, as a JSON merge patch (RFC 7396): null removes a person. Raises BadChange."""
        asked = _members(changes, "the change")
        if asked.keys() - {"people", "upstreams"}:
            raise BadChange("a change has the members people and upstreams, each by name")
        with self._lock:
            people = self._people(_members(asked.get("people", {}), "people"))
            upstreams = _upstreams(self.upstreams, _members(asked.get("upstreams", {}), "upstreams"))
            self.people, self.upstreams = people, upstreams

    def reset(self, mostid: str = "") -> None:
        """Begin anew, with a MostID at this address if one is given."""
        with self._lock:
            self.mostid = mostid or self.mostid
            self.people, self.upstreams = CAST, registered(self.mostid)

    def _people(self, changes: Mapping[str, Any]) -> Mapping[str, Person]:
        people = dict(self.people)
        for key, change in changes.items():
            if not KEY.fullmatch(key):
                raise BadChange(f"{key!r} is no key: small letters, digits, - and _")
            if change is None:
                people.pop(key, None)
            else:
                people[key] = self._changed(people.get(key, Person()), _members(change, key))
        _check(people)
        return people

    def _changed(self, before: Person, change: Mapping[str, Any]) -> Person:
        after = _validated(before, change)
        if after.sim_changed and not before.sim_changed and "sim_changed_at" not in change:
            return after.model_copy(update={"sim_changed_at": self._clock.now()})
        return after


def _upstreams(before: Upstreams, changes: Mapping[str, Any]) -> Upstreams:
    if changes.keys() - Upstreams.model_fields.keys():
        raise BadChange(f"the upstreams are {', '.join(Upstreams.model_fields)}")
    changed = {
        name: _validated(getattr(before, name), _members(change, name)) for name, change in changes.items()
    }
    return before.model_copy(update=changed)


def _validated(before: AnyModel, change: Mapping[str, Any]) -> AnyModel:
    try:
        return type(before).model_validate({**before.model_dump(), **change})
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise BadChange(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None


def _check(people: Mapping[str, Person]) -> None:
    """One number is one handset, one account id one account."""
    if len(people) > MOST_PEOPLE:
        raise BadChange(f"at most {MOST_PEOPLE} people")
    for member in ("number", "mailru_id", "vkid_id"):
        values = [value for person in people.values() if (value := getattr(person, member))]
        if len(set(values)) != len(values):
            raise BadChange(f"two people have the same {member}")


def _members(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadChange(f"{name} is not an object")
    return value

"""Proofs: an assertion that waits a few minutes, sealed, for the one act that it was made for (SR-099, SR-100)."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.identity.tables import spent_proofs
from app.keys.sealing import Sealer, Unsealable
from app.storage.clock import Clock
from app.storage.database import Transaction
from app.storage.ids import born, uuid7
from app.storage.upsert import insert_ignore
from app.upstreams.base import Assertion, Evidence

PURPOSE = "proof"
LIFE_MS = 300_000
AHEAD_MS = 10_000
"""How far the clock of the machine that sealed a proof may be ahead of ours."""


class Act(StrEnum):
    """What a proof may be spent on."""

    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    LINK = "link"
    MERGE = "merge"
    CHANGE_NUMBER = "change_number"


class BadProof(Exception):
    """Not a proof of ours for this act, browser, session and target, or older than five minutes."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a proof is good. Opened under any other binding it is no proof at all."""

    act: Act
    browser: str
    """Hash of the browser cookie."""
    session: UUID | None = None
    target: UUID | None = None
    """The identity that the act is about."""

    def context(self) -> bytes:
        """The same bytes for the same binding, other bytes for any other."""
        parts = [self.act.value, self.browser, str(self.session), str(self.target)]
        return json.dumps(parts).encode()


@dataclass(frozen=True, slots=True)
class Proof:
    """An opened proof. Its assertion is the only thing that an act may believe (SR-101)."""

    id: UUID
    binding: Binding
    assertion: Assertion


class Proofs:
    """Seals, opens and spends proofs. The sealer must know the purpose `proof`."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer, self._clock = sealer, clock

    def seal(self, assertion: Assertion, binding: Binding) -> str:
        """The text that a page carries in its form."""
        said = asdict(assertion)
        said["claims"], said["verified"] = dict(assertion.claims), sorted(assertion.verified)
        body = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()
        return self._sealer.seal(PURPOSE, uuid7(self._clock.now()).bytes + body, binding.context())

    def open(self, text: str, binding: Binding) -> Proof:
        """The proof, if it was sealed for exactly this binding at most five minutes ago. Raises BadProof."""
        try:
            raw = self._sealer.open(PURPOSE, text, binding.context())
        except Unsealable:
            raise BadProof from None
        proof = UUID(bytes=raw[:16])
        if not -AHEAD_MS <= self._clock.now() - born(proof) < LIFE_MS:
            raise BadProof
        return Proof(proof, binding, _assertion(json.loads(raw[16:])))

    def spend(self, tx: Transaction, proof: Proof) -> bool:
        """Spend a proof in the transaction of its act. False when it was spent before: the act must not happen."""
        values = {
            "identity_id": proof.binding.target
            or proof.id,  # without a target, any shard that both spenders agree on
            "id": proof.id,
            "purpose": proof.binding.act.value,
            "spent_at": self._clock.now(),
        }
        return insert_ignore(tx, spent_proofs, values)


def _assertion(said: dict[str, Any]) -> Assertion:
    evidence = said.pop("evidence")
    evidence["method"] = tuple(evidence["method"])
    return Assertion(**said | {"evidence": Evidence(**evidence), "verified": frozenset(said["verified"])})

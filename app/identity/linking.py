"""Linking: a proof comes in, an outcome goes out. The rules stand in `decisions`; here they are carried out."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from app.events import audit
from app.identity import attributes, identities, links, standing
from app.identity.decisions import TABLE, Act, Standing
from app.identity.lookups import Lookups, Place
from app.identity.numbers_life import Facts, Life, Tenure, Witness, number_life, sim_is_new
from app.identity.outcomes import Kind, Outcome, Signals, Visit
from app.identity.providers import LOWEST_ACR, PROVIDERS, believed
from app.identity.standing import Found
from app.keys.datakeys import DataKeys
from app.keys.lookup import LookupHasher
from app.storage.database import StorageBusy, Transaction
from app.storage.ids import uuid7
from app.upstreams.base import Assertion

__all__ = ["Kind", "Linking", "Outcome", "Signals", "Visit"]


class Linking:
    """Decides who a proof belongs to. `providers` are the names of the ways in that are switched on."""

    def __init__(
        self, lookups: Lookups, hasher: LookupHasher, data_keys: DataKeys, providers: Collection[str]
    ) -> None:
        self._lookups, self._hasher, self._data_keys = lookups, hasher, data_keys
        self._providers = frozenset(providers)

    def resolve(self, tx: Transaction, assertion: Assertion, visit: Visit) -> Outcome:
        """Find or make the identity that this assertion proves, in the caller's writing transaction.

        Give it to `Storage.run`: a conflict with another visit of the same person is solved by running it again.
        Refusals are returned, so that their record is kept. Raises StorageBusy when somebody else changed the link
        meanwhile.
        """
        if assertion.provider not in self._providers or not believed(assertion.provider, assertion.subject):
            return Outcome(Kind.REFUSED, reason="provider")
        kind = links.kind(assertion.provider)
        place = self._lookups.find(tx, kind, assertion.subject)
        if place is None:
            return self._first(tx, assertion, visit)
        return self._known(tx, standing.read(tx, self._data_keys, place), assertion, visit)

    def _first(self, tx: Transaction, assertion: Assertion, visit: Visit) -> Outcome:
        """Nobody's yet. Of many visits that see this at once, one takes the subject and the others find its person."""
        act = TABLE[Standing.UNKNOWN, self._worth(None, assertion, visit), visit.start_new]
        if act is Act.REFUSE:
            return Outcome(Kind.REFUSED, reason=Life.TOO_WEAK.value)
        ours = (uuid7(visit.now), uuid7(visit.now))
        kind = links.kind(assertion.provider)
        winner = self._lookups.take(tx, kind, assertion.subject, *ours, visit.now)
        if winner != ours:
            return self._known(tx, standing.read(tx, self._data_keys, winner), assertion, visit)
        return self._create(tx, ours, assertion, visit)

    def _known(self, tx: Transaction, found: Found, assertion: Assertion, visit: Visit) -> Outcome:
        life = self._worth(found, assertion, visit)
        act = TABLE[found.standing, life, visit.start_new]
        if act is Act.SIGN_IN or act is Act.SIGN_IN_LOW:
            return self._sign_in(tx, found, assertion, visit, low=act is Act.SIGN_IN_LOW)
        if act is Act.HAND_OVER:
            return self._hand_over(tx, found, assertion, visit)
        if act is Act.CLOSE and not found.closed:
            links.close(tx, found.identity, found.link, visit.now)
            _record(tx, "number.epoch_closed", found, assertion, visit)
        if act is Act.REFUSE:
            reason = life.value if life is Life.TOO_WEAK else found.standing.value
            _record(tx, "sign_in.refused", found, assertion, visit, reason=reason)
            return Outcome(Kind.REFUSED, reason=reason)
        _record(tx, "sign_in.asked_other_proof", found, assertion, visit, reason=life.value)
        return Outcome(Kind.NEEDS_OTHER_PROOF, reason=life.value)

    def _sign_in(
        self, tx: Transaction, found: Found, assertion: Assertion, visit: Visit, *, low: bool
    ) -> Outcome:
        """Let the person in. What opens at the lowest acr only renews nothing: it may be the number's next owner."""
        changes: dict[str, Any] = {"evidence": links.evidence_of(assertion)}
        if not low:
            changes["proved_at"] = visit.now
            if assertion.witness:
                changes |= {"witness": self._witness(assertion), "witness_issuer": assertion.witness_issuer}
        place = (found.identity, found.link)
        if not links.prove(tx, *place, changes):
            raise StorageBusy("the link was changed meanwhile")
        if not low and found.key is not None:
            attributes.observe(tx, found.key, place, assertion, found.known, visit.now)
        return _let_in(Kind.SIGNED_IN, place, found.root, assertion, visit, low=low)

    def _hand_over(self, tx: Transaction, found: Found, assertion: Assertion, visit: Visit) -> Outcome:
        """The number's owner starts anew; who had it before keeps everything but the number (SR-145)."""
        ours = (uuid7(visit.now), uuid7(visit.now))
        kind = links.kind(assertion.provider)
        if not self._lookups.move(tx, kind, assertion.subject, found.link, ours):
            raise StorageBusy("the number was handed over meanwhile")
        links.close(tx, found.identity, found.link, visit.now)
        parked = not found.other_links and identities.park(tx, found.identity, visit.now)
        _record(tx, "number.handed_over", found, assertion, visit, parked=parked)
        return self._create(tx, ours, assertion, visit)

    def _create(self, tx: Transaction, ours: Place, assertion: Assertion, visit: Visit) -> Outcome:
        identity, link = ours
        key = identities.create(tx, self._data_keys, identity, visit.locale, visit.now)
        witness = self._witness(assertion) if assertion.witness else None
        links.create(tx, key, ours, assertion, grade="B", witness=witness, now=visit.now)
        attributes.observe(tx, key, ours, assertion, {}, visit.now)
        detail = {"link": str(link), "provider": assertion.provider, "grade": "B"} | links.evidence_of(
            assertion
        )
        audit.record(tx, "identity.created", visit.now, identity=identity, detail=detail)
        low = sim_is_new(_ago(visit.signals.sim_changed_at, visit.now))
        return _let_in(Kind.NEW_IDENTITY, ours, identity, assertion, visit, low=low)

    def _worth(self, found: Found | None, assertion: Assertion, visit: Visit) -> Life:
        """What the proof is worth for what was found."""
        if not PROVIDERS[assertion.provider].reissued:
            return Life.LASTING
        bare = bool(assertion.witness) and "otp" not in assertion.evidence.method
        if found is None:
            return Life.TOO_WEAK if bare else Life.OPENS
        return number_life(
            Facts(
                age=visit.now - found.proved_at,
                witness=self._compare(found, assertion),
                closed=found.closed,
                other_links=found.other_links,
                proved_browser=found.link in visit.proved_links,
                sim_changed=_ago(visit.signals.sim_changed_at, visit.now),
                tenure=_tenure(visit.signals.owner_since, found.proved_at),
                bare=bare,
            )
        )

    def _compare(self, found: Found, assertion: Assertion) -> Witness:
        if not assertion.witness or found.witness is None:
            return Witness.NONE
        if assertion.witness_issuer != found.witness_issuer:
            return Witness.OTHER_ISSUER
        hashes = self._hasher.hashes("witness", f"{assertion.witness_issuer}\0{assertion.witness}")
        return Witness.EQUAL if any(found.witness == digest for _, digest in hashes) else Witness.OTHER

    def _witness(self, assertion: Assertion) -> bytes:
        return self._hasher.current("witness", f"{assertion.witness_issuer}\0{assertion.witness}")


def _let_in(
    kind: Kind, place: Place, root: UUID, assertion: Assertion, visit: Visit, *, low: bool
) -> Outcome:
    proof = assertion.evidence
    return Outcome(
        kind,
        identity_id=place[0],
        root=root,
        link_id=place[1],
        acr=LOWEST_ACR if low else proof.acr,
        amr=proof.method,
        auth_time=min(proof.at, visit.now),
        remember=not low,
    )


def _record(
    tx: Transaction, kind: str, found: Found, assertion: Assertion, visit: Visit, **more: Any
) -> None:
    detail = {"link": str(found.link), "provider": assertion.provider} | links.evidence_of(assertion) | more
    audit.record(tx, kind, visit.now, identity=found.identity, detail=detail)


def _ago(at: int | None, now: int) -> int | None:
    return None if at is None else now - at


def _tenure(owner_since: int | None, proved_at: int) -> Tenure:
    """The operator's answer, measured against the last proof of the epoch."""
    if owner_since is None:
        return Tenure.UNKNOWN
    return Tenure.SAME if owner_since <= proved_at else Tenure.OTHER

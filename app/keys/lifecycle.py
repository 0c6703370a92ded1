"""The life of a signing key: next (published), current (signs), retiring (still verifies), retired (gone).

A key is published at least one cache time before its first signature, so that no service meets a key it cannot
have seen (SR-069), and stays published until the last token it signed has expired everywhere (SR-068).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import Row, insert, select, update

from app.keys.keyring import Keyring, KeyVersion
from app.keys.sealing import Unsealable
from app.keys.tables import signing_keys
from app.storage.clock import Clock
from app.storage.database import Transaction
from app.storage.versions import bump
from config.limits import LifetimeSettings

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
FIRST = ALGORITHMS[:2]
"""Those that every deployment has had from its beginning."""
KIND = "signing_keys"
NONCE = bytes(12)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did with one algorithm, or when it may be done."""

    algorithm: str
    next: str
    """The key that is next now."""
    published: bool
    """It was made by this rotation; otherwise it was waiting before."""
    promoted: str | None
    """The former next key, if it signs now."""
    not_before: int | None
    """From when the next key may sign (ms), where nothing was promoted."""


class KeyLifecycle:
    """Makes, promotes and retires signing keys."""

    def __init__(self, keyring: Keyring, clock: Clock, lifetimes: LifetimeSettings) -> None:
        self._keyring, self._clock, self._lifetimes = keyring, clock, lifetimes

    def ensure(self, tx: Transaction) -> list[str]:
        """Make what is missing of a current and a next key for each algorithm (SR-068). Returns the new key ids.

        An algorithm that is new to a running deployment gets its next key alone; `begin` lets it sign.
        """
        if not _missing(tx):
            return []
        bump(tx, KIND)  # before the second look: the version's row lets one process act at a time
        return [self._make(tx, algorithm, state) for algorithm, state in _missing(tx)]

    def rotate(self, tx: Transaction, *, emergency: bool = False) -> list[Rotation]:
        """Publish a new next key; promote the former one if it was published long enough, or at once in an emergency.

        In an emergency the former current key stops verifying too (SR-071).
        """
        bump(tx, KIND)  # first: the version's row lets one operator act at a time
        return [self._rotate(tx, algorithm, emergency) for algorithm in ALGORITHMS]

    def begin(self, tx: Transaction) -> list[Rotation]:
        """Let the next key of an algorithm that has no current one sign, once it was published long enough (SR-069)."""
        found = tx.execute(select(signing_keys).where(signing_keys.c.state.in_(("current", "next")))).all()
        signing = {row.algorithm for row in found if row.state == "current"}
        before = self._clock.now() - self._lifetimes.key_publish_s * 1000
        due = [row.algorithm for row in found if row.algorithm not in signing and row.published_at <= before]
        if due:
            bump(tx, KIND)
        return [self._rotate(tx, algorithm, emergency=False) for algorithm in due]

    def retire(self, tx: Transaction, kid: str | None = None) -> list[str]:
        """Take keys out of the key set whose last token has expired everywhere; or this one, whatever its age."""
        before = self._clock.now() - self._lifetimes.key_retire_s * 1000
        due = signing_keys.c.retiring_at <= before if kid is None else signing_keys.c.kid == kid
        gone = update(signing_keys).where(signing_keys.c.state == "retiring", due)
        rows = tx.execute(
            gone.values(state="retired", retired_at=self._clock.now()).returning(signing_keys.c.kid)
        ).all()
        if rows:
            bump(tx, KIND)
        return [row.kid for row in rows]

    def _rotate(self, tx: Transaction, algorithm: str, emergency: bool) -> Rotation:
        now, waiting = self._clock.now(), _find(tx, algorithm, "next")
        publish_ms = self._lifetimes.key_publish_s * 1000
        if waiting is None and not emergency:
            return Rotation(algorithm, self._make(tx, algorithm, "next"), True, None, now + publish_ms)
        if waiting is not None and now < waiting.published_at + publish_ms and not emergency:
            return Rotation(algorithm, waiting.kid, False, None, waiting.published_at + publish_ms)
        former = "retired" if emergency else "retiring"
        tx.execute(
            update(signing_keys)
            .where(signing_keys.c.algorithm == algorithm, signing_keys.c.state == "current")
            .values(state=former, retiring_at=now, retired_at=now if emergency else None)
        )
        promoted = waiting.kid if waiting else self._make(tx, algorithm, "next")
        tx.execute(
            update(signing_keys)
            .where(signing_keys.c.kid == promoted)
            .values(state="current", activated_at=now)
        )
        return Rotation(algorithm, self._make(tx, algorithm, "next"), True, promoted, None)

    def _make(self, tx: Transaction, algorithm: str, state: str) -> str:
        private, public = _generate(algorithm)
        version, now = self._keyring.current("wrap"), self._clock.now()
        cipher = AESGCMSIV(version.derive(f"signing-key/{public['kid']}"))
        wrapped = cipher.encrypt(NONCE, json.dumps(private).encode(), None)
        tx.execute(
            insert(signing_keys).values(
                kid=public["kid"],
                algorithm=algorithm,
                state=state,
                public_jwk=public,
                wrap_version=version.number,
                wrapped=wrapped,
                published_at=now,
                activated_at=now if state == "current" else None,
            )
        )
        return str(public["kid"])


def unwrap_private(row: Row[Any], keyring: Keyring) -> dict[str, Any]:
    """The private key of a stored row, as a JWK. Raises Unsealable when it was not wrapped by a master key of ours.

    The wrapping key is derived for this one key, so the nonce is fixed.
    """
    for version in keyring.all("wrap"):
        if version.number == row.wrap_version:
            return _unwrap(row, version)
    raise Unsealable


def _unwrap(row: Row[Any], version: KeyVersion) -> dict[str, Any]:
    cipher = AESGCMSIV(version.derive(f"signing-key/{row.kid}"))
    try:
        private: dict[str, Any] = json.loads(cipher.decrypt(NONCE, row.wrapped, None))
    except InvalidTag:
        raise Unsealable from None
    return private


def _find(tx: Transaction, algorithm: str, state: str) -> Row[Any] | None:
    wanted = select(signing_keys).where(signing_keys.c.algorithm == algorithm, signing_keys.c.state == state)
    return tx.execute(wanted).first()


def _missing(tx: Transaction) -> list[tuple[str, str]]:
    wanted = select(signing_keys.c.algorithm, signing_keys.c.state).distinct()
    present = {(row.algorithm, row.state) for row in tx.execute(wanted)}
    # A current key made at once would be published before use only as long as no service registers its algorithm,
    # and services that hold our key set from before may do so the next minute. So an algorithm that is new to a
    # running deployment begins with a next key; only those that services already live by are replaced at once.
    at_once = FIRST if present else ALGORITHMS
    states = [(name, "current") for name in at_once] + [(name, "next") for name in ALGORITHMS]
    return [one for one in states if one not in present]


def _generate(algorithm: str) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """A new key pair; its id is the thumbprint (RFC 7638), so no id ever means two keys."""
    key = _new_key(algorithm)
    marks = {"kid": key.thumbprint(), "use": "sig", "alg": algorithm}
    return key.as_dict(private=True) | marks, key.as_dict(private=False) | marks


def _new_key(algorithm: str) -> ECKey | OKPKey | RSAKey:
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    return ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)

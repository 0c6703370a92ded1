"""Software statements (RFC 7591 §2.3): what somebody whom the operator trusts attests of a piece of software."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.keys.foreign import AHEAD_S, BadForeign, Foreign, read
from app.keys.jwk import ALGORITHMS, BadKey, PublicKey, read_set
from app.storage.clock import Clock
from config import ConfigurationError

TYPES = frozenset({"jwt", "application/jwt"})
ABOUT_ITSELF = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
"""Claims about the statement, not about the software."""


SAME = ("iss", "software_id")
"""Claims by which two statements are of one piece of software."""


class BadStatement(Exception):
    """A statement that is not believed. The text is for the log and quotes nothing."""

    def __init__(self, cause: str, *, unapproved: bool = False) -> None:
        super().__init__(cause)
        self.code = "unapproved_software_statement" if unapproved else "invalid_software_statement"


class Statements:
    """Reads statements of the issuers that the operator trusts."""

    def __init__(self, file: Path | None, audience: str, clock: Clock) -> None:
        """`file`: a JSON object of issuers and their key sets. Raises ConfigurationError for one that cannot be used."""
        self._issuers = _issuers(file) if file is not None else {}
        self._audience, self._clock = audience, clock

    def claims(self, statement: Any, former: str = "") -> Mapping[str, Any]:
        """The metadata that a statement attests. Raises BadStatement.

        `former`: the one that its client was registered with. It was in time then, so only its issuer is asked about
        again; another in its place is of the same software.
        """
        if not self._issuers:
            raise BadStatement("nobody's statements are trusted here", unapproved=True)
        try:
            found = read(statement if isinstance(statement, str) else "", ALGORITHMS)
            found.check(self._keys(found))
            if statement != former:
                self._check_times(found)
                _check_software(found.claims, former)
        except BadForeign as error:
            raise BadStatement(str(error)) from None
        kind = found.header.get("typ", "JWT")
        if not isinstance(kind, str) or kind.lower() not in TYPES:
            raise BadStatement("typ of something else")
        self._check_audience(found.claims)
        if "software_statement" in found.claims:
            raise BadStatement("a statement within a statement")
        return {name: value for name, value in found.claims.items() if name not in ABOUT_ITSELF}

    def _keys(self, found: Foreign) -> list[PublicKey]:
        issuer = found.claims.get("iss")
        keys = self._issuers.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise BadStatement("of an issuer whom nobody trusts here", unapproved=issuer is not None)
        return [key for key in keys if found.kid is None or key.kid == found.kid]

    def _check_times(self, found: Foreign) -> None:
        now = self._clock.now() / 1000
        for name in ("iat", "nbf"):
            if (found.time(name) or 0) > now + AHEAD_S:
                raise BadStatement(f"{name} lies ahead")
        expires = found.time("exp")
        if expires is not None and expires <= now:
            raise BadStatement("it has expired")

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        audience = claims.get("aud", self._audience)
        if self._audience not in (audience if isinstance(audience, list) else [audience]):
            raise BadStatement("aud does not name this server")


def _check_software(claims: Mapping[str, Any], former: str) -> None:
    """Software without a name is like no other. Raises BadStatement."""
    if not former:
        return
    before = read(former, ALGORITHMS).claims
    if claims.get("software_id") is None or any(claims.get(name) != before.get(name) for name in SAME):
        raise BadStatement("of another issuer, or of other software")


def _issuers(file: Path) -> dict[str, tuple[PublicKey, ...]]:
    try:
        given = json.loads(file.read_bytes())
        return {issuer: read_set(keys) for issuer, keys in given.items()}
    except OSError as error:
        wrong = error.strerror  # all of the error names the file once more
    except AttributeError:
        wrong = "it is no JSON object"
    except (ValueError, RecursionError, BadKey) as error:
        wrong = str(error)
    raise ConfigurationError(f"MOSTID_SOFTWARE_STATEMENT_ISSUERS: mend {file}: {wrong}")

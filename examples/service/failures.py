"""What may go wrong between a service and its provider: three kinds, because people are told three things."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.base_client import OAuthError

from examples.service.discovery import WrongProvider
from examples.service.id_token import BadIdToken

log = logging.getLogger("examples")
UNWELL = frozenset({"server_error", "temporarily_unavailable"})


class Refused(Exception):
    """The provider said no; the text is its error code (RFC 6749 §4.1.2.1, §5.2)."""

    @property
    def code(self) -> str:
        """The error code, fit to be shown: nothing but what RFC 6749 codes are made of."""
        return "".join(
            letter for letter in str(self)[:40] if letter.isascii() and (letter.isalnum() or letter == "_")
        )


class Unreachable(Exception):
    """The provider does not answer, or says that it cannot."""


class Untrusted(Exception):
    """An answer came that is not the provider's answer to our question."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Raise every failure inside as one of the three. Causes go to the log, without any token."""
    try:
        yield
    except OAuthError as error:
        if error.error in UNWELL:
            raise Unreachable(error.error) from None
        raise Refused(error.error) from None
    except httpx2.HTTPError as error:
        log.warning("the provider does not answer: %s", type(error).__name__)
        raise Unreachable(type(error).__name__) from None
    except (AuthlibBaseError, BadIdToken, WrongProvider, KeyError, TypeError, ValueError) as error:
        log.warning("the provider's answer is not good: %s: %s", type(error).__name__, error)
        raise Untrusted(str(error)) from None

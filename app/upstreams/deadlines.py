"""Sockets that keep a deadline: however slowly a server drips, a call is over when its time is (SR-191)."""

import socket
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import httpcore2
from httpcore2 import ConnectError, ConnectTimeout, NetworkStream, ReadTimeout, WriteTimeout


class DeadlineBackend(httpcore2.NetworkBackend):
    """Opens connections. What httpcore2 hands down as a `timeout` is a point in monotonic time here, not a duration.

    A duration would begin anew with every byte read, every address tried and the TLS handshake.
    """

    def __init__(self, lookups: int) -> None:
        self._inner = httpcore2.SyncBackend()
        # The system's name look-up knows no timeout; in a thread of its own it can be left behind.
        self._lookups = ThreadPoolExecutor(lookups, thread_name_prefix="lookup")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """Try each address of a host; each gets its share of what is left."""
        addresses = self._look_up(host, port, timeout)
        failure: Exception = ConnectError("no address")
        for tried, address in enumerate(addresses):
            share = _left(timeout, ConnectTimeout) / (len(addresses) - tried)
            try:
                return _Stream(self._inner.connect_tcp(address, port, share, local_address, socket_options))
            except (ConnectError, ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> NoReturn:
        """No upstream is reached this way."""
        raise ConnectError("unix sockets are not used")

    def close(self) -> None:
        """End the threads that look names up."""
        self._lookups.shutdown(wait=False, cancel_futures=True)

    def _look_up(self, host: str, port: int, deadline: float | None) -> list[str]:
        waiting = self._lookups.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = waiting.result(_left(deadline, ConnectTimeout))
        except TimeoutError as error:
            waiting.cancel()
            raise ConnectTimeout("name look-up") from error
        except (OSError, UnicodeError) as error:
            raise ConnectError(error) from error
        return list(dict.fromkeys(str(address[0]) for *_, address in found))


class _Stream(NetworkStream):
    """One connection."""

    def __init__(self, inner: NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        try:
            left = _left(timeout, ConnectTimeout)
        except ConnectTimeout:
            self.close()
            raise
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float | None, timeout: type[Exception]) -> float:
    """Seconds until a deadline, never zero: a socket would take that for "do not wait"."""
    if deadline is None:
        raise timeout("no deadline")
    left = deadline - time.monotonic()
    if left <= 0:
        raise timeout("deadline")
    return left

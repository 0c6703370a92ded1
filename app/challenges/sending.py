"""The pool that sends: a gateway's slowness shows to nobody, and a lost send costs one "send again"."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.upstreams.base import UpstreamError

log = logging.getLogger("mostid.sending")

HEAD_START_S = 0.03
"""The page is answered first: sending would slow it, and its time must not tell whether something is sent (SR-133)."""


class Sender:
    """A bounded pool of threads with a bounded queue."""

    def __init__(
        self,
        threads: int,
        queue: int,
        on_event: Callable[[str], None],
        *,
        head_start_s: float = HEAD_START_S,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._free = threading.BoundedSemaphore(threads + queue)
        self._on_event, self._head_start_s = on_event, head_start_s
        self._closing = threading.Event()

    def submit(self, name: str, send: Callable[[], None]) -> bool:
        """Send soon; False when too much waits already."""
        if not self._free.acquire(blocking=False):
            self._on_event(f"{name}_queue_full")
            return False
        self._pool.submit(self._work, name, send)
        return True

    def close(self) -> None:
        """Finish what waits, take nothing new."""
        self._closing.set()
        self._pool.shutdown(wait=True)

    def _work(self, name: str, send: Callable[[], None]) -> None:
        self._closing.wait(self._head_start_s)
        try:
            send()
            self._on_event(f"{name}_sent")
        except UpstreamError as error:
            self._on_event(f"{name}_{error.kind}")
            log.warning(
                "send failed", extra={"upstream": error.provider, "kind": error.kind, "cause": error.detail}
            )
        except Exception:
            self._on_event(f"{name}_failed")
            log.exception("send failed")
        finally:
            self._free.release()

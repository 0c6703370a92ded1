"""Prometheus metrics of this process; several processes share a directory and are summed when read."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)


class Metrics:
    """What we count. Labels are routes and outcomes, never people (SR-158)."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._requests = Counter(
            "mostid_requests",
            "Answers by endpoint and status",
            ["endpoint", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "mostid_request_seconds", "Time to answer", ["endpoint"], buckets=BUCKETS, registry=self.registry
        )
        self._events = Counter("mostid_events", "Things that happened", ["event"], registry=self.registry)

    def request(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)

    def event(self, name: str) -> None:
        """Count one happening: a message sent, a refusal, a breaker that opened."""
        self._events.labels(name).inc()


def exposition(directory: str) -> bytes:
    """The metrics of all processes that write to this directory, summed, as Prometheus text."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]
    return generate_latest(registry)

"""What is measured, for Prometheus: counts, durations and queues, with labels from fixed lists."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from bot.conversations.model import StoredMessage
from bot.database import Database, now
from bot.operations import backlog

logger = logging.getLogger(__name__)
# Any word can stand where the method does.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
# In seconds. A turn takes tens of milliseconds, and Rasa gets ten seconds (bot/gateway/rasa.py).
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
ANSWERED, FAILED, RETRIED = "answered", "failed", "retried"


class Metrics:
    """The figures of one process; those of the queues are of the database, so of all processes.

    Args:
        version: of the product.
        environment: `development` or `production`.
    """

    def __init__(self, database: Database, version: str, environment: str) -> None:
        self._database = database
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "startwijzer_http_requests",
            "Requests that were answered",
            ("method", "route", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "startwijzer_http_request_seconds",
            "Time until the answer, streams of events left out",
            ("route",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._streams = Gauge(
            "startwijzer_open_streams", "Streams of events that are open", registry=registry
        )
        self._turns = Counter(
            "startwijzer_turns",
            "Messages of citizens: answered, given up (failed), or put off (retried)",
            ("outcome",),
            registry=registry,
        )
        for outcome in (ANSWERED, FAILED, RETRIED):
            self._turns.labels(outcome)
        build = Info("startwijzer_build", "What runs here", registry=registry)
        build.info({"version": version, "environment": environment})
        ProcessCollector(registry=registry)
        registry.register(_DatabaseFigures(database))

    def request(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """Counts one request.

        Args:
            method: anything else than a method of HTTP counts as `other`.
            route: the template of the route, never the address that was asked.
            seconds: None for a stream of events, which lasts as long as somebody listens.
        """
        self._requests.labels(method if method in METHODS else OTHER, route, status).inc()
        if seconds is not None:
            self._seconds.labels(route).observe(seconds)

    def stream_opened(self) -> None:
        """Somebody began to listen."""
        self._streams.inc()

    def stream_closed(self) -> None:
        """Somebody stopped listening."""
        self._streams.dec()

    @contextmanager
    def counting_turns(self) -> Iterator[None]:
        """Counts within the block what this process writes about the messages of citizens.

        It counts what is committed, so a turn that two processes answered is one.
        """
        heard = {
            "after_flush": self._note_turns,
            "after_commit": self._count_turns,
            "after_rollback": _forget_turns,
        }
        for name, listener in heard.items():
            sa.event.listen(Session, name, listener)
        try:
            yield
        finally:
            for name, listener in heard.items():
                sa.event.remove(Session, name, listener)

    def expose(self) -> bytes:
        """All figures in the text format of Prometheus. Blocks on the database."""
        return generate_latest(self._registry)

    def _note_turns(self, session: Session, _: Any) -> None:
        if session.bind is not self._database.engine:
            return
        noted = session.info.setdefault(__name__, [])
        for row in session.dirty:
            if not isinstance(row, StoredMessage):
                continue
            attributes = sa.inspect(row).attrs
            if attributes.status.history.added and row.status in (ANSWERED, FAILED):
                noted.append(row.status)
            elif attributes.attempts.history.added:
                noted.append(RETRIED)

    def _count_turns(self, session: Session) -> None:
        for outcome in session.info.pop(__name__, ()):
            self._turns.labels(outcome).inc()


class _DatabaseFigures(Collector):
    """Asks the database when somebody asks us; when it is away that is a figure too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterable[Metric]:
        """Nothing: a registry would ask the database for it."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The queues, and the connections of this process."""
        try:
            with self._database.session() as session:
                queues: dict[str, dict[str, Any]] = asdict(backlog.read(session, now()))
        except sa.exc.SQLAlchemyError as error:
            logger.error("no figures from the database: %s", type(error).__name__)
            queues = {}
        up = GaugeMetricFamily("startwijzer_database_up", "Whether the database answers")
        up.add_metric([], 1 if queues else 0)
        yield up
        for name, help_, key in (
            ("waiting", "What waits in each queue", "waiting"),
            ("oldest_waiting_seconds", "Age of what waits longest", "oldest_seconds"),
            ("given_up", "What was given up and is still stored", "given_up"),
        ):
            family = GaugeMetricFamily(f"startwijzer_{name}", help_, labels=["queue"])
            for queue, figures in queues.items():
                family.add_metric([queue], figures[key])
            yield family
        pool: Any = self._database.engine.pool
        connections = GaugeMetricFamily(
            "startwijzer_database_connections", "Connections of this process", labels=["state"]
        )
        connections.add_metric(["in_use"], pool.checkedout())
        connections.add_metric(["idle"], pool.checkedin())
        yield connections


def _forget_turns(session: Session) -> None:
    session.info.pop(__name__, None)

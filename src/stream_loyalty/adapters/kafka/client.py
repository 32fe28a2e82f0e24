"""The one place that turns settings into client configurations, so that security settings reach every client.

Three kinds of client are used: librdkafka (confluent-kafka) for producing, administration and bulk reading,
and aiokafka inside Faust for membership of the group and for the sources.
"""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from stream_loyalty.adapters.kafka import security
from stream_loyalty.contracts.topics import DEAD_LETTER_LIMIT_BYTES
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

Config = dict[str, str | int | float | bool]
C = TypeVar("C")
T = TypeVar("T")

REQUEST_S = 15.0  # patience with one request to the broker, in seconds
RETRY_S = 0.05  # between two looks at what passes within moments
_FIRST_S = (0.3, 0.7, 1.0)  # after so long each time, brokers that have refused us are not asked again
_BATCH_OVERHEAD_BYTES = 64 << 10  # headers and framing around the largest value we ever send


class KafkaFault(StreamLoyaltyError):
    """Kafka can not do what was asked; the message is a sentence for the user."""


def physical(settings: Settings, topic: str) -> str:
    """The name on the broker of a logical topic."""
    return settings.topic_prefix + topic


def logical(settings: Settings, name: str) -> str:
    """The logical topic of a name on the broker."""
    return name.removeprefix(settings.topic_prefix)


def group(settings: Settings) -> str:
    """The workers' consumer group, with the prefix: two systems on one broker must not share a group."""
    return settings.topic_prefix + settings.app_id


def words(error: KafkaException | KafkaError) -> str:
    """The broker's own words for an error."""
    inner = error.args[0] if isinstance(error, KafkaException) and error.args else error
    return f"{inner.str()} ({inner.name()})" if isinstance(inner, KafkaError) else str(inner)


class _Admin(AdminClient):
    """An AdminClient that knows why brokers refuse it: librdkafka's requests only time out, its error events tell."""

    def __init__(self, config: Config) -> None:
        self._refusals: list[KafkaError] = []
        heard = self._refusals  # not self: a client in a cycle would keep its connections until the collector comes

        def hear(error: KafkaError) -> None:
            if error.code() in (KafkaError._AUTHENTICATION, KafkaError._SSL):
                heard.append(error)
            elif "tls" in error.str() and " alert " in error.str():  # TLS 1.3 tells it after the handshake
                advice = "the broker does not accept this client; is STREAM_LOYALTY_SSL_CERT a certificate it trusts?"
                heard.append(KafkaError(KafkaError._SSL, f"{advice} {error.str()}"))

        heeding: dict[str, Any] = {**config, "error_cb": hear}
        super().__init__(heeding)
        self._where = config["bootstrap.servers"]

    def list_topics(self, topic: str | None = None, timeout: float = REQUEST_S) -> Any:
        """As ever; but who is refused hears so, by KafkaFault, and soon."""
        asked = [] if topic is None else [topic]
        for patience in (*_FIRST_S, max(0.0, timeout - sum(_FIRST_S))):
            try:
                return super().list_topics(*asked, timeout=patience)
            except KafkaException as error:
                silence = error
                self._if_refused(error)
        forget_admin()
        raise silence

    def _if_refused(self, error: KafkaException) -> None:
        self.poll(0)
        if self._refusals:
            forget_admin()
            reason = words(self._refusals[-1])
            raise KafkaFault(f"no secure connection to Kafka at {self._where}: {reason}") from error


def _common(settings: Settings) -> Config:
    basics: Config = {"bootstrap.servers": settings.bootstrap, "log_level": 0}  # what matters comes as an exception
    return basics | security.for_librdkafka(settings)


def _made(kind: Callable[[Config], C], config: Config) -> C:
    try:
        return kind(config)
    except KafkaException as error:
        raise KafkaFault(f"a client for Kafka can not be made: {words(error)}") from error


def producer(settings: Settings, extra: Config | None = None) -> Producer:
    """An idempotent producer that may send dead letters of full size and places keys as Java clients do."""
    return _made(
        Producer,
        _common(settings)
        | {
            "enable.idempotence": True,
            "partitioner": "murmur2_random",  # librdkafka's own default, CRC32, puts keys elsewhere
            "linger.ms": 5,
            "message.max.bytes": DEAD_LETTER_LIMIT_BYTES + _BATCH_OVERHEAD_BYTES,
            "queue.buffering.max.messages": 1_000_000,
        }
        | (extra or {}),
    )


def reader(settings: Settings, member_of: str | None = None) -> Consumer:
    """A read-committed consumer outside any group; `member_of`: whose committed offsets it may ask for."""
    return _made(
        Consumer,
        _common(settings)
        | {
            "group.id": member_of or f"{group(settings)}-reader",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 50,
            "fetch.message.max.bytes": 4 << 20,
        },
    )


def admin(settings: Settings) -> AdminClient:
    """A client for topics, offsets and configurations. It is kept: a new one takes 0.06 to 3 s to know its brokers."""
    return _kept_admin(tuple((_common(settings) | {"reconnect.backoff.max.ms": 1000}).items()))


@lru_cache(maxsize=2)
def _kept_admin(config: tuple[tuple[str, str | int | float | bool], ...]) -> _Admin:
    return _made(_Admin, dict(config))


def forget_admin() -> None:
    """Let the next client for topics and offsets be a new one: this one's brokers are gone, or not what they were."""
    _kept_admin.cache_clear()


atexit.register(forget_admin)  # its threads are to end before the interpreter does


def asked(ask: Callable[[], T], passing: Collection[int], what: str, again: Callable[[], None] = lambda: None) -> T:
    """What Kafka answers; it is asked again, after `again`, while it says one of `passing` (codes of KafkaError).

    KafkaFault for other errors, and when that goes on for too long. `what`: begins its sentence.
    """
    deadline = time.monotonic() + 2 * REQUEST_S
    while True:
        try:
            return ask()
        except KafkaException as error:
            if error.args[0].code() not in passing or time.monotonic() > deadline:
                raise KafkaFault(f"{what}: {words(error)}") from error
            again()
            time.sleep(RETRY_S)


def group_consumer(settings: Settings) -> dict[str, Any]:
    """What aiokafka's consumer inside Faust is made with."""
    session_ms = int(settings.session_timeout_s * 1000)
    return {
        **security.for_aiokafka(settings),
        "bootstrap_servers": settings.bootstrap,
        "group_id": group(settings),
        "client_id": f"{settings.app_id}-{settings.slot}",
        "isolation_level": "read_committed",
        "enable_auto_commit": False,
        "auto_offset_reset": "none",  # a silent jump to another place in the log would be a lie
        "fetch_max_wait_ms": 50,  # one idle topic must not hold the others back
        "session_timeout_ms": session_ms,
        "heartbeat_interval_ms": max(100, session_ms // 5),
        "rebalance_timeout_ms": session_ms,
        "request_timeout_ms": max(40_000, session_ms * 2),
        "max_poll_interval_ms": 3_600_000,  # recovery does not poll; /healthz notices a worker that hangs
        "metadata_max_age_ms": 60_000,
        "retry_backoff_ms": 50,
    }

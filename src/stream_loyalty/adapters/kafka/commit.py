"""The commit behind one seam: a fenced transaction, or plain writes in a safe order. Both block, `answer` waits."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition

from stream_loyalty.adapters.kafka import client, failpoints
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.contracts import wire
from stream_loyalty.contracts.topics import CUSTOMERS
from stream_loyalty.contracts.wire import Commit
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

TRANSACTION_TIMEOUT_MS = 10_000  # the open transaction of a killed worker holds readers back this long
_NOW = 0  # a timestamp
_STEP_S = 10.0  # one try of one step
_PATIENCE_S = 30.0  # all tries of one step
_WHOLE_S = 30.0  # a whole commit; by then the group has turned this worker out anyway
_LOOK_S = 1.0  # between two looks at one that takes long
_OVERDUE_S = 1.0  # so long after its time a try is taken for one that never ends


class CommitLost(StreamLoyaltyError):
    """The commit did not happen, or nobody knows: states in memory are worth nothing now."""


class Writer(Protocol):
    """Writes what partitions want written; all of it, or CommitLost."""

    def write(self, commits: Sequence[Commit], generation: int, member: str) -> None:
        """Write for the member that held the partitions when their states were read, or CommitLost."""

    @property
    def hangs(self) -> bool:
        """Asked from another thread: whether what is being written will never come to an end."""


async def answer(writing: asyncio.Future[None], writer: Writer) -> None:
    """Wait until `writer` has written in its thread. CommitLost also when it has not in time, or never will."""
    begun = time.monotonic()
    while not (await asyncio.wait({writing}, timeout=_LOOK_S))[0]:
        waited = time.monotonic() - begun
        if writer.hangs or waited > _WHOLE_S:
            raise CommitLost(f"no answer from Kafka within {waited:.0f} s")
    writing.result()


class TransactionalWriter:
    """Outputs, changelog and source offsets in one transaction, fenced by the group's generation."""

    def __init__(self, settings: Settings) -> None:
        """Ends what an earlier process with this slot left open. KafkaFault if the broker refuses."""
        self._settings = settings
        self._group = client.group(settings)
        self._sending_since: float | None = None
        self._producer = client.producer(
            settings,
            {
                # stable, so that a restart ends at once what its predecessor left open
                "transactional.id": f"{self._group}-{settings.slot}",
                "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
                "retry.backoff.ms": 5,  # the default of 100 makes every commit take 100 ms
                "linger.ms": 2,
            },
        )
        try:
            self._producer.init_transactions(_PATIENCE_S)
        except KafkaException as error:
            raise KafkaFault(f"transactions can not be begun: {client.words(error)}") from error

    def write(self, commits: Sequence[Commit], generation: int, member: str) -> None:
        """One transaction, or CommitLost.

        The broker checks the generation when offsets are sent: so flush first, send them last, end at once.
        """
        offsets = self._offsets(commits)
        # (-1, "") is what a consumer knows after it lost its place, and a broker accepts it unchecked
        if generation < 0 or not member:
            raise CommitLost("this worker is no member of its group any more")
        if not offsets or any(not commit.positions for commit in commits):
            raise CommitLost("a commit without offsets would not be fenced")  # librdkafka skips sending none
        producer = self._producer
        try:
            _patiently(producer.begin_transaction)
            failpoints.reached("commit.begun")
            for commit in commits:
                self._produce([*commit.outputs, *_changelog(commit)])
            failpoints.reached("commit.produced")
            if producer.flush(_PATIENCE_S):
                raise CommitLost("records were not confirmed in time")
            failpoints.reached("commit.flushed")
            metadata = group_metadata(self._group, generation, member)
            _patiently(lambda: self._send_offsets(offsets, metadata))
            failpoints.reached("commit.offsets-sent")
            _patiently(lambda: producer.commit_transaction(_STEP_S))
            failpoints.reached("commit.done")
        except KafkaException as error:
            self._abort()
            raise CommitLost(_reason(error)) from error
        except CommitLost:
            self._abort()
            raise

    @property
    def hangs(self) -> bool:
        """Offsets may be on their way for ever when their coordinator went and came back (librdkafka 5456 and 5511)."""
        since = self._sending_since
        return since is not None and time.monotonic() - since > _STEP_S + _OVERDUE_S

    def _send_offsets(self, offsets: list[TopicPartition], metadata: bytes) -> None:
        self._sending_since = time.monotonic()
        try:
            self._producer.send_offsets_to_transaction(offsets, metadata, _STEP_S)
        finally:
            self._sending_since = None

    def _offsets(self, commits: Iterable[Commit]) -> list[TopicPartition]:
        return [
            TopicPartition(client.physical(self._settings, topic), number, offset)
            for (topic, number), offset in positions(commits).items()
        ]

    def _produce(self, messages: Iterable[wire.Message]) -> None:
        send_all(self._producer.produce, self._producer.poll, self._settings, messages)

    def _abort(self) -> None:
        try:
            self._producer.abort_transaction(_STEP_S)
        except KafkaException as error:  # fenced: whoever fenced us has ended it
            _log.info("the transaction was not aborted by this worker: %s", client.words(error))


class PlainWriter:
    """Outputs, then changelog, then offsets, each confirmed before the next: for one worker only.

    A crash in between repeats outputs at the worst, under the same ids: the states tell what was applied.
    `commit_offsets` commits in the name of the member.
    """

    hangs = False  # every step has its time

    def __init__(self, settings: Settings, commit_offsets: Callable[[Mapping[Place, int]], None]) -> None:
        self._settings = settings
        self._commit_offsets = commit_offsets
        self._producer = client.producer(settings)
        self._failed: list[str] = []

    def write(self, commits: Sequence[Commit], generation: int, member: str) -> None:
        """Three confirmed steps. CommitLost when one of them fails."""
        if generation < 0 or not member:
            raise CommitLost("this worker is no member of its group any more")
        self._confirmed([message for commit in commits for message in commit.outputs])
        self._confirmed([message for commit in commits for message in _changelog(commit)])
        self._commit_offsets(positions(commits))

    def _confirmed(self, messages: list[wire.Message]) -> None:
        producer = self._producer
        send_all(producer.produce, producer.poll, self._settings, messages, self._delivered)
        left = producer.flush(_PATIENCE_S)
        if left or self._failed:
            raise CommitLost(self._failed[0] if self._failed else f"{left} records were not confirmed in time")

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(f"a record for {message.topic()} was refused: {client.words(error)}")


def positions(commits: Iterable[Commit]) -> dict[Place, int]:
    """The next offset to read of each source partition that the commits touch."""
    return {(topic, c.partition): offset for c in commits for topic, offset in c.positions.items()}


def group_metadata(group: str, generation: int, member: str) -> bytes:
    """A group's metadata as librdkafka writes and reads it, here for a consumer that is not librdkafka's."""
    return b"CGMDv2:" + struct.pack("=i", generation) + group.encode() + b"\0" + member.encode() + b"\0\x01"


def _changelog(commit: Commit) -> Iterable[wire.Message]:
    for key, value in commit.states.items():
        yield wire.Message(CUSTOMERS, commit.partition, key, value)


def send_all(
    produce: Callable[..., None],
    poll: Callable[[float], int],
    settings: Settings,
    messages: Iterable[wire.Message],
    on_delivery: Callable[[KafkaError | None, Message], None] | None = None,
) -> None:
    """Queue messages with a producer's `produce` and `poll`; waits while its queue is full."""
    for message in messages:
        name = client.physical(settings, message.topic)
        # arguments by their places: by their names they cost as much again as all the rest of it
        what = (name, message.value, message.key, message.partition, on_delivery)
        more = (None, _NOW, list(message.headers)) if message.headers else ()
        while True:
            try:
                produce(*what, *more)
                break
            except BufferError:  # the queue is full: let some go
                poll(0.1)


def _patiently(step: Callable[[], None]) -> None:
    """Run a step of a transaction; a retriable error (a timeout too) means: the same step again."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return step()
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise
            _log.warning("a step of a commit is tried again: %s", client.words(error))


def _reason(error: KafkaException) -> str:
    code = error.args[0].code()
    if code in (KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.FENCED_INSTANCE_ID):
        return f"the group has given this worker's partitions to others ({error.args[0].name()})"
    if code in (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH):
        return f"another worker runs with the same slot ({error.args[0].name()})"
    return client.words(error)

"""Topics on the broker: created and checked against `contracts.topics`, their ids and their offsets."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.client import REQUEST_S, RETRY_S, KafkaFault
from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.contracts.topics import SOURCES, TOPICS, Kind, TopicSpec
from stream_loyalty.settings import Settings

Place = tuple[str, int]  # logical topic, partition number

_COMPACTED_SEGMENT_BYTES = 128 << 20  # the newest segment is never compacted, and recovery reads all of it
_COMPACTED_WITHIN_MS = 7 * DAY_MS  # by default a quiet log keeps what was deleted for ever
# Kafka keeps the deletion of a key for a day (delete.retention.ms) and then forgets that there ever was one: whoever
# holds a copy of a compacted topic that was not brought up to date for longer might miss one in what came since
COPY_STALE_S = 12 * 3600.0
_MASK = (1 << 64) - 1
_SETTLED_S = 60.0  # a transaction that was left open ends after 10
_MOVING = (  # a leader is being elected, or is not who it was: librdkafka does not try again by itself
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._NOENT,  # no leader is known for a moment after a broker has restarted
)


def ensure(settings: Settings) -> list[str]:
    """Create the topics that are missing; returns their names on the broker. KafkaFault if one is refused."""
    admin = client.admin(settings)
    existing = partitions(settings)
    new = [_new_topic(settings, spec) for spec in TOPICS if client.physical(settings, spec.name) not in existing]
    if not new:
        return []
    for name, future in admin.create_topics(new, request_timeout=REQUEST_S).items():
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
                raise KafkaFault(f"topic {name} can not be created: {client.words(error)}") from error
    created = [topic.topic for topic in new]
    _await_known(settings, created)
    return created


def check(settings: Settings) -> list[str]:
    """What is wrong with the topics, one plain sentence for each problem; empty when all is well."""
    admin = client.admin(settings)
    counts = partitions(settings)
    names = {spec: client.physical(settings, spec.name) for spec in TOPICS}
    absent = [missing(name) for name in names.values() if name not in counts]
    there = {spec: name for spec, name in names.items() if name in counts}
    sources = {counts[name] for spec, name in there.items() if spec.name in SOURCES}
    expected = max(sources, default=settings.partitions)
    problems = [
        f"topic {name} has {counts[name]} partitions instead of {spec.partitions or expected}"
        for spec, name in there.items()
        if counts[name] != (spec.partitions or expected)
    ]
    return absent + problems + _config_problems(admin, there)


def places(settings: Settings, names: Iterable[str]) -> list[Place]:
    """Every partition of these logical topics. KafkaFault when one of the topics is missing."""
    counts = partitions(settings)
    found: list[Place] = []
    for topic in names:
        name = client.physical(settings, topic)
        if name not in counts:
            raise KafkaFault(missing(name))
        found += [(topic, number) for number in range(counts[name])]
    return found


def partitions(settings: Settings) -> dict[str, int]:
    """How many partitions each topic on the broker has, by its name there. KafkaFault if it is silent."""
    try:
        found = client.admin(settings).list_topics(timeout=REQUEST_S).topics
    except KafkaException as error:
        raise KafkaFault(f"no answer from Kafka at {settings.bootstrap}: {client.words(error)}") from error
    return {name: len(topic.partitions) for name, topic in found.items() if topic.error is None}


def source_partitions(settings: Settings) -> int:
    """How many partition numbers there are: the broker knows best, and the settings while it has no source topic."""
    return partitions(settings).get(client.physical(settings, SOURCES[0]), settings.partitions)


def topic_ids(settings: Settings, topics: Iterable[str]) -> dict[str, bytes]:
    """The 16-byte id of each logical topic; b"" where the broker has none (the embedded one)."""
    admin = client.admin(settings)
    wanted = {client.physical(settings, topic): topic for topic in topics}
    try:
        cluster = admin.list_topics(timeout=REQUEST_S)
        if cluster.controller_id not in cluster.brokers:  # the embedded broker: no controller, no ids
            return dict.fromkeys(wanted.values(), b"")
        described = admin.describe_topics(TopicCollection(list(wanted)), request_timeout=REQUEST_S)
        return {wanted[name]: _id_bytes(future.result(2 * REQUEST_S).topic_id) for name, future in described.items()}
    except KafkaException as error:
        raise KafkaFault(f"topics can not be described: {client.words(error)}") from error


def starts(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """The first offset that each partition still holds."""
    return _offsets(settings, places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]


def ends(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """The end of each partition, open transactions included.

    The last stable offset would be too early: a transaction that hangs hides what others committed after it.
    """
    return _offsets(settings, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def settled(settings: Settings, places: Iterable[Place]) -> dict[Place, int]:
    """Ends that belong together: for each partition number as of a moment in which no commit was on its way there.

    Up to these ends a commit is in all of the topics or in none. KafkaFault where no such moment came for a minute.
    """
    waiting: dict[int, list[Place]] = defaultdict(list)
    for place in places:
        waiting[place[1]].append(place)
    deadline = time.monotonic() + _SETTLED_S
    found: dict[Place, int] = {}
    while waiting:
        asked = [place for of_number in waiting.values() for place in of_number]
        # in this order: what is stable now and still the end a moment later has stood still in between
        stable = _offsets(settings, asked, OffsetSpec.latest(), IsolationLevel.READ_COMMITTED)  # type: ignore[no-untyped-call]
        newest = _offsets(settings, asked, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        for number in [n for n, own in waiting.items() if all(stable[place] == newest[place] for place in own)]:
            found |= {place: newest[place] for place in waiting.pop(number)}
        if waiting and time.monotonic() > deadline:
            raise KafkaFault(
                f"commits of partition {', '.join(map(str, sorted(waiting)))} have followed each other for "
                f"{_SETTLED_S:.0f} s without a pause; try again when the workers have caught up"
            )
        if waiting:
            time.sleep(RETRY_S)
    return found


def _offsets(
    settings: Settings,
    places: Iterable[Place],
    spec: OffsetSpec,
    isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
) -> dict[Place, int]:
    asked = {TopicPartition(client.physical(settings, topic), number): spec for topic, number in places}
    if not asked:
        return {}

    def ask() -> dict[TopicPartition, int]:
        admin = client.admin(settings)  # to be kept until the answers are there: without it they never come
        answers = admin.list_offsets(asked, isolation_level=isolation, request_timeout=REQUEST_S)
        return {place: future.result(2 * REQUEST_S).offset for place, future in answers.items()}

    found = client.asked(ask, _MOVING, "offsets can not be read", client.forget_admin)  # a new one asks who leads
    return {(client.logical(settings, place.topic), place.partition): at for place, at in found.items()}


def missing(name: str) -> str:
    """What to say where the broker has no topic of this name."""
    return f"topic {name} is missing: run `stream-loyalty topics`"


def _id_bytes(topic_id: Any) -> bytes:  # a confluent_kafka.Uuid, whose stub knows no methods
    high, low = topic_id.get_most_significant_bits() & _MASK, topic_id.get_least_significant_bits() & _MASK
    return (high << 64 | low).to_bytes(16, "big") if high or low else b""


def _config(settings: Settings, spec: TopicSpec) -> dict[str, str]:
    config = {
        "cleanup.policy": str(spec.kind),
        # by append time, also for outputs: events of 1997 would fall to retention at once
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(spec.max_message_bytes),
    }
    if spec.kind is Kind.LOG:
        return config | {"retention.ms": str(settings.retention_days * DAY_MS)}
    return config | {"segment.bytes": str(_COMPACTED_SEGMENT_BYTES), "max.compaction.lag.ms": str(_COMPACTED_WITHIN_MS)}


def _new_topic(settings: Settings, spec: TopicSpec) -> NewTopic:
    name = client.physical(settings, spec.name)
    count = spec.partitions or settings.partitions
    return NewTopic(name, count, settings.replication, config=_config(settings, spec))


def _await_known(settings: Settings, names: list[str]) -> None:
    """A broker learns of new topics a moment after the controller has answered."""
    deadline = time.monotonic() + REQUEST_S
    while not set(names) <= partitions(settings).keys():
        if time.monotonic() > deadline:
            raise KafkaFault("the new topics do not appear on the broker")
        time.sleep(RETRY_S)


def _config_problems(admin: AdminClient, there: dict[TopicSpec, str]) -> list[str]:
    resources = {name: ConfigResource(ResourceType.TOPIC, name) for name in there.values()}
    if not resources:
        return []
    answers = admin.describe_configs(list(resources.values()), request_timeout=REQUEST_S)
    problems = []
    for spec, name in there.items():
        try:
            config = {key: entry.value for key, entry in answers[resources[name]].result().items()}
        except KafkaException as error:
            raise KafkaFault(f"the configuration of {name} can not be read: {client.words(error)}") from error
        for key, want in (("message.timestamp.type", "LogAppendTime"), ("cleanup.policy", str(spec.kind))):
            if config[key] != want:
                problems.append(f"topic {name} has {key}={config[key]} instead of {want}")
        if int(config["max.message.bytes"] or 0) < spec.max_message_bytes:
            problems.append(f"topic {name} takes records of {config['max.message.bytes']} bytes only")
    return problems

"""The topics: their logical names, what they hold, and how they must be laid out on a broker."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

ORDERS = "orders"
BROWSING = "browsing"
COMPLAINTS = "complaints"
ENGAGEMENT = "engagement"
LOGISTICS = "logistics"
COMMANDS = "commands"
STOREFRONT = (ORDERS, BROWSING, COMPLAINTS, ENGAGEMENT, LOGISTICS, COMMANDS)  # what storefronts publish to
INTAKE = "loyalty.intake"  # what a client put into another partition than its key's, moved by the workers
TRANSFERS = "loyalty.transfers"  # what one customer's state has for another's, keyed by the receiver
SOURCES = (*STOREFRONT, INTAKE, TRANSFERS)  # what workers read

REWARDS = "loyalty.rewards"
ALERTS = "loyalty.alerts"
DECISIONS = "loyalty.decisions"
DEAD_LETTERS = "loyalty.dead-letters"
APPLIED = "loyalty.applied"
PROGRAM = "loyalty.program"
TRAINING = "loyalty.training"
MODELS = "loyalty.models"
TALLIES = "loyalty.tallies"  # what partitions tell the coordinator
GRANTS = "loyalty.grants"  # what it answers
CUSTOMERS = "loyalty.customers"  # the changelog of customer states

MAX_RECORD_BYTES = 1_000_000  # a larger event is a dead letter
SOURCE_LIMIT_BYTES = 4 << 20  # what the source topics accept, so that such a letter can reach us at all
STATE_LIMIT_BYTES = 4 << 20  # the largest state that a program's bounds allow has about 2 MB
DEAD_LETTER_LIMIT_BYTES = 5 << 20


class Kind(StrEnum):
    """How a topic is kept: for a time, or the newest value of each key for ever."""

    LOG = "delete"
    COMPACTED = "compact"


class TopicSpec(NamedTuple):
    """A topic's layout. `partitions` 0 means: as many as the sources have."""

    name: str
    kind: Kind = Kind.LOG
    partitions: int = 0
    max_message_bytes: int = 1 << 20


TOPICS = (
    *(TopicSpec(name, max_message_bytes=SOURCE_LIMIT_BYTES) for name in SOURCES),
    TopicSpec(REWARDS),
    TopicSpec(ALERTS),
    TopicSpec(DECISIONS),
    TopicSpec(DEAD_LETTERS, max_message_bytes=DEAD_LETTER_LIMIT_BYTES),
    TopicSpec(APPLIED),
    TopicSpec(CUSTOMERS, Kind.COMPACTED, max_message_bytes=STATE_LIMIT_BYTES),
    TopicSpec(PROGRAM, Kind.COMPACTED, partitions=1),
    TopicSpec(TRAINING, partitions=1),
    TopicSpec(MODELS, Kind.COMPACTED, partitions=1),
    TopicSpec(TALLIES, Kind.COMPACTED, partitions=1),
    TopicSpec(GRANTS, Kind.COMPACTED, partitions=1),
)

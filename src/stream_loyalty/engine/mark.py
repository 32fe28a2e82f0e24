"""The mark: a partition's own progress, kept as a reserved record of the changelog in the same transaction."""

from __future__ import annotations

import msgspec
from msgspec import field

from stream_loyalty.contracts.topics import STOREFRONT
from stream_loyalty.engine.leftout import LeftOut
from stream_loyalty.errors import StreamLoyaltyError

MARK_KEY = b"\x00mark"  # no customer's key: identifiers have no control characters
NEVER_YET = -(1 << 62)


class StatesAhead(StreamLoyaltyError):
    """The states know of records that the log does not have (any more)."""


class Mark(msgspec.Struct):
    """How far a partition is. Times in ms; NEVER_YET where there was none."""

    watermark: int = NEVER_YET
    swept: int = NEVER_YET  # every wake due up to here has run
    sweeping: int = NEVER_YET  # a sweep to here has begun; it ends before any other input
    live: bool = False  # the partition has been near the wall clock, so time moves it on when it is quiet
    advanced: dict[str, int] = {}  # topic -> newest Clock Advanced read from it
    positions: dict[str, int] = {}  # topic -> next offset
    topic_ids: dict[str, bytes] = {}
    adopted: str = ""  # digest of the dated inputs
    model: str = ""  # version of the churn model in force; empty: none
    left_out: LeftOut = field(default_factory=LeftOut)  # alerts held back on days that are not over
    budgets: dict[str, int] = {}  # budget -> units left of the slices adopted
    granted: dict[str, int] = {}  # budget -> units of all slices adopted
    grant: int = 0  # serial of the newest slice adopted
    threshold: int | None = None  # lifetime value that makes high value, as the coordinator says
    threshold_serial: int = 0  # of it
    rescheduling: bool = False  # when customers are due is not yet reckoned for all by what was adopted
    surveyed: int = NEVER_YET  # day on which lifetime values were last sketched

    @property
    def target(self) -> int | None:
        """Where Clock Advanced has put the clock (ms): the least of all storefront topics; None until each has one."""
        times = [self.advanced.get(topic) for topic in STOREFRONT]
        return min(time for time in times if time is not None) if None not in times else None

    @property
    def decided_to(self) -> int:
        """Nothing from after this moment (ms) has been decided; NEVER_YET before the first input."""
        return max(self.watermark, self.swept, self.sweeping)

    def encode(self) -> bytes:
        """As it is stored."""
        return msgspec.msgpack.encode(self)

    @classmethod
    def decode(cls, blob: bytes) -> Mark:
        """From the changelog."""
        return msgspec.msgpack.decode(blob, type=cls)

    def check(self, number: int, topic_ids: dict[str, bytes], ends: dict[str, int]) -> None:
        """StatesAhead where a topic with the same id ends before what was applied from it."""
        for topic, position in self.positions.items():
            same = self.topic_ids.get(topic, b"") == topic_ids.get(topic, b"")
            if same and topic in ends and position > ends[topic]:
                raise StatesAhead(
                    f"partition {number} of topic {topic} ends at {ends[topic]}, but its customers' states go up to "
                    f"{position}; restore the topic, or reset the application with empty states"
                )

"""A small tea shop with a seed: believable traffic to try the engine with. No clock, no files, no network.

Every customer draws from a generator of their own, so one more customer changes nothing about the others. Its parts
are in `shop`.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from stream_loyalty.contracts.instants import DAY_MS
from stream_loyalty.simulate.shop.broken import broken
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.shop.shoppers import Shopper

CLUB = Club()


def storefront(seed: int, customers: int, start: int, days: int, club: Club = CLUB) -> Iterator[bytes]:
    """What the shop's servers send in `days` days from `start` (ms since 1970 UTC), in order of time.

    JSON events as in `contracts.events`, a few of them twice, and a handful that are broken. `club`: the loyalty
    program, whose rewards and benefits customers ask for. The same arguments give the same bytes. The whole of it is
    held in memory. ValueError without customers or days.
    """
    for _, raw in timed(seed, customers, start, days, club):
        yield raw


def timed(seed: int, customers: int, start: int, days: int, club: Club = CLUB) -> Iterator[tuple[int, bytes]]:
    """The same, each with the time (ms) at which it is sent: what is broken does not say its own."""
    if customers < 1 or days < 1:
        raise ValueError("a shop needs at least one customer and one day")
    end = start + days * DAY_MS
    events: list[tuple[int, bytes]] = []
    for number in range(customers):
        events += Shopper(seed, number, start, end, club).diary.events
    events += broken(Random(seed), start, end)
    events.sort(key=lambda event: event[0])  # stable: what one customer sends at one time stays in order
    yield from events

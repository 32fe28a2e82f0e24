"""The simulated shop: the same again for the same seed, in order, and with everything that a demo has to show."""

from collections import Counter
from itertools import pairwise

import pytest

from stream_loyalty.contracts.events import EVENT_MODELS, EVENTS_OF_TOPIC, MODEL_OF_EVENT
from stream_loyalty.contracts.events.alerts import AlertAcknowledged, AlertOutcomeRecorded
from stream_loyalty.contracts.events.benefits import BenefitUsed
from stream_loyalty.contracts.events.guests import GuestClaimed
from stream_loyalty.contracts.events.redemption import PointsRedemptionConfirmed, PointsRedemptionReleased
from stream_loyalty.contracts.instants import DAY_MS, parse_instant
from stream_loyalty.contracts.parse import Event, Rejected, parse
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import COMMANDS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.programs import load_programs
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine import Engine
from stream_loyalty.engine.replay import read_events, replay
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.storefront import CLUB, storefront, timed
from tests.support import EVERYTHING

START = parse_instant("2025-01-01T00:00:00Z")
EPOCH = load_programs().epoch
NOW = parse_instant("2026-06-01T00:00:00Z")


FULL = Club.of(load_programs([EVERYTHING]).latest)


def shop(seed: int = 7, customers: int = 150, days: int = 400, club: Club = CLUB) -> list[bytes]:
    return list(storefront(seed, customers, START, days, club))


def parsed(raw: bytes) -> object:
    topic, key = route(raw)
    return parse(Record(topic, 0, 0, NOW, key, raw), EPOCH)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others() -> None:
    assert shop(seed=3) == shop(seed=3)
    assert shop(seed=3) != shop(seed=4)


def test_one_more_customer_leaves_the_others_as_they_are() -> None:
    fewer, more = Counter(shop(customers=20)), Counter(shop(customers=21))
    assert not fewer - more


def test_events_come_in_order_of_time_and_within_the_days() -> None:
    times = [at for at, _ in timed(7, 60, START, 200)]
    assert all(before <= after for before, after in pairwise(times))
    assert times[0] >= START
    assert times[-1] < START + 200 * DAY_MS


def test_an_event_says_the_time_at_which_it_is_sent() -> None:
    for at, raw in timed(7, 60, START, 200):
        content = parsed(raw)
        if not isinstance(content, Rejected):
            assert content.at == at


NOT_OF_A_SHOP = {AlertAcknowledged, AlertOutcomeRecorded}  # what the retention team sends
NOT_FOR_ALL = {BenefitUsed, GuestClaimed, PointsRedemptionConfirmed, PointsRedemptionReleased}  # the program has to


@pytest.mark.parametrize(("club", "lacking"), [(CLUB, NOT_OF_A_SHOP | NOT_FOR_ALL), (FULL, NOT_OF_A_SHOP)])
def test_every_kind_of_event_comes_and_only_a_handful_is_broken(club: Club, lacking: set[type]) -> None:
    contents = [parsed(raw) for raw in shop(club=club)]
    rejected = Counter(content.code for content in contents if isinstance(content, Rejected))
    assert set(rejected) == {"bad-json", "invalid", "no-customer", "bad-time"}
    assert sum(rejected.values()) < 10
    names = {content.name for content in contents if isinstance(content, Event)}
    assert {MODEL_OF_EVENT[name] for name in names} == set(EVENT_MODELS) - lacking


def test_guests_send_no_user_id_and_are_claimed_by_who_they_were() -> None:
    """A guest's orders come under an anonymous id alone; whoever claims it is a known customer."""
    events = [content for raw in shop(club=FULL) if isinstance(content := parsed(raw), Event)]
    guests = {event.customer for event in events if event.name == "Order Completed" and "anon-" in event.customer}
    claimed = {event.properties.anonymous_id for event in events if event.name == "Guest Claimed"}
    assert claimed < guests
    assert not any("anon-" in event.customer for event in events if event.name in EVENTS_OF_TOPIC[COMMANDS])


def test_without_a_club_the_shop_is_that_of_the_default_program() -> None:
    assert Club.of(load_programs().latest) == CLUB


def test_the_engine_finds_something_of_everything_in_it() -> None:
    programs = load_programs()
    thresholds = Thresholds('[[high_value]]\nfrom = 1990-01-01\nlifetime_value = "500"\n', programs.first)
    engine = Engine(programs, thresholds, partitions=1, clock="event")
    replay(read_events(shop(), engine, NOW), engine, START + 400 * DAY_MS, lambda commit: None)
    found = {name: count for (kind, name, *_), count in engine.counts.items() if kind == "decision"}
    for movement in ("earned", "spent", "expired", "reversed"):
        assert found[f"loyalty.points.{movement}"]
    for alert in ("churn-risk.raised", "churn-risk.withdrawn", "service.raised", "held-back"):
        assert found[f"loyalty.alert.{alert}"]
    assert found["loyalty.level.changed"]
    assert engine.counts["event", "orders", "repeated"]


@pytest.mark.parametrize(("customers", "days"), [(0, 10), (10, 0)])
def test_a_shop_without_customers_or_days_is_refused(customers: int, days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        shop(customers=customers, days=days)


def test_a_shop_of_one_day_works() -> None:
    assert list(storefront(1, 1, START, 1))

"""What moves a partition's clock: event times, the wall clock only where the partition is live, and Clock Advanced."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts import topics
from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant, parse_instant
from tests.unit.support_core import Live, engine_of, event, order, view

MINUTE = 60_000


def wall() -> Live:
    return Live(engine_of(clock="wall"))


def test_data_of_1997_never_follow_the_wall_clock() -> None:
    """However often and however late the sweep runs, 1997 stays 1997."""
    live = wall().feed(order("1997-01-01", "a"))
    for _ in range(3):
        assert not live.sweep("2026-01-01")
    assert live.partition.watermark == parse_instant("1997-01-01")
    assert live.commit().types()[-1] == "band.changed"


def test_an_empty_partition_has_no_clock() -> None:
    """Nothing is there that could be late."""
    live = wall()
    assert not live.sweep("2026-01-01")
    assert live.partition.watermark is None


def test_a_live_partition_follows_the_wall_clock() -> None:
    """An event within the hour makes it live; read to its end it moves on with time, a lateness behind."""
    live = wall().feed(view("2026-01-01T11:30:00Z"))
    live.sweep_all("2026-01-01T12:00:00Z")
    assert live.partition.watermark == parse_instant("2026-01-01T12:00:00Z")
    live.sweep_all("2026-01-08T11:30:59Z")
    assert live.commit().types() == []
    live.sweep_all("2026-01-08T11:31:00Z")  # seven days and the lateness of a minute
    (noticed,) = live.commit().facts("silence.noticed")
    assert noticed["at"] == "2026-01-08T11:30:00Z"


def test_not_live_before_it_was_near() -> None:
    """Two hours behind is a backlog, until an event comes that is near."""
    live = wall().feed(view("2026-01-01T10:00:00Z"))
    live.sweep_all("2026-01-01T12:00:00Z")
    assert live.partition.watermark == parse_instant("2026-01-01T10:00:00Z")
    live.feed(view("2026-01-01T11:50:00Z")).sweep_all("2026-01-01T12:00:00Z")
    assert live.partition.watermark == parse_instant("2026-01-01T12:00:00Z")


def test_a_backlog_holds_the_clock() -> None:
    """While there is something to read the wall clock does not count."""
    live = wall().feed(view("2026-01-01T11:50:00Z"))
    live.sweep_all("2026-01-01T12:00:00Z")
    live.sweep_all("2026-03-01", at_end=False)
    assert live.partition.watermark == parse_instant("2026-01-01T12:00:00Z")


@pytest.mark.parametrize("sweep_first", [True, False])
def test_a_live_partition_is_live_after_a_restart(sweep_first: bool) -> None:
    """It had been near the wall clock; that the worker was away for a day makes no difference."""
    live = wall().feed(view("2026-01-01T11:59:00Z"))
    if not sweep_first:
        live.commit()  # the commit may come before the first sweep
    live.sweep_all("2026-01-01T12:00:00Z")
    live.commit()
    live.crash().sweep_all("2026-01-20")
    assert [fact["signal"] for fact in live.commit().facts("silence.noticed")] == ["browsing"]


def test_the_sweep_stays_a_lateness_behind() -> None:
    """An event moves the sweep to its time less the lateness."""
    live = Live().feed(view("2026-01-01"), view("2026-01-08T00:00:59.999Z", user="bob"))
    live.sweep_all()
    assert live.commit().types() == []
    live.feed(view("2026-01-08T00:01:00Z", user="bob")).sweep_all()
    assert [fact["customer"] for fact in live.commit().facts("silence.noticed")] == ["ada"]
    strict = Live(engine_of(lateness_ms=0)).feed(view("2026-01-01"), view("2026-01-08", user="bob")).sweep_all()
    assert len(strict.commit().facts("silence.noticed")) == 1


def test_wall_time_never_counts_on_the_event_clock() -> None:
    """Only events and Clock Advanced do."""
    live = Live().feed(view("2026-01-01"))
    live.sweep_all("2026-01-01T00:10:00Z").sweep_all("2027-01-01")
    assert live.commit().types() == []


def test_clock_advanced_needs_every_source() -> None:
    """Five of six topics move nothing; with the sixth the least of them counts, without lateness."""
    live = Live().feed(view("2026-01-01"))
    live.apply(live.log.advance_clock("2026-02-01", topics.STOREFRONT[:5]))
    live.sweep_all()
    assert live.commit().types() == []
    live.apply(live.log.advance_clock("2026-01-07T23:59:59.999Z", topics.STOREFRONT[5:]))
    live.sweep_all()
    assert live.commit().types() == []
    assert live.partition.swept == parse_instant("2026-01-07T23:59:59.999Z")
    live.apply(live.log.advance_clock("2026-01-08", topics.STOREFRONT[5:]))
    live.sweep_all()
    assert live.commit().types() == ["silence.noticed"]


def test_clock_advanced_outlives_a_crash() -> None:
    """Committed with some topics before, the others after."""
    live = Live().feed(view("2026-01-01"))
    live.apply(live.log.advance_clock("2026-02-01", topics.STOREFRONT[:3]))
    live.commit()
    live.crash()
    live.apply(live.log.advance_clock("2026-02-01", topics.STOREFRONT[3:]))
    assert live.sweep_all().commit().types() == ["silence.noticed"]


def test_clock_advanced_is_ignored_and_counted_on_the_wall_clock() -> None:
    """A control record of a backfill moves no live partition, and is no dead letter."""
    live = wall().feed(view("2026-01-01"))
    live.apply(live.log.advance_clock("2030-01-01"))
    live.sweep_all("2026-01-01T00:01:00Z")
    outcome = live.commit()
    assert (outcome.types(), outcome.messages(topics.DEAD_LETTERS)) == ([], [])
    assert live.engine.counts["event", "orders", "ignored"] == 1


def test_a_client_ahead_of_time_does_not_move_the_clock_far() -> None:
    """A time in 2099 is clamped to five minutes after the append, and the receipt says so."""
    appended = parse_instant("2026-01-01")
    live = wall().feed(order("2099-01-01", "a"), appended=appended)
    assert live.partition.watermark == appended + 5 * MINUTE
    outcome = live.commit()
    assert {tuple(fact["because"]["flags"]) for fact in outcome.facts()} == {("time-clamped",)}
    assert outcome.applied[0].append_times == [("orders", 0, appended)]


def test_an_event_that_passes_by_moves_the_clock() -> None:
    """Time passes with every event that has one, whether anything is decided by it or not."""
    live = Live().feed(view("2026-01-01"), event("Nobody Knows This", "2026-01-09", user="bob")).sweep_all()
    assert live.commit().types() == ["silence.noticed"]


def test_wakes_at_their_logical_times_before_an_event() -> None:
    """Every wake due strictly before an event runs first, at its own due time, in order, without any sweep."""
    outcome = Live().feed(view("2026-01-01"), order("2026-01-01", "a"), view("2028-01-01")).commit()
    wakes = [(fact["type"], fact["at"][:10]) for fact in outcome.facts() if fact["because"]["event"] == "wake"]
    assert wakes == [
        ("silence.noticed", "2026-01-08"),
        ("band.changed", "2026-02-01"),
        ("churn-warning.changed", "2026-03-02"),
        ("alert.churn-risk.raised", "2026-03-02"),
        ("band.changed", "2026-04-02"),
        ("retention.measured", "2026-05-01"),
        ("points.expired", "2027-01-01"),
        ("level.changed", "2027-01-01"),
    ]


def test_late_events_never_turn_the_clock_back() -> None:
    """Neither the partition's nor the customer's, and what was swept is not swept again."""
    live = Live().feed(view("2026-03-01"), view("2026-01-01"), order("2026-01-15", "a")).sweep_all()
    assert live.partition.watermark == parse_instant("2026-03-01")
    outcome = live.commit()
    assert outcome.state().clock == parse_instant("2026-03-01")
    assert [fact["at"] for fact in outcome.facts("order.counted")] == ["2026-01-15T00:00:00Z"]
    assert outcome.profile()["band"] == "growing"
    assert all(format_instant(DAY_MS) < fact["at"] <= "2026-03-01T00:00:00Z" for fact in outcome.facts())


@pytest.mark.parametrize("hours", [0.5, 2])
def test_a_partition_filled_long_ago_and_swept_now(hours: float) -> None:
    """Only what is within an hour of the wall clock makes a partition live."""
    now = parse_instant("2026-01-01T12:00:00Z")
    live = wall().feed(view(format_instant(now - int(hours * HOUR_MS))))
    live.sweep_all(now).sweep_all(now + 30 * DAY_MS)
    assert len(live.commit().facts("silence.noticed")) == (hours < 1)

"""What a later version takes from how members stand: levels and what they give, benefits, birthdays, guests."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.benefits import Benefit
from stream_loyalty.core.program.levels import FastTrack
from stream_loyalty.core.review.finding import Finding, warning

_PERIODS = ("month", "year", "never")  # in which a benefit renews, the best first


def review_standing(before: Program, after: Program) -> Iterator[Finding]:
    """Levels first, then what members have beside them."""
    yield from _levels(before, after)
    yield from _ways_up(before, after)
    for benefit in before.benefits:
        yield from _benefit(benefit, after.benefit_of.get(benefit.name))
    was, now = before.birthday, after.birthday
    if was is not None and (now is None or now.points < was.points):
        what = "the gift is gone" if now is None else f"it brings {now.points} instead of {was.points} points"
        yield warning("terms-worse", "birthday", what)
    kept, keeps = before.guests, after.guests
    if keeps is not None and kept is None:
        yield warning("terms-worse", "guests", "what guests order earns nothing from now on, unless they claim it")
    elif kept is not None and keeps is not None and keeps.claim_within_days < kept.claim_within_days:
        what = (
            f"guests can claim what they ordered for {keeps.claim_within_days} instead of {kept.claim_within_days} days"
        )
        yield warning("terms-worse", "guests.claim_within_days", what)


def _levels(before: Program, after: Program) -> Iterator[Finding]:
    at_once = after.levels.on_new_version == "review"
    when = "as soon as the version takes effect" if at_once else "at their review"
    if at_once:
        what = f"all levels are reviewed on {after.effective_from}: who has too little falls then, not at their review"
        yield warning("demotes", "levels.on_new_version", what)
    if before.levels.by != after.levels.by:
        yield warning("demotes", "levels.by", f"levels go by {after.levels.by} instead of {before.levels.by}")
    needs = dict(zip((step.name for step in after.levels.steps), after.levels.needs, strict=True))
    for step, need in zip(before.levels.steps, before.levels.needs, strict=True):
        where = f"levels.steps, {step.name}"
        now = needs.get(step.name)
        if now is None:
            what = "the level is gone: its members count as of the lowest until their next order or review"
            yield warning("demotes", where, what)
        elif before.levels.by == after.levels.by and now > need:
            yield warning("demotes", where, f"it takes {now} instead of {need}: members who have less fall {when}")
    if after.levels.window_days < before.levels.window_days:
        yield warning(
            "demotes",
            "levels.window_days",
            f"the {after.levels.by} of {after.levels.window_days} instead of {before.levels.window_days} days "
            f"decides: members fall {when} with the same orders",
        )
    if after.levels.grace_days < before.levels.grace_days:
        yield warning("demotes", "levels.grace_days", "a review that finds too little no longer waits as long")
    if after.levels.holds_days < before.levels.holds_days:
        yield warning(
            "demotes",
            "levels.holds_days",
            f"a level holds {after.levels.holds_days} instead of {before.levels.holds_days} days",
        )
    if after.levels.downgrade == "to-deserved" != before.levels.downgrade:
        yield warning("demotes", "levels.downgrade", "members can fall by several levels at once")
    if after.levels.follow_refunds and not before.levels.follow_refunds:
        yield warning("demotes", "levels.follow_refunds", "an order that is given back takes its level along at once")


def _ways_up(before: Program, after: Program) -> Iterator[Finding]:
    """Gifts of levels, shorter ways to them, and for how long they can be put off."""
    gifts = {step.name: step.gift or 0 for step in after.levels.steps}
    for step in before.levels.steps:
        if step.gift and step.gift > (now := gifts.get(step.name, 0)):
            yield warning(
                "terms-worse", f"levels.steps, {step.name}", f"its gift is {now} instead of {step.gift} points"
            )
    for track in before.levels.fast_track:
        if not any(_as_easy(one, track, after) for one in after.levels.fast_track):
            what = f"{track.orders} orders within {track.within_days} days no longer lead there"
            yield warning("terms-worse", f"levels.fast_track, {track.level}", what)
    was, now = before.levels.longest_freeze_days, after.levels.longest_freeze_days
    if now < was:
        yield warning(
            "terms-worse", "levels.longest_freeze_days", f"a level can be frozen for {now} instead of {was} days"
        )


def _as_easy(one: FastTrack, track: FastTrack, after: Program) -> bool:
    ranks = after.level_ranks
    higher = ranks[one.level] >= ranks.get(track.level, 0)
    return higher and one.orders <= track.orders and one.within_days >= track.within_days


def _benefit(before: Benefit, after: Benefit | None) -> Iterator[Finding]:
    where = f"benefits, {before.name}"
    if after is None:
        yield warning("terms-worse", where, "the benefit is gone")
        return
    if after.quantity < before.quantity:
        yield warning("terms-worse", where, f"it can be used {after.quantity} instead of {before.quantity} times")
    if _PERIODS.index(after.renews) > _PERIODS.index(before.renews):
        yield warning("terms-worse", where, f"it renews by {after.renews} instead of {before.renews}")
    if gone := [level for level in before.levels if after.layer != "basic" and level not in after.levels]:
        yield warning("terms-worse", where, f"members of {', '.join(gone)} no longer have it")
    elif after.layer != before.layer and after.layer != "basic":
        yield warning("terms-worse", where, f"it is of layer {after.layer} instead of {before.layer}")
    harder = (after.at_least or 0) > (before.at_least or 0) or (after.within_days or 0) < (before.within_days or 0)
    if harder and after.layer == before.layer:
        what = f"it takes {after.at_least} times within {after.within_days} days"
        yield warning("terms-worse", where, f"{what} instead of {before.at_least} within {before.within_days}")

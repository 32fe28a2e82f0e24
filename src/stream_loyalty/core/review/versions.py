"""What a later version of a program takes from its members without saying so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stream_loyalty.core.activities import Activity
from stream_loyalty.core.program import Program
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.state import NEVER
from stream_loyalty.core.wallets import EarnRule, Reward, Wallet


def review_versions(versions: Sequence[Program]) -> Iterator[Finding]:
    """From each version, by the day it takes effect, to the next."""
    for before, after in pairwise(sorted(versions, key=lambda program: program.effective_from)):
        for finding in _step(before, after):
            yield Finding(
                finding.severity, finding.code, f"{before.label} to {after.label}: {finding.where}", finding.what
            )


def _step(before: Program, after: Program) -> Iterator[Finding]:
    if before.name != after.name:
        yield warning("version-name", "name", f"{after.name!r} follows {before.name!r}: are they one program?")
    elif after.version == before.version:
        yield error("version-twice", "version", f"two files are version {after.version}; receipts could not tell them")
    elif after.version < before.version:
        yield warning("version-order", "version", f"version {after.version} takes effect after {before.version}")
    yield from _levels(before, after)
    for wallet in before.wallets:
        yield from _wallet(wallet, after.wallet_of.get(wallet.name))
    rules = {rule.name: rule for rule in after.earning.rules}
    for rule in before.earning.rules:
        yield from _rule(rule, rules.get(rule.name), before, after)
    for activity in before.activities:
        yield from _activity(activity, after.activity_of.get(activity.name), after)
    rewards = after.redemption.rewards
    for reward in before.redemption.catalog:
        yield from _reward(reward, rewards.get(reward.name), after)
    if before.redemption.free and not after.redemption.free:
        yield warning("terms-worse", "redemption.free", "points no longer buy anything but what the catalog has")


def _levels(before: Program, after: Program) -> Iterator[Finding]:
    when = "at their review" if after.levels.on_new_version == "keep" else "as soon as the version takes effect"
    if before.levels.by != after.levels.by:
        yield warning("demotes", "levels.by", f"levels go by {after.levels.by} instead of {before.levels.by}")
    needs = dict(zip((step.name for step in after.levels.steps), after.levels.needs, strict=True))
    for step, need in zip(before.levels.steps, before.levels.needs, strict=True):
        where = f"levels.steps, {step.name}"
        now = needs.get(step.name)
        if now is None:
            yield warning("demotes", where, "the level is gone: its members count as of the lowest until their review")
        elif before.levels.by == after.levels.by and now > need:
            yield warning("demotes", where, f"it takes {now} instead of {need}: members who have less fall {when}")
    if after.levels.window_days < before.levels.window_days:
        yield warning(
            "demotes",
            "levels.window_days",
            f"the spend of {after.levels.window_days} instead of {before.levels.window_days} days decides: "
            "members fall at review with the same orders",
        )
    if after.levels.grace_days < before.levels.grace_days:
        yield warning("demotes", "levels.grace_days", "a review that finds too little no longer waits as long")
    if after.levels.holds_days < before.levels.holds_days:
        yield warning(
            "demotes",
            "levels.holds_days",
            f"a level holds {after.levels.holds_days} instead of {before.levels.holds_days} days",
        )


def _wallet(before: Wallet, after: Wallet | None) -> Iterator[Finding]:
    where = f"wallets, {before.name}"
    if after is None:
        yield error("wallet-gone", where, "the wallet is gone, and members hold points in it; keep it without rules")
        return
    for name in ("expires_after_days", "expires_inactive_days"):
        old, new = getattr(before, name), getattr(after, name)
        if new is not None and (old is None or new < old):
            yield warning("terms-worse", where, f"{name} is {new} instead of {'none' if old is None else old}")
    if after.expires_on and (before.expires_on != after.expires_on or after.expires_years < before.expires_years):
        yield warning("terms-worse", where, "points expire on another day than members were told")
    if after.activates_after_days > before.activates_after_days or (
        after.activates_on_delivery and not before.activates_on_delivery
    ):
        yield warning("terms-worse", where, "points can be spent later than before")
    for name in ("most_per_order", "most_per_day"):
        old, new = getattr(before, name), getattr(after, name)
        if new is not None and (old is None or new < old):
            yield warning("terms-worse", where, f"{name} is {new} instead of {'no limit' if old is None else old}")
    if before.unit_value is not None and (after.unit_value is None or after.unit_value < before.unit_value):
        yield warning("terms-worse", where, f"a point is worth {after.unit_value or 'nothing said'}, not as before")
    if before.redeemable and not after.redeemable:
        yield error("wallet-gone", where, "its points buy nothing any more, and members hold some")


def _rule(before: EarnRule, after: EarnRule | None, old: Program, new: Program) -> Iterator[Finding]:
    where = f"earning.rules, {before.name}"
    if before.since and before.since >= new.effective_from and (after is None or after.since != before.since):
        yield warning("rule-never-begins", where, f"it begins on {before.since}, when {new.label} is in force")
    if after is None:
        if before.until is None or before.until >= new.effective_from:
            yield warning("terms-worse", where, "the rule is gone")
        return
    for name in ("points_per_unit", "points", "multiplier"):
        was, is_now = getattr(before, name), getattr(after, name)
        if was is not None and (is_now is None or is_now < was):
            yield warning(
                "terms-worse", where, f"{name} is {'not given' if is_now is None else is_now} instead of {was}"
            )
    if after.most_per_order and (before.most_per_order is None or after.most_per_order < before.most_per_order):
        yield warning("terms-worse", where, f"most_per_order is {after.most_per_order}")
    if after.since and after.since > new.effective_from and (before.since is None or after.since > before.since):
        yield warning("terms-worse", where, f"it begins on {after.since}, later than before")
    if after.until and (before.until is None or after.until < before.until):
        yield warning("terms-worse", where, f"it ends on {after.until}, earlier than before")
    for name in ("products", "categories", "brands"):
        had, has = set(getattr(before, name)), set(getattr(after, name))
        if has and not (had and had <= has):
            yield warning("terms-worse", where, f"it counts only {name} {', '.join(sorted(has))}")
    extra = [condition.wants() for condition in after.when if condition not in before.when]
    if extra:
        yield warning("terms-worse", where, f"it asks for more than before: {', '.join(extra)}")


def _activity(before: Activity, after: Activity | None, new: Program) -> Iterator[Finding]:
    where = f"activities, {before.name}"
    if after is None:
        if before.until is None or before.until >= new.effective_from:
            yield warning("terms-worse", where, "the activity is gone")
        return
    if after.points < before.points:
        yield warning("terms-worse", where, f"points is {after.points} instead of {before.points}")
    if after.at_most < before.at_most or (after.within_days or NEVER) > (before.within_days or NEVER):
        limits = [f"{one.at_most} times {_within(one)}" for one in (after, before)]
        yield warning("terms-worse", where, f"it brings points {limits[0]} instead of {limits[1]}")
    if after.customers_only and not before.customers_only:
        yield warning("terms-worse", where, "it takes an order now")
    if after.until and (before.until is None or after.until < before.until):
        yield warning("terms-worse", where, f"it ends on {after.until}, earlier than before")
    extra = [condition.wants() for condition in after.when if condition not in before.when]
    if extra:
        yield warning("terms-worse", where, f"it asks for more than before: {', '.join(extra)}")


def _within(activity: Activity) -> str:
    return "in all" if activity.within_days is None else f"within {activity.within_days} days"


def _reward(before: Reward, after: Reward | None, new: Program) -> Iterator[Finding]:
    where = f"redemption.catalog, {before.name}"
    if after is None:
        if before.until is None or before.until >= new.effective_from:
            yield warning("terms-worse", where, "the reward is gone: whoever saves for it is disappointed")
    elif after.points > before.points:
        yield warning("terms-worse", where, f"it takes {after.points} instead of {before.points} points")
    elif before.value is not None and (after.value is None or after.value < before.value):
        yield warning("terms-worse", where, f"it is worth {after.value or 'nothing said'} instead of {before.value}")

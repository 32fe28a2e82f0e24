"""What a later version of a program takes from its members without saying so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.activities import Activity
from stream_loyalty.core.program.wallets import EarnRule, Reward, Wallet
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.spans import hours_cover
from stream_loyalty.core.review.standing import review_standing
from stream_loyalty.core.state import NEVER

Offer = EarnRule | Activity | Reward
_PLACES = {EarnRule: "earning.rules", Activity: "activities", Reward: "redemption.catalog"}
_ROUNDED = ("down", "half-up", "up")


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
    yield from _told_late(after)
    yield from review_standing(before, after)
    yield from _earning(before, after)
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
    if after.redemption.grace_days < before.redemption.grace_days:
        what = (
            f"points that come back hold {after.redemption.grace_days} instead of {before.redemption.grace_days} days"
        )
        yield warning("terms-worse", "redemption.grace_days", what)
    if before.redemption.free and not after.redemption.free:
        yield warning("terms-worse", "redemption.free", "points no longer buy anything but what the catalog has")


def _told_late(after: Program) -> Iterator[Finding]:
    if after.effects_from is not None and after.effects_from > after.effective_from:
        what = f"from {after.effective_from} until {after.effects_from} nobody is told of anything; it is for the past"
        yield warning("days-contradict", "effects_from", what)


def _earning(before: Program, after: Program) -> Iterator[Finding]:
    """What concerns all rules."""
    if before.earning.multipliers == "add" and after.earning.multipliers == "best":
        what = "only the best multiplier counts, no longer all of them"
        yield warning("terms-worse", "earning.multipliers", what)
    cards = set(after.earning.gift_card_categories) - set(before.earning.gift_card_categories)
    if cards:
        what = f"{', '.join(sorted(cards))} earns nothing from now on"
        yield warning("terms-worse", "earning.gift_card_categories", what)
    gone = {rate.currency for rate in before.rates} - {rate.currency for rate in after.rates} - {after.base_currency}
    for currency in sorted(gone):
        yield warning("terms-worse", "rates", f"{currency} has no rate any more: its orders earn nothing")
    if before.main_wallet.name != after.main_wallet.name and before.main_wallet.name in after.wallet_of:
        what = (
            f"{after.main_wallet.name} is the first: what names no wallet goes there, not to {before.main_wallet.name}"
        )
        yield warning("terms-worse", "wallets", what)


def _wallet(before: Wallet, after: Wallet | None) -> Iterator[Finding]:
    where = f"wallets, {before.name}"
    if after is None:
        yield error("wallet-gone", where, "the wallet is gone, and members hold points in it; keep it without rules")
        return
    for name in ("expires_after_days", "expires_inactive_days"):
        old, new = getattr(before, name), getattr(after, name)
        if new is not None and (old is None or new < old):
            what = f"{name} is {new} instead of {'none' if old is None else old}"
            at_once = ": whoever was not active for so long loses all points on the first day"
            yield warning("terms-worse", where, what + (at_once if name == "expires_inactive_days" else ""))
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
    if _ROUNDED.index(after.rounding) < _ROUNDED.index(before.rounding):
        yield warning("terms-worse", where, f"points are rounded {after.rounding} instead of {before.rounding}")
    if (after.least_per_order or 0) < (before.least_per_order or 0):
        what = f"least_per_order is {after.least_per_order or 'none'} instead of {before.least_per_order}"
        yield warning("terms-worse", where, what)
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
    if after.budget and (before.budget is None or after.budget.points < before.budget.points):
        instead = "no limit" if before.budget is None else before.budget.points
        yield warning("terms-worse", where, f"its budget is {after.budget.points} instead of {instead}")
    if not hours_cover(after.hours, before.hours):
        yield warning("terms-worse", where, "its hours leave out some of before")
    if after.group is not None and after.group != before.group:
        yield warning("terms-worse", where, f"it is in group {after.group}, where only the best rule counts")
    yield from _narrower(before, after, new)
    for name in ("products", "categories", "brands"):
        had, has = set(getattr(before, name)), set(getattr(after, name))
        if has and not (had and had <= has):
            yield warning("terms-worse", where, f"it counts only {name} {', '.join(sorted(has))}")


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
    yield from _narrower(before, after, new)


def _narrower(before: Offer, after: Offer, new: Program) -> Iterator[Finding]:
    """What rules, activities and rewards have in common: days, demands, a wallet."""
    where = f"{_PLACES[type(before)]}, {before.name}"
    if after.since and after.since > new.effective_from and (before.since is None or after.since > before.since):
        yield warning("terms-worse", where, f"it begins on {after.since}, later than before")
    if after.until and (before.until is None or after.until < before.until):
        yield warning("terms-worse", where, f"it ends on {after.until}, earlier than before")
    if after.wallet != before.wallet:
        instead = [wallet or "the first wallet" for wallet in (after.wallet, before.wallet)]
        yield warning("terms-worse", where, f"it goes by {instead[0]} instead of {instead[1]}")
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
        return
    if after.points > before.points:
        yield warning("terms-worse", where, f"it takes {after.points} instead of {before.points} points")
    elif before.value is not None and (after.value is None or after.value < before.value):
        yield warning("terms-worse", where, f"it is worth {after.value or 'nothing said'} instead of {before.value}")
    if after.stock is not None and (before.stock is None or after.stock < before.stock):
        instead = "no limit" if before.stock is None else before.stock
        yield warning("terms-worse", where, f"there are {after.stock} in all instead of {instead}")
    yield from _narrower(before, after, new)

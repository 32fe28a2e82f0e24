"""Wallets and rewards: points that never expire or never buy anything, rewards that nobody can reach."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.wallets import Reward, Wallet
from stream_loyalty.core.review.finding import Finding, error, warning
from stream_loyalty.core.review.reach import most_within

_YEAR = 366


def review_points(program: Program) -> Iterator[Finding]:
    """Each wallet and each reward of the catalog."""
    for wallet in program.wallets:
        yield from _wallet(wallet, program)
        if wallet.redeemable:
            yield from _redeemable(wallet, program)
        elif wallet.unit_value is not None:
            yield warning(
                "status-with-value", f"wallets, {wallet.name}", "status points buy nothing: unit_value is not used"
            )
    for reward in program.redemption.catalog:
        yield from _reward(reward, program)
    yield from _dearer_and_less(program)


def _wallet(wallet: Wallet, program: Program) -> Iterator[Finding]:
    where = f"wallets, {wallet.name}"
    if wallet.name not in program.rules_of_wallet and wallet.name not in program.wallet_of_activity.values():
        what = "no earning rule or activity fills it; only imports and adjustments can"
        yield warning("wallet-without-rules", where, what)
    least, most, day = wallet.least_per_order, wallet.most_per_order, wallet.most_per_day
    if least is not None and most is not None and least > most:
        yield error("caps-contradict", where, f"least_per_order {least} is more than most_per_order {most}")
    if day is not None and (most or 0) > day:
        yield warning("caps-contradict", where, f"most_per_order {most} is more than most_per_day {day} lets through")
    if day is not None and (least or 0) > day:
        yield error("caps-contradict", where, f"least_per_order {least} is more than most_per_day {day} lets through")
    idle = wallet.expires_inactive_days
    if idle is not None and wallet.activates_after_days >= idle:
        yield error("expiry-before-activation", where, "points can expire before they can be spent")
    waits = wallet.activates_after_days or wallet.activates_on_delivery
    if wallet.redeemable and waits and wallet.expires_on is not None and wallet.expires_years == 1:
        what = (
            f"what is earned shortly before {wallet.expires_on} expires before it can be spent; take expires_years = 2"
        )
        yield warning("expiry-before-activation", where, what)
    if wallet.expires_years > 1 and wallet.expires_on is None:
        yield warning("expiry-unused", where, "expires_years counts for expires_on only, which is not given")
    if wallet.breakage_percent and _life(wallet) is None and idle is None:
        yield error("breakage-without-expiry", where, "points that never expire have no breakage; add an expiry")


def _redeemable(wallet: Wallet, program: Program) -> Iterator[Finding]:
    where = f"wallets, {wallet.name}"
    if _life(wallet) is None and wallet.expires_inactive_days is None:
        yield warning("points-without-expiry", where, "its points never expire, and the liability only grows")
    if wallet.unit_value is None:
        yield warning("points-without-value", where, "what a point is worth is not said; finance needs unit_value")
    if not program.redemption.free and not _rewards_of(wallet, program):
        yield error("points-buy-nothing", where, "no reward of the catalog takes its points, and they buy nothing else")


def _rewards_of(wallet: Wallet, program: Program) -> list[Reward]:
    return [one for one in program.redemption.catalog if program.wallet_named(one.wallet) is wallet]


def _life(wallet: Wallet) -> int | None:
    """How many days a lot lives at the most; None where the calendar does not end it."""
    return wallet.expires_after_days or (wallet.expires_years * _YEAR if wallet.expires_on else None)


def _reward(reward: Reward, program: Program) -> Iterator[Finding]:
    where = f"redemption.catalog, {reward.name}"
    wallet = program.wallet_named(reward.wallet)
    if reward.since and reward.until and reward.until < reward.since:
        yield error("reward-never", where, f"until {reward.until} is before from {reward.since}")
    elif reward.until and reward.until < program.effective_from:
        yield error("reward-never", where, f"it ends on {reward.until}, before the program begins")
    most = most_within(wallet, program, _life(wallet))
    if most is not None and reward.points > most[0] > 0:
        yield error(
            "reward-out-of-reach", where, f"it takes {reward.points} points, and {most[1]} leave {most[0]} at the most"
        )
    if reward.value is None:
        if reward.kind in ("voucher", "discount"):
            yield warning("reward-without-value", where, f"a {reward.kind} without a value: say what it is worth")
    elif wallet.unit_value is not None and reward.value > wallet.unit_value * reward.points:
        booked = wallet.unit_value * reward.points
        yield warning("reward-above-value", where, f"worth {reward.value}, and its points are booked at {booked}")


def _dearer_and_less(program: Program) -> Iterator[Finding]:
    catalog = [one for one in program.redemption.catalog if one.value is not None]
    for reward in catalog:
        for other in catalog:
            same = (other.kind, other.wallet, other.when) == (reward.kind, reward.wallet, reward.when)
            if same and other.points < reward.points and (other.value or 0) >= (reward.value or 0):
                yield warning(
                    "reward-dearer",
                    f"redemption.catalog, {reward.name}",
                    f"{other.name} is worth as much for {other.points} points, and this takes {reward.points}",
                )
                break

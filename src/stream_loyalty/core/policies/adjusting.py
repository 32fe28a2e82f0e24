"""Points put right by hand: once for each id, with a second pair of eyes above the program's limit."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision, Posting, Saw
from stream_loyalty.contracts.decisions.adjusting import AdjustmentRefused, PointsAdjusted
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.events.adjusting import AdjustmentReversedProperties, PointsAdjustedProperties
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.movements import ADJUSTED, RESTORED
from stream_loyalty.core.policies.earning import expiry_of
from stream_loyalty.core.state import NEVER, Customer, told


def adjusted(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Add points as a lot of their own, or take some away; what nobody holds becomes debt."""
    wish: PointsAdjustedProperties = event.properties
    ref, wallet = wish.adjustment_id, wish.wallet or moment.program.main_wallet.name
    if ref in state.adjustments:
        yield InputIgnored(rule="adjusting.known", ref=ref, ground=clause("adjustment-known"))
        return
    missing = tuple(_missing(wish, wallet, event.at, state, moment))
    if missing:
        yield AdjustmentRefused(
            rule="adjusting.allowed",
            saw=_saw(wallet, state, moment),
            adjustment_id=ref,
            actor=wish.actor,
            points=wish.points,
            lacks=missing,
            wallet=wallet,
        )
        return
    lot = f"{ADJUSTED}{ref}"
    if wish.points > 0:
        expires_at = expiry_of(moment.program.wallet_of[wallet], event.at, moment.program)
        postings = ledger.earn(state, wallet, lot, wish.points)
    else:
        expires_at, postings = NEVER, ledger.take_back(state, wallet, None, -wish.points)
    yield PointsAdjusted(
        rule="adjusting.by-hand",
        saw=_saw(wallet, state, moment),
        wallet=wallet,
        points=wish.points,
        postings=postings,
        balance=ledger.balance(state, wallet) + wish.points,
        adjustment_id=ref,
        lot=lot if wish.points > 0 else None,
        expires_at=told(expires_at),
        actor=wish.actor,
        reason=wish.reason,
        batch=wish.batch,
        approved_by=wish.approved_by,
    )


def _saw(wallet: str, state: Customer, moment: Moment) -> Saw:
    return {
        "balance": ledger.balance(state, wallet),
        "approval_above": moment.program.adjustments.approval_above,
        "remembered": len(state.adjustments),
    }


def _missing(wish: PointsAdjustedProperties, wallet: str, at: int, state: Customer, moment: Moment) -> Iterator[Lack]:
    program = moment.program
    if wallet not in program.wallet_of:
        yield lack("wallet", ", ".join(program.wallet_of), wallet)
    limit = program.adjustments.approval_above
    if abs(wish.points) > limit and not _person(wish.approved_by or ""):
        yield lack("approval", limit)
    if wish.approved_by is not None and _person(wish.approved_by) == _person(wish.actor):
        yield lack("other-approval")
    if len(state.adjustments) >= program.adjustments.remembered:
        yield lack("adjustments-remembered", program.adjustments.remembered)
    if at <= moment.programs.forgotten(moment.now):
        yield lack("adjustment-in-time", program.horizon.orders_days)


def _person(name: str) -> str:
    """However it is written."""
    return name.strip().casefold()


def taken_back(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Take a whole batch back, as far as it concerns this customer; each adjustment once."""
    wish: AdjustmentReversedProperties = event.properties
    found = [ref for ref, one in state.adjustments.items() if one.batch == wish.batch and not one.reversed]
    if not found:
        yield InputIgnored(rule="adjusting.nothing-left", ref=wish.batch, ground=clause("batch-empty"))
    for ref in found:
        one = state.adjustments[ref]
        points = one.expired - one.points  # what had expired is not taken again
        lot = f"{RESTORED}{ref}"
        postings: tuple[Posting, ...]
        if points > 0:
            postings = ledger.earn(state, one.wallet, lot, points)
            wallet = moment.program.wallet_of.get(one.wallet, moment.program.main_wallet)
            expires_at = expiry_of(wallet, event.at, moment.program)
        else:
            postings, expires_at = ledger.take_back(state, one.wallet, one.lot, -points), NEVER
        yield PointsAdjusted(
            rule="adjusting.taken-back",
            saw={"balance": ledger.balance(state, one.wallet), "adjusted": one.points, "expired": one.expired},
            wallet=one.wallet,
            points=points,
            postings=postings,
            balance=ledger.balance(state, one.wallet) + points,
            adjustment_id=f"{ref}:reversed",
            lot=lot if points > 0 else None,
            expires_at=told(expires_at),
            actor=wish.actor,
            reason=wish.reason,
            batch=wish.batch,
            approved_by=None,
            reverses=ref,
        )


REACTIONS = {PointsAdjustedProperties: adjusted, AdjustmentReversedProperties: taken_back}

"""Spending points by command."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.decisions import Decision, InputIgnored, PointsSpent, RedemptionRefused
from stream_loyalty.contracts.parse import Event
from stream_loyalty.contracts.properties import RedemptionRequestedProperties
from stream_loyalty.core import ledger
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.state import Customer


def requested(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Spend once for each redemption id, and never below zero."""
    request: RedemptionRequestedProperties = event.properties
    missing = _missing(request, event.at, state, moment)
    if request.redemption_id in state.redemptions:
        yield InputIgnored(
            rule="redemption.known", ref=request.redemption_id, reason="the redemption was carried out before"
        )
    elif missing:
        yield RedemptionRefused(
            rule="redemption.covered",
            saw={"balance": state.balance},
            redemption_id=request.redemption_id,
            points=request.points,
            missing=(missing,),
        )
    else:
        yield PointsSpent(
            rule="redemption.covered",
            saw={"balance": state.balance},
            wallet=request.wallet,
            points=request.points,
            postings=ledger.spend(state, request.points),
            balance=state.balance - request.points,
            redemption_id=request.redemption_id,
        )


def _missing(request: RedemptionRequestedProperties, at: int, state: Customer, moment: Moment) -> str | None:
    wallet = moment.program.earning.wallet
    if request.wallet != wallet:
        return f"wanted wallet {wallet}; saw {request.wallet}"
    if at <= moment.now - moment.program.orders_horizon_ms:
        return f"wanted a request within the last {moment.program.horizon.orders_days} days; saw an older one"
    if len(state.redemptions) >= moment.program.horizon.redemptions:
        days = moment.program.horizon.orders_days
        return f"wanted fewer than {moment.program.horizon.redemptions} redemptions in {days} days; saw as many"
    if request.points > state.balance:
        return f"wanted a balance of at least {request.points}; saw {state.balance}"
    return None


REACTIONS = {RedemptionRequestedProperties: requested}

"""Customers who were guests before: they ask for what they ordered then, and are told what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.guests import GuestClaimAnswered, GuestClaimed, Sent
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.events.guests import (
    FORGOTTEN,
    LET_GO,
    BothIds,
    GuestClaimedProperties,
    GuestOrdersAnsweredProperties,
)
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.guests import claims_in_force
from stream_loyalty.core.moment import Moment, uuid5
from stream_loyalty.core.policies.guests import sent
from stream_loyalty.core.state import Claim, Customer, Guest

REMEMBERED_CLAIMS = 64  # guests of one customer; who claims more lets the oldest go


def claimed(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Ask the anonymous id for its orders; it lives in a partition of its own."""
    claim: GuestClaimedProperties = event.properties
    if moment.program.guests is None:
        yield InputIgnored(rule="guests.none", ref=claim.anonymous_id, ground=clause("guests-not-kept"))
    elif claim.anonymous_id == moment.customer:
        yield InputIgnored(rule="guests.same", ref=claim.anonymous_id, ground=clause("guest-is-claimer"))
    else:
        yield _ask("guests.claimed", claim.anonymous_id, event, state, moment)


def logged_in(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Claim a guest whose id comes along with the user's: the first time, and when what came of that is over."""
    section = moment.program.guests
    if section is None or not section.claim_on_login:
        return
    before = (state.claims or {}).get(event.anonymous_id)
    if before is None or event.at - before.at > section.claim_within_days * DAY_MS:
        yield _ask("guests.logged-in", event.anonymous_id, event, state, moment)


def _ask(rule: str, guest: str, event: Event, state: Customer, moment: Moment) -> GuestClaimed:
    known = claims_in_force(state, moment.now, moment.program)
    oldest_first = sorted((claim.at, name) for name, claim in known.items() if name != guest)
    too_many = [name for _, name in oldest_first[: -REMEMBERED_CLAIMS + 1]]
    section, before, request = moment.program.guests, known.get(guest), moment.id("guest-orders-asked", guest)
    return GuestClaimed(
        rule=rule,
        saw={"claim_within_days": section.claim_within_days if section is not None else 0},
        anonymous_id=guest,
        claimer=moment.customer,
        request=request,
        claimed_at=Instant(event.at),
        claim=(before.id if before is not None else "") or request,
        let_go=tuple(let_go({name: known[name] for name in too_many}, event.at)),
    )


def let_go(claims: dict[str, Claim], at: int) -> Iterator[Sent]:
    """Tell guests that their claimer is not there any more; `at` in ms. It does not say who that was."""
    for guest, claim in claims.items():
        if claim.id:
            yield sent(guest, LET_GO, uuid5(f"{LET_GO}\x1f{claim.id}"), at, {}, claim.id)


def forget(claimer: str, guest: Guest, name: str, at: int) -> Sent:
    """Tell a claimer that the guest, by this name, asked to be forgotten; `at` in ms."""
    return sent(
        claimer, FORGOTTEN, uuid5(f"{FORGOTTEN}\x1f{guest.asked}"), at, {"asked": guest.asked}, guest.claim, name
    )


def answered(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """What came of a claim, for whoever asks the customer's receipts."""
    answer: GuestOrdersAnsweredProperties = event.properties
    yield GuestClaimAnswered(
        rule="guests.claimed-before" if answer.refused else "guests.answered",
        saw={"orders": answer.orders, "too_late": answer.too_late},
        anonymous_id=event.from_guest,
        request=answer.asked,
        orders=answer.orders,
        refused=answer.refused,
        lacks=tuple(_lacks(answer, event.at, moment)),
    )


def _lacks(answer: GuestOrdersAnsweredProperties, at: int, moment: Moment) -> Iterator[Lack]:
    days = moment.program.guests.claim_within_days if moment.program.guests is not None else 0
    if answer.refused:
        yield lack("guest-of-nobody")
    elif answer.too_late:
        yield lack("guest-order-since", format_instant(at - days * DAY_MS), answer.too_late)
    elif not answer.orders:
        yield lack("guest-order", days)


REACTIONS: dict[type, Any] = {
    GuestClaimedProperties: claimed,
    BothIds: logged_in,
    GuestOrdersAnsweredProperties: answered,
}

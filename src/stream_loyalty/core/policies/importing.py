"""Members who come from another program: their lots, their level, and the orders that their scores rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision, Saw
from stream_loyalty.contracts.decisions.importing import ImportRefusal, MemberImported, PointsImported
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.levels import LevelChanged, LevelRenewed
from stream_loyalty.contracts.decisions.orders import OrderCounted
from stream_loyalty.contracts.events.importing import ImportedLot, ImportedOrder, MemberImportedProperties
from stream_loyalty.contracts.instants import DAY_MS, Instant, format_instant
from stream_loyalty.contracts.lacks import Lack, lack
from stream_loyalty.contracts.money import format_minor, to_minor
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core import ledger
from stream_loyalty.core.evolve import IMPORTED_LEVEL
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.standing import level_of, rank
from stream_loyalty.core.state import Customer

POINTS_OF = "points."  # before a wallet's name: what a repeated import would have brought


def imported(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Take over what fits, once for each customer, and say what was not taken over and why."""
    member: MemberImportedProperties = event.properties
    if state.imported is not None:
        ground = clause("imported-before", import_id=state.imported)
        brought = {f"{POINTS_OF}{wallet}": points for wallet, points in _points(member.lots, moment).items()}
        saw: Saw = {"lots": len(member.lots), "orders": len(member.orders), **brought}
        yield InputIgnored(rule="importing.once", saw=saw, ref=member.import_id, ground=ground)
        return
    level = _level_refusal(member, state, moment)
    given = list(_looked_at(member.lots, moment))
    refused = [
        *_refused_lots(given, moment),
        *_refused_orders(member, state, moment),
        *_refused_level(member, level),
    ]
    lots = [lot for lot, reason in given if reason is None]
    orders = [order for order in member.orders if _order_refusal(order, state, moment) is None]
    yield MemberImported(
        rule="importing.member",
        saw={"lots": len(member.lots), "orders": len(member.orders), "level": member.level},
        import_id=member.import_id,
        orders=len(orders),
        lots=len(lots),
        points=_points(lots, moment),
        refusals=tuple(refused),
    )
    for lot in lots:
        yield _lot(lot, member.import_id, state, moment)
    for order in orders:
        yield _order(order, moment)
    if member.level is not None and level is None:
        yield from _level(member, state, moment)


def _points(lots: Iterable[ImportedLot], moment: Moment) -> dict[str, int]:
    """By wallet."""
    points: dict[str, int] = {}
    for lot in lots:
        wallet = lot.wallet or moment.program.main_wallet.name
        points[wallet] = points.get(wallet, 0) + lot.points
    return points


def _lot(lot: ImportedLot, import_id: str, state: Customer, moment: Moment) -> PointsImported:
    wallet, name = lot.wallet or moment.program.main_wallet.name, f"imported:{lot.lot}"
    return PointsImported(
        rule="importing.lot",
        saw={"expires_at": None if lot.expires_at is None else format_instant(lot.expires_at)},
        wallet=wallet,
        points=lot.points,
        postings=ledger.earn(state, wallet, name, lot.points),
        balance=ledger.balance(state, wallet) + lot.points,
        lot=name,
        expires_at=None if lot.expires_at is None else Instant(lot.expires_at),
        import_id=import_id,
    )


def _order(order: ImportedOrder, moment: Moment) -> OrderCounted:
    total = to_minor(order.total, order.currency)
    value = moment.program.to_base(total, order.currency, order.placed_at)
    return OrderCounted(
        rule="importing.order",
        saw={"total": format_minor(total, order.currency), "rate_known": value is not None},
        order_id=order.order_id,
        placed_at=Instant(order.placed_at),
        currency=order.currency,
        total=total,
        value=value or 0,
        base=0,
        imported=True,
    )


def _level(member: MemberImportedProperties, state: Customer, moment: Moment) -> Iterator[Decision]:
    """The level, or the later review of one that is held here already."""
    level, held = str(member.level), level_of(state, moment.program)
    saw: Saw = {"import_id": member.import_id}
    review = member.level_review_at or moment.at + moment.program.levels.holds_days * DAY_MS
    if level != held:
        yield LevelChanged(rule=IMPORTED_LEVEL, saw=saw, before=held, after=level, review_at=Instant(review))
    elif state.review_at is not None:
        yield LevelRenewed(rule=IMPORTED_LEVEL, saw=saw, level=level, review_at=Instant(max(review, state.review_at)))


def _looked_at(lots: Iterable[ImportedLot], moment: Moment) -> Iterator[tuple[ImportedLot, Lack | None]]:
    """Each lot with why it is not taken over; only here it is known which wallet is meant where none is named."""
    names: set[tuple[str, str]] = set()
    for lot in lots:
        name = lot.wallet or moment.program.main_wallet.name, lot.lot
        yield lot, lack("lot-once") if name in names else _lot_refusal(lot, moment)
        names.add(name)


def _refused_lots(lots: Iterable[tuple[ImportedLot, Lack | None]], moment: Moment) -> Iterator[ImportRefusal]:
    for lot, reason in lots:
        if reason is not None:
            wallet = lot.wallet or moment.program.main_wallet.name
            yield _refusal("lot", lot.lot, reason, wallet=wallet, points=lot.points)


def _refused_orders(member: MemberImportedProperties, state: Customer, moment: Moment) -> Iterator[ImportRefusal]:
    for order in member.orders:
        if (reason := _order_refusal(order, state, moment)) is not None:
            yield _refusal("order", order.order_id, reason)


def _refused_level(member: MemberImportedProperties, reason: Lack | None) -> Iterator[ImportRefusal]:
    if member.level is not None and reason is not None:
        yield _refusal("level", member.level, reason)


def _refusal(
    what: Literal["lot", "order", "level"], ref: str, reason: Lack, wallet: str | None = None, points: int = 0
) -> ImportRefusal:
    return ImportRefusal(what=what, ref=ref, wallet=wallet, points=points, lack=reason)


def _lot_refusal(lot: ImportedLot, moment: Moment) -> Lack | None:
    wallet = lot.wallet or moment.program.main_wallet.name
    if wallet not in moment.program.wallet_of:
        return lack("wallet", ", ".join(moment.program.wallet_of), wallet)
    if lot.expires_at is not None and lot.expires_at <= moment.now:
        return lack("not-expired", saw=format_instant(lot.expires_at))
    return None


def _level_refusal(member: MemberImportedProperties, state: Customer, moment: Moment) -> Lack | None:
    program = moment.program
    if member.level is None:
        return None
    if member.level not in [name for name, _ in program.level_needs]:
        return lack("level", ", ".join(name for name, _ in program.level_needs), member.level)
    if rank(program, member.level) < rank(program, state.level):
        return lack("level-held", level_of(state, program), member.level)
    return None


def _order_refusal(order: ImportedOrder, state: Customer, moment: Moment) -> Lack | None:
    if order.order_id in state.orders:
        return lack("order-unknown")
    if order.placed_at > moment.at:
        return lack("order-before-import", saw=format_instant(order.placed_at))
    if order.placed_at < moment.program.epoch_ms:
        return lack("order-since-epoch", saw=format_instant(order.placed_at))
    return None


REACTIONS = {MemberImportedProperties: imported}

"""Members that come from another program."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stream_loyalty.contracts.fields import Amount, Currency, Identifier, Properties, Time, check_amount
from stream_loyalty.contracts.track import Track, with_example


class ImportedLot(Properties):
    """Points that a member brings along."""

    lot: Identifier
    points: int = Field(gt=0, le=10**12)
    wallet: Identifier | None = None
    expires_at: Time | None = Field(None, description="Null: not by a date.")


class ImportedOrder(Properties):
    """An order from before: it counts for value, levels and scores, and earns nothing."""

    order_id: Identifier
    placed_at: Time
    total: Amount
    currency: Currency

    @model_validator(mode="after")
    def _amount_fits_the_currency(self) -> ImportedOrder:
        check_amount("total", self.total, self.currency)
        return self


class MemberImportedProperties(Properties):
    """A member comes from another program."""

    import_id: Identifier
    level: str | None = None
    level_review_at: Time | None = None
    lots: Annotated[tuple[ImportedLot, ...], Field(max_length=500, strict=False)] = ()
    orders: Annotated[tuple[ImportedOrder, ...], Field(max_length=2000, strict=False)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> MemberImportedProperties:
        for name, ids in (
            ("lots", [(lot.wallet, lot.lot) for lot in self.lots]),
            ("orders", [order.order_id for order in self.orders]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"{name}: the same id stands there twice")
        return self


class MemberImported(Track):
    """A member comes from another program."""

    model_config = with_example(
        "Member Imported",
        {
            "import_id": "move-2026",
            "level": "silver",
            "level_review_at": "2026-12-31T00:00:00Z",
            "lots": [{"lot": "old-77", "points": 420, "expires_at": "2026-09-30T00:00:00Z"}],
            "orders": [{"order_id": "old-1", "placed_at": "2025-11-03T10:00:00Z", "total": 120.0, "currency": "USD"}],
        },
    )
    event: Literal["Member Imported"]
    properties: MemberImportedProperties


EVENTS: tuple[type[Track], ...] = (MemberImported,)

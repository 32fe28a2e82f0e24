"""The CDNOW purchases as events.

A line is `customer_id date number_of_cds dollar_value`. Each is an order of its own, known by its line number: 255
lines repeat another exactly. Dates have no time, so an order is at 00:00 UTC; 18,269 amounts do not divide by the
quantity, so the quantity goes along as a property and the order names no products.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from stream_loyalty.errors import StreamLoyaltyError


def convert(file: Path) -> Iterator[bytes]:
    """The file's purchases as events (JSON), by day, then by line. StreamLoyaltyError names a line that is none."""
    try:
        lines = file.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StreamLoyaltyError(f"{file} cannot be read: {error}") from None
    rows = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0] == "customer_id":
            continue
        try:
            customer, day, quantity, value = fields
            rows.append((datetime.strptime(day, "%Y%m%d").date(), number, customer, int(quantity), Decimal(value)))
        except (ValueError, InvalidOperation):
            raise StreamLoyaltyError(
                f"{file}, line {number}: not `customer_id YYYYMMDD number_of_cds dollar_value`: {line[:60]!r}"
            ) from None
    for date, number, user, units, amount in sorted(rows):
        order_id = f"cdnow-{number}"
        yield msgspec.json.encode(
            {
                "messageId": order_id,
                "type": "track",
                "event": "Order Completed",
                "userId": user,
                "timestamp": f"{date.isoformat()}T00:00:00Z",
                "properties": {
                    "order_id": order_id,
                    "total": float(amount),
                    "currency": "USD",
                    "quantity": units,
                },
            }
        )

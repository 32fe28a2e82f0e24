"""Parcels of orders: sent, late, delivered."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class ShipmentDispatchedProperties(Properties):
    """A parcel of an order is on its way."""

    order_id: Identifier
    shipment_id: Identifier


class ShipmentDelayedProperties(Properties):
    """An order comes later than it was promised."""

    order_id: Identifier
    hours: int = Field(24, ge=0, le=8_760, description="How late it is by now.")


class ShipmentDeliveredProperties(Properties):
    """A parcel of an order has arrived; without a shipment, the whole order."""

    order_id: Identifier
    shipment_id: Identifier | None = None


class ShipmentDispatched(Track):
    """A parcel of an order was sent."""

    model_config = with_example("Shipment Dispatched", {"order_id": "order-1001", "shipment_id": "parcel-1"})
    event: Literal["Shipment Dispatched"]
    properties: ShipmentDispatchedProperties


class ShipmentDelayed(Track):
    """An order is late."""

    model_config = with_example("Shipment Delayed", {"order_id": "order-1001", "hours": 48})
    event: Literal["Shipment Delayed"]
    properties: ShipmentDelayedProperties


class ShipmentDelivered(Track):
    """An order has arrived."""

    model_config = with_example("Shipment Delivered", {"order_id": "order-1001"})
    event: Literal["Shipment Delivered"]
    properties: ShipmentDeliveredProperties


EVENTS: tuple[type[Track], ...] = (
    ShipmentDispatched,
    ShipmentDelayed,
    ShipmentDelivered,
)

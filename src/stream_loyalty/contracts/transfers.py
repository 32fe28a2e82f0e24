"""Transfers: what one customer's state has for another's, who may live in another partition.

One record for each thing, keyed by the receiver. Written in the transaction of what caused it, read by the workers
like any source, and applied once: by its offset, its id and, for orders, the order's id.
"""

from __future__ import annotations

import msgspec
from pydantic import ValidationError

from stream_loyalty.contracts.events import MODEL_OF_EVENT
from stream_loyalty.contracts.events.guests import (
    ANSWERED,
    ASKED,
    FORGOTTEN,
    LET_GO,
    ORDER_PROPERTIES,
    GuestForgottenProperties,
    GuestLetGoProperties,
    GuestOrdersAnsweredProperties,
    GuestOrdersAskedProperties,
)
from stream_loyalty.contracts.fields import Properties
from stream_loyalty.contracts.parse import Event, Rejected
from stream_loyalty.contracts.partitioning import partition_of
from stream_loyalty.contracts.topics import TRANSFERS
from stream_loyalty.contracts.transfer import Transfer
from stream_loyalty.contracts.wire import Message, Record

CLAIMED = "claimed-from-guest"

_decode = msgspec.json.Decoder(Transfer).decode
_OWN: dict[str, type[Properties]] = {  # what is said between guests and customers, and no storefront says
    ASKED: GuestOrdersAskedProperties,
    ANSWERED: GuestOrdersAnsweredProperties,
    LET_GO: GuestLetGoProperties,
    FORGOTTEN: GuestForgottenProperties,
}
_MODELS = _OWN | {
    name: model.model_fields["properties"].annotation
    for name, model in MODEL_OF_EVENT.items()
    if model.model_fields["properties"].annotation in ORDER_PROPERTIES
}


def transfer_message(transfer: Transfer, partitions: int) -> Message:
    """The transfer on its way to the partition of its receiver."""
    key = transfer.receiver.encode()
    return Message(TRANSFERS, partition_of(key, partitions), key, msgspec.json.encode(transfer))


def transferred(record: Record) -> Event | Rejected:
    """What a record of the transfers says. Nobody but a worker writes there; who does it all the same is checked."""
    try:
        transfer = _decode(record.value or b"")
        model = _MODELS[transfer.event]
        properties = model.model_validate_json(bytes(transfer.properties))
    except KeyError:
        return Rejected("invalid", "no event of this name is ever transferred", "event", "transfer")
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        return Rejected("bad-json", f"this is not a transfer: {error}", schema="transfer")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return Rejected("invalid", first["msg"], ".".join(map(str, first["loc"])), "transfer")
    flags = () if transfer.event in _OWN else (CLAIMED,)
    return Event(
        transfer.event,
        transfer.receiver,
        transfer.id,
        transfer.at,
        properties,
        flags,
        claim=transfer.claim,
        from_guest=transfer.guest,
    )

"""States as bytes: what was stored once is read for ever."""

from __future__ import annotations

import msgspec
import pytest

from stream_loyalty.core import codec
from stream_loyalty.core.history import History
from stream_loyalty.core.state import NEVER, Customer, Grant, Lot, OpenAlert, Order, Redemption
from stream_loyalty.errors import StreamLoyaltyError

FULL = Customer(
    clock=1_800_000_000_000,
    orders_kept=2,
    spend={"USD": 12_345, "JPY": 500},
    lifetime_value=12_845,
    first_order_at=1_700_000_000_000,
    last_order_at=1_790_000_000_000,
    orders={
        "o-1": Order(
            1_700_000_000_000, "USD", 10_000, 9_000, 8_000, 2_000, False, [2**63 + 1], {"points": Grant(90, 5, 10)}
        ),
        "过敏": Order(1_790_000_000_000, "JPY", 500, 0, 0, whole=True),
    },
    lots=[Lot("o-1", 75, 1_731_536_000_000)],
    redemptions={"r-1": Redemption(1_795_000_000_000)},
    level="silver",
    review_at=1_821_536_000_000,
    band="mature",
    high_value=True,
    churn_since=1_790_000_000_000,
    seen={"browsing": 1_799_000_000_000},
    noticed={"browsing": 1_799_000_000_000},
    silences=[1_780_000_000_000, 1_790_000_000_000],
    alert=OpenAlert("8f14e45f-ceea-467f-a9f6-3d1f1a2f7c1b", 1_790_000_000_000, 1_795_184_000_000),
    consents={"marketing": (False, 1_780_000_000_000)},
    messages=[0, 2**64 - 1],
    applied={0: (123, 456)},
    active_at=1_790_000_000_000,
)
# FULL and WAKE as the first release wrote them. Never change this: states like it lie in changelogs.
VERSION_1 = (
    "01000001a81c019800dc0016cf000001a3185c50000282a3555344cd3039a34a5059cd01f4cd322dcf0000018bcfe56800cf0000"
    "01a0c4506c0082a36f2d319bcf0000018bcfe56800a3555344cd2710cd2328cd1f405a050acd07d0c291cf8000000000000001a6"
    "e8bf87e6958f9bcf000001a0c4506c00a34a5059cd01f4000000000000c3909193a36f2d314bcf00000193279694000081a3722d"
    "31cf000001a1ee565e00a673696c766572cf000001a81c019800a66d6174757265c3cf000001a0c4506c0081a862726f7773696e"
    "67cf000001a2dcc1860081a862726f7773696e67cf000001a2dcc1860092cf0000019e70448800cf000001a0c4506c0093d92438"
    "663134653435662d636565612d343637662d613966362d336431663161326637633162cf000001a0c4506c00cf000001a1f94dfc"
    "0081a96d61726b6574696e6792c2cf0000019e704488009200cfffffffffffffffff8100927bcd01c8"
)
WAKE = 1_821_536_000_000


def test_a_state_of_version_1_is_read_for_ever() -> None:
    """The bytes of the first release give the same customer and wake; history begins with the orders that are known."""
    blob = bytes.fromhex(VERSION_1)
    assert blob[0] == 1
    state = codec.decode(blob)
    assert state.told == FULL.silences
    assert [(one.day, one.orders, one.value) for one in state.history.recent] == [(19675, 1, 8_000)]
    assert msgspec.structs.replace(state, told=[], history=History()) == FULL
    assert codec.wake_at(blob) == WAKE


@pytest.mark.parametrize("state", [Customer(), FULL])
@pytest.mark.parametrize("wake", [0, WAKE, NEVER, -62_135_596_800_000])
def test_round_trip(state: Customer, wake: int) -> None:
    """What is encoded is decoded, and the wake can be read without."""
    blob = codec.encode(state, wake)
    assert codec.decode(blob) == state
    assert codec.wake_at(blob) == wake


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    """An older release does not guess at a newer state."""
    blob = bytes([codec.VERSION + 1]) + codec.encode(Customer(), NEVER)[1:]
    with pytest.raises(codec.UnknownStateVersion, match=r"version \d+.*newer") as caught:
        codec.decode(blob)
    assert isinstance(caught.value, StreamLoyaltyError)


def test_states_are_compact() -> None:
    """A customer of ten orders fits into a kilobyte."""
    orders = {
        f"order-{i:05}": Order(1_700_000_000_000 + i, "USD", 10_000, 9_000, 8_000, points={"points": Grant(90)})
        for i in range(10)
    }
    lots = [Lot(order, 90, 1_731_536_000_000) for order in orders]
    state = Customer(clock=1_800_000_000_000, orders=orders, lots=lots, messages=list(range(2**63, 2**63 + 10)))
    assert len(codec.encode(state, NEVER)) < 1024

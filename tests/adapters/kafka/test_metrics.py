"""What /metrics says of the dated inputs and of what is on its way between customers."""

from stream_loyalty.adapters.kafka.life import Hand, Life
from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.contracts.budgets import Grant
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.topics import ORDERS, SOURCES, TRANSFERS
from stream_loyalty.contracts.wire import Record
from stream_loyalty.settings import Settings
from tests.unit.support_core import engine_of, order, program_text, version_2

BUDGET = """
[[earning.rules]]
name = "festival"
points = 10
budget = { points = 100, owner = "crm" }
"""


def test_slices_versions_and_transfers_are_told() -> None:
    """One order has drawn on the slice; the next version is known and not in force; a transfer waits."""
    engine, now = engine_of(program_text(extra=BUDGET), version_2("2026-06-01")), parse_instant("2026-01-02")
    engine.hear_of(Grant(serial=1, partition=0, budget="campaign/festival", units=25))
    hand = Hand(engine.open(0, {}, {}, {}, {}), engine.merger())
    hand.merger.add(ORDERS, [Record(ORDERS, 0, 0, now, b"ada", order("2026-01-01", "o-1", 40))], at_end=True)
    for topic in SOURCES[1:]:
        hand.merger.add(topic, [], at_end=True)
    hand.partition.apply(hand.merger.take())
    hand.merger.add(TRANSFERS, [Record(TRANSFERS, 0, 0, now, b"ada", b"{}")], at_end=True)
    runner = Runner(Settings(), engine)
    runner._life = Life(1, "member", (0,))
    runner._life.hands[0] = hand
    assert {
        'stream_loyalty_budget_slice_left{budget="campaign/festival",partition="0"} 15.0',
        'stream_loyalty_program_adopted{in_force="default/1",newest="default/2",partition="0"} 1.0',
        'stream_loyalty_transfers_waiting_records{partition="0"} 1.0',
        "stream_loyalty_program_age_seconds 0.0",
    } <= set(runner.metrics.exposition().decode().splitlines())

"""What an order with three products costs the core by a whole program: microseconds of CPU, and the size of states.

usage: python benchmarks/order.py [PROGRAM] [--json]

Customers order every two weeks for a year. Timed is `apply_event`: observation, all policies, evolution; not the
wakes before it, not parsing, not loading and storing states, not serialising messages.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from stream_loyalty.bootstrap import calm_collector
from stream_loyalty.contracts.instants import DAY_MS, format_instant, parse_instant
from stream_loyalty.contracts.parse import Event, parse
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core import codec
from stream_loyalty.core.programs import Programs, load_programs
from stream_loyalty.core.state import NEVER, Customer
from stream_loyalty.core.thresholds import Thresholds
from stream_loyalty.engine.customers import apply_event, next_wake, run_wakes

CUSTOMERS, ORDERS = 200, 26
FASHION = Path(__file__).parents[1] / "deploy" / "programs" / "fashion.toml"


def orders(customer: int, currency: str, begin: int) -> list[Event]:
    """A customer's orders of a year, parsed."""
    found = []
    for number in range(1 + customer % ORDERS):
        products = [
            {"product_id": f"p-{i}", "category": category, "brand": "house", "price": 40 + i, "quantity": 1 + i % 2}
            for i, category in enumerate(("dresses", "shoes", "accessories"))
        ]
        event = {
            "messageId": f"m-{customer}-{number}",
            "event": "Order Completed",
            "userId": f"u-{customer}",
            "timestamp": format_instant(begin + (14 * number + customer % 14) * DAY_MS),
            "properties": {
                "order_id": f"order-{customer}-{number}",
                "total": 165,
                "currency": currency,
                "channel": "app",
                "products": products,
            },
        }
        content = parse(Record("orders", 0, 0, begin * 2, None, json.dumps(event).encode()), 0)
        assert isinstance(content, Event), content
        found.append(content)
    return found


def measure(programs: Programs) -> dict[str, float]:
    """Microseconds for an order at the median and on average, decisions for each, bytes of a state."""
    begin = parse_instant("2026-01-01")
    thresholds = Thresholds(None, programs.first)
    costs, decisions, sizes = [], 0, []
    for customer in range(CUSTOMERS):
        state = Customer()
        due = next_wake(state, programs)
        for event in orders(customer, programs.latest.base_currency, begin):
            run_wakes(state, event.customer, event.at - 1, programs, thresholds, due=due)
            start = time.process_time_ns()
            outcomes = apply_event(state, event, programs, thresholds, due=NEVER)
            costs.append((time.process_time_ns() - start) / 1000)
            decisions += len(outcomes[-1].decisions)
            due = next_wake(state, programs)
        sizes.append(len(codec.encode(state, due)))
    return {
        "orders": len(costs),
        "us_per_order_median": round(statistics.median(costs), 1),
        "us_per_order_mean": round(statistics.mean(costs), 1),
        "decisions_per_order": round(decisions / len(costs), 2),
        "state_bytes_median": int(statistics.median(sizes)),
        "state_bytes_max": max(sizes),
    }


if __name__ == "__main__":
    calm_collector()
    files = [Path(one) for one in sys.argv[1:] if not one.startswith("-")] or [FASHION]
    figures = measure(load_programs(files))
    if "--json" in sys.argv:
        print(json.dumps(figures))
    else:
        for name, figure in figures.items():
            print(f"{name:22} {figure:>10,}")

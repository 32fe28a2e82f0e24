"""Browsing helps where a store has it, and its lack does no harm: on traffic of which the truth is known."""

from __future__ import annotations

import json
from random import Random

import numpy as np

from stream_loyalty.bootstrap import replay_engine
from stream_loyalty.engine.replay import read_events
from stream_loyalty.models.evaluation import Evaluation, Fold

DAYS, CUSTOMERS = 330, 150
FIRST = np.datetime64("2024-01-01")


def traffic() -> tuple[list[bytes], list[bytes]]:
    """Orders, and views: who has left does neither, but between two orders only the views tell."""
    orders, views = [], []
    for number in range(CUSTOMERS):
        rng, user = Random(number), f"c{number}"
        start = rng.randrange(60)
        leaves = start + rng.expovariate(1 / 150)
        for day in range(start, DAYS):
            if day > leaves and day > start:
                break
            if day == start or rng.random() < 1 / 25:
                properties = {"order_id": f"{user}-{day}", "total": 30, "currency": "USD"}
                orders.append(event("Order Completed", user, day, properties))
            if rng.random() < 0.35:
                views.append(event("Product Viewed", user, day, {}))
    orders.append(event("Order Completed", "edge", DAYS, {"order_id": "edge", "total": 1, "currency": "USD"}))
    return orders, views


def event(name: str, user: str, day: int, properties: dict[str, object]) -> bytes:
    body = {"type": "track", "event": name, "userId": user, "messageId": f"{name}-{user}-{day}"}
    return json.dumps(body | {"timestamp": f"{FIRST + day}T10:00:00Z", "properties": properties}).encode()


def quality(lines: list[bytes]) -> dict[str, float]:
    engine = replay_engine()
    run = Evaluation(Fold(read_events(lines, engine, 2**43), engine))
    run.run()
    return run.report()["model"]


def test_views_tell_who_has_left() -> None:
    """Orders alone work; with views the model sees much better who will not come back."""
    orders, views = traffic()
    without, with_views = quality(orders), quality(orders + views)
    assert without["auc"] > 0.7
    assert with_views["auc"] > without["auc"] + 0.03
    assert with_views["log_loss"] < without["log_loss"]

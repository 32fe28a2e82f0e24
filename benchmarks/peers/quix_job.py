"""Quix Streams: a stateful function in RocksDB, with its changelog, all at its defaults."""

from typing import Any

import meter
from quixstreams import Application, State

app = Application(
    broker_address=meter.BOOTSTRAP,
    consumer_group=meter.NAME,
    auto_offset_reset="earliest",
    state_dir=meter.DIRECTORY,
)
done = 0


def count(order: dict[str, Any], state: State) -> dict[str, Any] | None:
    global done
    meter.start()
    orders, spend, _ = state.get("customer", (0, 0.0, 0.0))
    orders += 1
    state.set("customer", (orders, spend + order["amount"], order["ts"]))
    done += 1
    if done == meter.EVENTS:
        app.stop()
    return {"user": order["user"], "points": 10} if orders % 10 == 0 else None


stream = app.dataframe(app.topic(meter.TOPIC, value_deserializer="json"))
stream = stream.apply(count, stateful=True).filter(lambda reward: reward is not None)
stream.to_topic(app.topic(meter.REWARDS, value_serializer="json"))

if __name__ == "__main__":
    app.run()
    meter.finish()

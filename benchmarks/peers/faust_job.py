"""Stock Faust: an agent and a table, as its documentation has them. BENCH_TUNED=1: with the producer tuned, quiet."""

import logging
import os

import faust
import meter

TUNED = os.environ.get("BENCH_TUNED") == "1"


class Order(faust.Record, serializer="json"):
    id: int
    user: str
    amount: float
    ts: float
    sku: str


class Customer(faust.Record, serializer="json"):
    orders: int = 0
    spend: float = 0.0
    last: float = 0.0


class Reward(faust.Record, serializer="json"):
    user: str
    points: int


tuning = {"producer_linger": 0.02, "producer_max_batch_size": 131_072} if TUNED else {}
app = faust.App(
    meter.NAME,
    broker=f"kafka://{meter.BOOTSTRAP}",
    topic_partitions=meter.PARTITIONS,
    topic_replication_factor=1,
    datadir=str(meter.DIRECTORY),
    web_enabled=False,
    **tuning,
)
orders = app.topic(meter.TOPIC, key_type=str, value_type=Order)
rewards = app.topic(meter.REWARDS, key_type=str, value_type=Reward)
customers = app.Table("customers", default=Customer, partitions=meter.PARTITIONS)
done = 0


@app.agent(orders)
async def count(stream: faust.Stream[Order]) -> None:
    global done
    async for order in stream:
        meter.start()
        customer = customers[order.user]
        customer.orders += 1
        customer.spend += order.amount
        customer.last = order.ts
        customers[order.user] = customer
        if customer.orders % 10 == 0:
            await rewards.send(key=order.user, value=Reward(user=order.user, points=10))
        done += 1


@app.timer(0.1)
async def watch() -> None:
    if done < meter.EVENTS:
        return
    committed = sum(offset or 0 for tp, offset in app.consumer._committed_offset.items() if tp.topic == meter.TOPIC)
    if committed >= meter.EVENTS:
        meter.finish()
        os._exit(0)


if __name__ == "__main__":
    if TUNED:
        for name in ("faust", "aiokafka", "mode"):
            logging.getLogger(name).setLevel(logging.WARNING)
    faust.Worker(app, loglevel="WARN" if TUNED else "INFO").execute_from_commandline()

"""By hand: a confluent consumer, a dict, one changelog message for each event; flush, then commit, once a second."""

import time

import meter
import msgspec
from confluent_kafka import Consumer, Producer


class Order(msgspec.Struct):
    id: int
    user: str
    amount: float
    ts: float
    sku: str


def main() -> None:
    decode, encode = msgspec.json.Decoder(Order).decode, msgspec.json.encode
    consumer = Consumer(
        {
            "bootstrap.servers": meter.BOOTSTRAP,
            "group.id": meter.NAME,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": meter.BOOTSTRAP,
            "enable.idempotence": True,
            "linger.ms": 5,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    consumer.subscribe([meter.TOPIC])
    customers: dict[bytes, tuple[int, float, float]] = {}
    done, commit_at = 0, time.monotonic() + 1
    while done < meter.EVENTS:
        for message in consumer.consume(500, 0.1):
            meter.start()
            if message.error():
                raise SystemExit(str(message.error()))
            key, order = message.key(), decode(message.value())
            orders, spend, _ = customers.get(key, (0, 0.0, 0.0))
            orders += 1
            customers[key] = customer = (orders, spend + order.amount, order.ts)
            producer.produce(meter.CHANGELOG, encode(customer), key, message.partition())
            if orders % 10 == 0:
                producer.produce(meter.REWARDS, encode({"user": order.user, "points": 10}), key)
            done += 1
        producer.poll(0)
        if done == meter.EVENTS or time.monotonic() > commit_at:
            if producer.flush(30):
                raise SystemExit("not everything was written")
            consumer.commit(asynchronous=False)
            commit_at = time.monotonic() + 1
    meter.finish()


if __name__ == "__main__":
    main()

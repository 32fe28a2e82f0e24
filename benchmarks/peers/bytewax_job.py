"""Bytewax: stateful_map between its Kafka operators, with recovery, at its defaults; it ends with the topic."""

import json
from typing import Any

import bytewax.operators as op
import meter
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.recovery import RecoveryConfig, init_db_dir

Customer = tuple[int, float, float]


def keyed(message: Any) -> tuple[str, dict[str, Any]]:
    meter.start()
    return message.key.decode(), json.loads(message.value)


def count(customer: Customer | None, order: dict[str, Any]) -> tuple[Customer, bytes | None]:
    orders, spend, _ = customer or (0, 0.0, 0.0)
    orders += 1
    reward = json.dumps({"user": order["user"], "points": 10}).encode() if orders % 10 == 0 else None
    return (orders, spend + order["amount"], order["ts"]), reward


def message(item: tuple[str, bytes | None]) -> Any:
    key, reward = item
    return None if reward is None else KafkaSinkMessage(key.encode(), reward)


brokers = [meter.BOOTSTRAP]
flow = Dataflow("orders")
source = kop.input("orders", flow, brokers=brokers, topics=[meter.TOPIC], tail=False)
counted = op.stateful_map("count", op.map("keyed", source.oks, keyed), count)
kop.output("rewards", op.filter_map("messages", counted, message), brokers=brokers, topic=meter.REWARDS)

if __name__ == "__main__":
    init_db_dir(meter.DIRECTORY, 1)
    cli_main(flow, recovery_config=RecoveryConfig(meter.DIRECTORY))
    meter.finish()

"""The workers' consumer group, seen from outside."""

from __future__ import annotations

from confluent_kafka import KafkaException

from stream_loyalty.adapters.kafka import client
from stream_loyalty.adapters.kafka.client import REQUEST_S, KafkaFault
from stream_loyalty.settings import Settings


def members(settings: Settings) -> int:
    """How many workers belong to the group now. KafkaFault if the broker does not say."""
    name = client.group(settings)
    admin = client.admin(settings)  # to be kept until the answer is there
    try:
        described = admin.describe_consumer_groups([name], request_timeout=REQUEST_S)[name].result(2 * REQUEST_S)
    except KafkaException as error:
        raise KafkaFault(f"the group {name} can not be described: {client.words(error)}") from error
    return len(described.members)

"""Kafka: the worker on Faust, its commits and recovery; topics, reading, publishing, an embedded broker."""

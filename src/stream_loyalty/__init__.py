"""stream-loyalty: a loyalty and retention engine that lives on Kafka."""

__version__ = "0.1.0"

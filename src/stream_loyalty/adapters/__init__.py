"""The outside: Kafka, Redis, files. Each adapter translates, none decides."""

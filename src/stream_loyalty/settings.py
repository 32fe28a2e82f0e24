"""Settings from the environment (`STREAM_LOYALTY_*`); the command line overrides a few of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that differs between installations. What the program says is not here but in its TOML file."""

    model_config = SettingsConfigDict(env_prefix="STREAM_LOYALTY_", extra="forbid")

    bootstrap: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, comma separated.")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT"] = Field(
        "PLAINTEXT", description="How Kafka is spoken to: PLAINTEXT, SSL, SASL_SSL or SASL_PLAINTEXT."
    )
    sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN"] = Field(
        "SCRAM-SHA-512", description="How to log in with SASL: SCRAM-SHA-256, SCRAM-SHA-512 or PLAIN."
    )
    sasl_username: str | None = Field(None, description="User for SASL.")
    sasl_password: SecretStr | None = Field(None, description="Password for SASL; never written to a log.")
    ssl_ca: Path | None = Field(
        None, description="PEM file of the authorities that brokers are signed by; none takes those of the system."
    )
    ssl_cert: Path | None = Field(None, description="PEM file of this client's certificate and its chain (mTLS).")
    ssl_key: Path | None = Field(None, description="PEM file of the key to this client's certificate.")
    ssl_key_password: SecretStr | None = Field(None, description="Password of the key file; never written to a log.")
    ssl_check_hostname: bool = Field(True, description="Whether a broker's certificate has to name its host.")
    allow_plaintext_sasl: bool = Field(False, description="Whether SASL_PLAINTEXT, unencrypted, may be used at all.")
    app_id: str = Field("stream-loyalty", description="Consumer group of the workers.")
    slot: str = Field("0", description="Stable name of this worker within the group; part of its transactional id.")
    topic_prefix: str = Field("", description="Put before every topic name, to share a broker between systems.")
    partitions: int = Field(4, ge=1, description="Partitions of every source topic, used when they are created.")
    replication: int = Field(-1, description="Replication factor of new topics; -1 takes the broker's default.")
    retention_days: int = Field(400, ge=1, description="How long source and output topics are kept, in days.")
    commit: Literal["transaction", "plain"] = Field(
        "transaction",
        description="One fenced transaction for each commit, or plain writes (embedded broker only).",
    )
    commit_interval_ms: int = Field(200, ge=1, description="Longest time between commits, in milliseconds.")
    clock: Literal["wall", "event"] = Field(
        "wall",
        description="wall: quiet partitions move on with time; event: only Clock Advanced moves them on.",
    )
    lateness_ms: int = Field(60_000, ge=0, description="The sweep runs this far behind the watermark, in milliseconds.")
    session_timeout_s: float = Field(10.0, gt=0, description="Group session timeout of a worker, in seconds.")
    http_host: str = Field("127.0.0.1", description="Where /metrics, /healthz and /readyz are served.")
    http_port: int = Field(
        8080, ge=0, le=65535, description="Port of /metrics, /healthz and /readyz; 0 takes a free one."
    )
    trainer_http_port: int = Field(8081, ge=0, le=65535, description="Port of the trainer's /metrics.")
    coordinator_http_port: int = Field(8082, ge=0, le=65535, description="Port of the coordinator's /metrics.")
    projector_http_port: int = Field(8083, ge=0, le=65535, description="Port of the projector's /metrics.")
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="Redis of the projection.")
    program: tuple[Path, ...] = Field(
        (), description="Program files; none takes what is published, else the package's default."
    )
    high_value: Path | None = Field(None, description="TOML file with dated thresholds for high value.")
    store: Literal["memory", "rocksdb"] = Field(
        "memory",
        description="Where a worker keeps states: memory, or rocksdb on its own disk.",
    )
    state_dir: Path = Field(Path("state"), description="Folder of the RocksDB stores, with one for each worker slot.")
    rocksdb_cache_mb: int = Field(64, ge=1, description="Block cache of all RocksDB stores of a worker, in MiB.")
    rocksdb_memtables_mb: int = Field(64, ge=1, description="Memtables of all RocksDB stores of a worker, in MiB.")

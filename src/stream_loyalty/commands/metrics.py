"""/metrics of the processes beside the workers."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server

from stream_loyalty.errors import StreamLoyaltyError


def serve_metrics(registry: CollectorRegistry, host: str, port: int) -> None:
    """Serve a registry, with the process's own figures, from a thread. StreamLoyaltyError if the address is taken.

    Call it before anything that shuts another process out: who cannot begin must not end who runs.
    """
    ProcessCollector(registry=registry)
    try:
        start_http_server(port, host, registry)
    except OSError as error:
        raise StreamLoyaltyError(
            f"/metrics cannot be served on {host}:{port}: {error.strerror or error}; is there another one on this "
            "machine? Give each a port of its own"
        ) from None

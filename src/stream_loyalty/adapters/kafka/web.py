"""/metrics, /healthz and /readyz of a worker, served from its event loop: one that hangs answers nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.metrics import Metrics

Probe = Callable[[], tuple[bool, str]]  # is it well, and one line that says why


class WorkerHttp:
    """The three pages; `port` is the real one once started."""

    def __init__(self, metrics: Metrics, healthy: Probe, ready: Probe) -> None:
        self._metrics = metrics
        self._runner: web.AppRunner | None = None
        self.port = 0
        self._app = web.Application()
        self._app.add_routes(
            [
                web.get("/metrics", self._exposition),
                web.get("/healthz", self._probe(healthy)),
                web.get("/readyz", self._probe(ready)),
            ]
        )

    async def start(self, host: str, port: int) -> None:
        """Serve; port 0 takes a free one. KafkaFault if the address is taken."""
        self._runner = web.AppRunner(self._app, access_log=None)
        await self._runner.setup()
        try:
            site = web.TCPSite(self._runner, host, port)
            await site.start()
        except OSError as error:
            raise KafkaFault(f"/metrics can not be served on {host}:{port}: {error.strerror}") from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close the pages; harmless when they were never served."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _exposition(self, request: web.Request) -> web.Response:
        return web.Response(body=self._metrics.exposition(), headers={"Content-Type": "text/plain; version=0.0.4"})

    @staticmethod
    def _probe(probe: Probe) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            well, why = probe()
            return web.Response(text=why + "\n", status=200 if well else 503)

        return answer

"""The worker: a Faust app with one agent over all sources, around the runner."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from aiokafka.errors import KafkaError as AioKafkaError

from stream_loyalty.adapters.kafka import client, grants, models, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.commit import CommitLost, PlainWriter, TransactionalWriter, Writer
from stream_loyalty.adapters.kafka.fatal import EXIT_COMMIT_LOST, EXIT_FAILED, describe, die
from stream_loyalty.adapters.kafka.ports import Engine
from stream_loyalty.adapters.kafka.programs import Versions
from stream_loyalty.adapters.kafka.runner import THREADS, Runner
from stream_loyalty.adapters.kafka.topics import Place
from stream_loyalty.adapters.kafka.transport import App
from stream_loyalty.adapters.kafka.web import WorkerHttp
from stream_loyalty.adapters.rocksdb.stores import from_settings
from stream_loyalty.contracts.models import ModelWeights
from stream_loyalty.contracts.topics import SOURCES, TOPICS
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_log = logging.getLogger(__name__)

T = TypeVar("T")
Follow = Callable[[Settings, int, threading.Event, Callable[[T], None]], None]

_TOPIC_NAMES = tuple(spec.name for spec in TOPICS)
_LAST_COMMIT_S = 6.0  # a worker that is told to end is gone within 10 s: so long for its last commit,
_STOP_S = 3.0  # and so long for leaving the group


class Worker:
    """A worker within a running event loop: `start`, then `stop`. What can not be helped ends the process."""

    def __init__(self, settings: Settings, engine: Engine, versions: Versions | None = None) -> None:
        """`versions`: what the engine's program came from and is followed while the worker runs; None: it stays."""
        self._settings, self._versions = settings, versions
        self._runner = Runner(settings, engine, from_settings(settings), versions)
        self._http = WorkerHttp(self._runner.metrics, self._runner.healthy, self._runner.ready)
        self._app = _faust_app(settings, self._runner)
        self._watch: asyncio.Task[None] | None = None
        self._engine = engine
        self._no_more_inputs = threading.Event()

    @property
    def http_port(self) -> int:
        """Where /metrics is really served."""
        return self._http.port

    def ready(self) -> bool:
        """Whether partitions are assigned and recovered."""
        return self._runner.ready()[0]

    async def start(self) -> None:
        """Check the topics, serve the pages, join the group. KafkaFault when it can not begin."""
        await self._http.start(self._settings.http_host, self._settings.http_port)
        self._runner.start(await asyncio.to_thread(self._prepare))
        await self._read_inputs()
        self._watch = asyncio.create_task(self._die_with_faust())
        await self._app.start()

    async def stop(self) -> None:
        """Commit what was applied, leave the group."""
        self._no_more_inputs.set()
        try:
            await asyncio.wait_for(self._runner.stop(), _LAST_COMMIT_S)
        except TimeoutError:
            lost = CommitLost(f"the last commit took more than {_LAST_COMMIT_S:.0f} s")
            die(EXIT_COMMIT_LOST, "told to end, the next start rebuilds from the log", lost)
        if self._watch is not None:
            self._watch.cancel()
            try:
                await asyncio.wait_for(self._app.stop(), _STOP_S)
            except TimeoutError:
                _log.warning("leaving the group takes too long; the group will notice by itself")
        await self._http.stop()

    async def _read_inputs(self) -> None:
        """All models and grants there are, before anything is applied; then those that come, as they come."""

        def learn(weights: ModelWeights) -> None:
            self._engine.learn_of(weights)
            self._runner.metrics.model_trained_to.set(weights.trained_to / 1000)

        versions, _, offset = await asyncio.to_thread(models.published, self._settings)
        for weights in versions:
            learn(weights)
        self._follow("churn models", models.follow, offset, learn)
        granted, offset = await asyncio.to_thread(grants.published, self._settings)
        for one in granted:
            self._engine.hear_of(one)
        self._follow("grants", grants.follow, offset, self._engine.hear_of)
        if self._versions is not None:
            self._follow_versions(self._versions)

    def _follow_versions(self, versions: Versions) -> None:
        loop = asyncio.get_running_loop()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._engine.go_by, versions.programs)

        def follow() -> None:
            try:
                versions.follow(self._no_more_inputs, tell)
            except StreamLoyaltyError as error:
                die(EXIT_FAILED, "it cannot go by what was published", error)

        threading.Thread(target=follow, name="program versions", daemon=True).start()

    def _follow(self, what: str, read: Follow[T], offset: int, take: Callable[[T], None]) -> None:
        """Hand everything from `offset` on over to the loop, from a thread that reads it."""
        loop = asyncio.get_running_loop()

        def tell(one: T) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(take, one)

        def follow() -> None:
            try:
                read(self._settings, offset, self._no_more_inputs, tell)
            except KafkaFault as error:
                _log.warning("%s are not followed any more, the last one stays: %s", what, error)

        threading.Thread(target=follow, name=what, daemon=True).start()

    def _prepare(self) -> Writer:
        if self._settings.commit == "transaction":
            if problems := topics.check(self._settings):
                raise KafkaFault("; ".join(problems))
            return TransactionalWriter(self._settings)
        topics.places(self._settings, _TOPIC_NAMES)
        _log.warning("plain commits: outputs, changelog and offsets one after the other; for a single worker")
        return PlainWriter(self._settings, self._commit_offsets)

    def _commit_offsets(self, positions: Mapping[Place, int]) -> None:
        """From the committing thread: let the member commit in its own thread."""
        thread: Any = self._app.consumer
        thread = thread._thread
        done = asyncio.run_coroutine_threadsafe(thread.commit_offsets(positions), thread.thread_loop)
        try:
            done.result(30)
        except AioKafkaError as error:
            # states and outputs are written: what is read again is known by its applied offset
            _log.warning("offsets were not committed (%s): some input will be read again", type(error).__name__)
        except TimeoutError as error:
            raise CommitLost("offsets were not confirmed in time") from error

    async def _die_with_faust(self) -> None:
        await self._app._crashed.wait()
        die(EXIT_FAILED, "Faust gave up", self._app.crash_reason or RuntimeError())


async def serve(settings: Settings, engine: Engine, versions: Versions | None = None) -> int:
    """Run a worker until SIGTERM or SIGINT; returns the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    worker = Worker(settings, engine, versions)
    starting, stopping = asyncio.create_task(worker.start()), asyncio.create_task(stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    _hush()
    if starting.done() and (error := starting.exception()):
        stopping.cancel()
        await worker.stop()
        _log.critical("worker can not start: %s", describe(error))
        return EXIT_FAILED
    await stopping
    starting.cancel()
    await worker.stop()
    _log.info("worker stopped")
    return 0


def _hush() -> None:
    """Faust's thread may be told to end in the midst of joining the group: nothing is lost, no traceback is needed."""

    def tell(what: threading.ExceptHookArgs) -> None:
        _log.debug("a thread was cut short: %s", what.exc_type.__name__)

    threading.excepthook = tell
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of tasks that it left behind


def run(settings: Settings, engine: Engine, versions: Versions | None = None) -> int:
    """Run a worker process; blocks until it is told to end and returns its exit code."""
    code = asyncio.run(serve(settings, engine, versions))
    if any(thread.name.startswith(THREADS) for thread in threading.enumerate()):
        logging.shutdown()
        os._exit(code)  # a recovery that waits for the broker would hold the interpreter's end back
    return code


def _faust_app(settings: Settings, runner: Runner) -> App:
    for name in ("faust", "aiokafka", "mode"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said in our own words
    app = App(
        client.group(settings),
        broker=[f"kafka://{server}" for server in settings.bootstrap.split(",")],
        store="memory://",
        datadir=f"{tempfile.gettempdir()}/{client.group(settings)}-{settings.slot}",  # stays empty
        autodiscover=False,
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        stream_wait_empty=False,
        stream_buffer_maxsize=16,
        broker_commit_every=10**9,
        broker_commit_interval=3600.0,
        broker_session_timeout=settings.session_timeout_s,
        broker_request_timeout=max(40.0, 2 * settings.session_timeout_s),
    )
    app.settings, app.runner = settings, runner
    app.source_names = tuple(client.physical(settings, topic) for topic in SOURCES)
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "key_type": bytes}
    sources = app.topic(*app.source_names, value_type=bytes, **raw)

    @app.agent(sources)
    async def apply(chunks: Any) -> None:
        async for chunk in chunks:
            await runner.apply(chunk)

    return app

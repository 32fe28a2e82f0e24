"""The plain job by us and our peers, and the full engine, in one run on one broker of its own.

usage: python -m benchmarks.bench [--quick] [--repeat N] [...]; `make bench` runs it at full size

It writes benchmarks/results.json and results.svg and the tables in docs/performance.md between its two markers;
--quick only prints. Environments of peers are kept in ${XDG_CACHE_HOME:-~/.cache}/stream-loyalty.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import psutil
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks import latency, load, memory, report
from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.contracts.instants import DAY_MS, parse_instant
from stream_loyalty.contracts.topics import DECISIONS, ORDERS, REWARDS
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings
from tests.support import Unavailable, cache_dir
from tests.support.broker import VERSION, RealBroker

HERE = Path(__file__).parent
PARTITIONS = 4
DOCS = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
PATIENCE_S = 240.0  # with one run of one peer
SETTLING_S = 120.0  # for the wakes that were due with the last event


class Failed(Exception):
    """A peer could not be measured; the message says why in a line."""


@dataclass(frozen=True)
class Peer:
    """Who does the plain job, and how it is started. `pins`: it needs an environment of its own."""

    label: str
    guarantee: str
    script: str
    slow: bool = False
    pins: str = ""
    extra: tuple[tuple[str, str], ...] = ()


PEERS = {
    "faust": Peer(
        "Faust, stock", "at least once in name: offsets can be ahead of the table", "faust_job.py", slow=True
    ),
    "faust-tuned": Peer(
        "Faust, tuned",
        "at least once in name: offsets can be ahead of the table",
        "faust_job.py",
        slow=True,
        extra=(("BENCH_TUNED", "1"),),
    ),
    "quix": Peer("Quix Streams", "at least once", "quix_job.py", pins="quix"),
    "bytewax": Peer(
        "Bytewax",
        "at least once; state exactly once, as of the last snapshot on this disk",
        "bytewax_job.py",
        pins="bytewax",
    ),
    "hand": Peer("by hand", "at least once; fenced by nothing", "hand_job.py"),
    "ours": Peer("ours", "exactly once, fenced transactions", "ours.py"),
}


@dataclass(frozen=True)
class Place:
    """Where a run takes place."""

    bootstrap: str
    broker_pid: int
    scratch: Path

    def settings(self, prefix: str) -> Settings:
        return Settings(bootstrap=self.bootstrap, topic_prefix=prefix, partitions=PARTITIONS)


def interpreter(peer: Peer) -> str:
    """The Python that has the peer's packages; made where it is missing or its pins have changed."""
    if not peer.pins:
        return sys.executable
    pins = HERE / "peers" / f"{peer.pins}.txt"
    home = cache_dir() / f"bench-{peer.pins}"
    stamp, python = home / ".pins", home / "bin" / "python"
    if not (python.exists() and stamp.exists() and stamp.read_text() == pins.read_text()):
        shutil.rmtree(home, ignore_errors=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", home], check=True, capture_output=True, text=True)
            install = [python, "-m", "pip", "install", "--quiet", "--no-compile", "-r", pins]
            subprocess.run(install, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            told = [line for line in error.stderr.splitlines() if line.strip()]
            raise Failed(f"it could not be installed: {told[-1] if told else 'pip said nothing'}") from error
        stamp.write_text(pins.read_text())
    return str(python)


@contextmanager
def started(
    place: Place, command: list[str], events: int, environment: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, float]]]:
    """A process under the meter that has done all its events, and its figures; it is ended after the block."""
    directory = Path(mkdtemp(dir=place.scratch))
    variables = {
        **os.environ,
        "BENCH_BOOTSTRAP": place.bootstrap,
        "BENCH_BROKER_PID": str(place.broker_pid),
        "BENCH_EVENTS": str(events),
        "BENCH_DIR": str(directory / "state"),
        "BENCH_RESULT": str(directory / "result.json"),
        **environment,
    }
    (directory / "state").mkdir()
    with (directory / "out").open("wb") as out, (directory / "err").open("wb") as err:
        process = subprocess.Popen(command, env=variables, stdout=out, stderr=err, cwd=directory)
    try:
        yield process, _figures(process, directory)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _figures(process: subprocess.Popen[bytes], directory: Path) -> dict[str, float]:
    result, deadline = directory / "result.json", time.monotonic() + PATIENCE_S
    while not result.exists():
        if process.poll() is not None and not result.exists():
            said = [line.strip() for line in (directory / "err").read_text(errors="replace").splitlines()]
            raise Failed(f"it ended with {process.returncode}: {next((x for x in reversed(said) if x), '')[:200]}")
        if time.monotonic() > deadline:
            raise Failed(f"it was not done within {PATIENCE_S:.0f} s")
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    return dict(json.loads(result.read_text()))


def create(place: Place, *names: str) -> None:
    admin = AdminClient({"bootstrap.servers": place.bootstrap})  # to be kept until the answers are there
    made = admin.create_topics([NewTopic(n, PARTITIONS, 1) for n in names])
    for future in made.values():
        future.result()


def count_records(settings: Settings, topic: str, until: int | None = None) -> int:
    """How many records of a topic a read-committed consumer sees; `until`: of messages about moments up to then."""
    reader = client.reader(settings)
    places = topics.places(settings, [topic])
    reader.assign([TopicPartition(client.physical(settings, topic), number, 0) for _, number in places])
    open_places, count = {number for _, number in places}, 0
    while open_places:
        for message in reader.consume(1000, 1.0):
            if message.error() is None:
                count += until is None or _moment(message) <= until
            elif message.error().code() == KafkaError._PARTITION_EOF:
                open_places.discard(message.partition())
    reader.close()
    return count


def _moment(message: Message) -> int:
    headers = dict(message.headers() or [])
    return parse_instant(bytes(headers["ce_time"]).decode())


# -- the plain job


def plain_once(place: Place, peer: Peer, events: int, customers: int) -> dict[str, float]:
    """One run of one peer, with the rewards that it really wrote."""
    name = f"{peer.script.removesuffix('.py').replace('_', '-')}-{time.time_ns()}"
    command = [interpreter(peer), str(HERE / "peers" / peer.script)]
    if peer.script != "ours.py":
        topic, prefix, rewards = f"orders-{events}", "", f"rewards-{name}"
        create(place, rewards, f"changelog-{name}")
        environment = {"BENCH_TOPIC": topic, "BENCH_NAME": name, **dict(peer.extra)}
    else:  # all its topics have the prefix, so each run gets orders of its own
        prefix, rewards = f"{name}.", REWARDS
        topics.ensure(place.settings(prefix))
        load.publish_orders(place.bootstrap, prefix + ORDERS, load.orders(events, customers))
        environment = worker_environment(place, prefix)
    with started(place, command, events, environment) as (_, figures):
        pass
    return {**figures, "rewards": count_records(place.settings(prefix), rewards)}


def worker_environment(place: Place, prefix: str) -> dict[str, str]:
    return {
        "STREAM_LOYALTY_BOOTSTRAP": place.bootstrap,
        "STREAM_LOYALTY_TOPIC_PREFIX": prefix,
        "STREAM_LOYALTY_HTTP_PORT": "0",
    }


def plain(place: Place, given: argparse.Namespace) -> dict[str, Any]:
    """Every peer so many times, in turn."""
    expected = {}
    for events in {given.events, given.slow_events}:
        made = list(load.orders(events, given.plain_customers))
        expected[events] = load.expected_rewards(made)
        create(place, f"orders-{events}")
        load.publish_orders(place.bootstrap, f"orders-{events}", made)
    wanted = {name: peer for name, peer in PEERS.items() if not given.only or name in given.only}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in wanted}
    problems: dict[str, str] = {}
    for _ in range(given.repeat):
        for name, peer in wanted.items():
            if name in problems:
                continue
            events = given.slow_events if peer.slow else given.events
            try:
                run = plain_once(place, peer, events, given.plain_customers)
                if run["rewards"] != expected[events]:
                    raise Failed(f"it wrote {run['rewards']:,} rewards instead of {expected[events]:,}")
            except Failed as reason:
                problems[name] = str(reason)
                say(f"{peer.label}: {reason}")
                continue
            runs[name].append(run)
            say(f"{peer.label}: {run['events'] / run['cpu_s']:,.0f} events per CPU second")
    return {
        name: _plain_row(
            peer, given.slow_events if peer.slow else given.events, runs[name], problems.get(name), expected
        )
        for name, peer in wanted.items()
    }


def _plain_row(
    peer: Peer, events: int, runs: list[dict[str, float]], problem: str | None, expected: Mapping[int, int]
) -> dict[str, Any]:
    row: dict[str, Any] = {"label": peer.label, "guarantee": peer.guarantee, "events": events}
    if problem is not None:
        return row | {"problem": problem, "runs": runs}
    speeds = [run["events"] / run["cpu_s"] for run in runs]
    return row | {
        "events_per_cpu_s": statistics.median(speeds),
        "slowest": min(speeds),
        "fastest": max(speeds),
        "events_per_s": statistics.median(run["events"] / run["wall_s"] for run in runs),
        "broker_us_per_event": statistics.median(run["broker_cpu_s"] / run["events"] * 1e6 for run in runs),
        "rewards": runs[-1]["rewards"],
        "expected": expected[events],
        "runs": runs,
    }


# -- the full engine


def full(place: Place, given: argparse.Namespace) -> dict[str, Any]:
    """Mixed traffic, live and replayed in turn; then the latency of the last worker at a steady rate."""
    shop = load.Shop(given.customers)
    events, file = _history(place, shop, given.mixed_events, given.days)
    live: list[dict[str, float]] = []
    replays: list[dict[str, float]] = []
    found: dict[str, Any] = {}
    for turn in range(given.full_repeat):
        replays.append(_replay(file))
        with _live(place, events) as (worker, figures, settings):
            live.append(figures)
            if turn == given.full_repeat - 1:
                found["live_decisions"] = _settled(settings, last_moment(events), int(replays[-1]["receipts"]))
                found["latency"], found["latency_worker_cpu"] = _latency(worker, settings, shop, given)
    # the same shop on a busy day: nobody is silent for long enough to be woken
    events, file = _history(place, load.Shop(given.customers), given.mixed_events, 1)
    day_replay = _replay(file)
    with _live(place, events) as (_, day_live, _):
        pass
    speeds = [run["events"] / run["cpu_s"] for run in live]
    replayed = [run["events_per_cpu_second"] for run in replays]
    return {
        "events": len(events),
        "customers": given.customers,
        "days": given.days,
        "live_per_cpu_s": statistics.median(speeds),
        "live_slowest": min(speeds),
        "live_fastest": max(speeds),
        "live_per_s": statistics.median(run["events"] / run["wall_s"] for run in live),
        "broker_us_per_event": statistics.median(run["broker_cpu_s"] / run["events"] * 1e6 for run in live),
        "replay_per_cpu_s": statistics.median(replayed),
        "replay_slowest": min(replayed),
        "replay_fastest": max(replayed),
        "replay_decisions": replays[-1]["receipts"],
        "day_live_per_cpu_s": day_live["events"] / day_live["cpu_s"],
        "day_replay_per_cpu_s": day_replay["events_per_cpu_second"],
        "day_decisions": day_replay["receipts"],
        **found,
        "live_runs": live,
        "replay_runs": replays,
        "day_live_run": day_live,
        "day_replay_run": day_replay,
    }


def _history(place: Place, shop: load.Shop, count: int, days: int) -> tuple[list[bytes], Path]:
    """Events of so many days up to now, and a file with them."""
    end = time.time_ns() // 1_000_000
    events = list(shop.history(count, end - days * DAY_MS, end))
    file = place.scratch / "mixed.ndjson"
    file.write_bytes(b"\n".join(events) + b"\n")
    return events, file


@contextmanager
def _live(place: Place, events: list[bytes]) -> Iterator[tuple[psutil.Process, dict[str, float], Settings]]:
    """A worker that has done all the events, on topics of its own."""
    settings = place.settings(f"mixed-{time.time_ns()}.")
    topics.ensure(settings)
    load.publish_mixed(settings, events)
    command = [sys.executable, str(HERE / "peers" / "ours.py"), "full"]
    environment = worker_environment(place, settings.topic_prefix)
    with started(place, command, len(events), environment) as (process, figures):
        say(f"live: {figures['events'] / figures['cpu_s']:,.0f} events per CPU second")
        yield psutil.Process(process.pid), figures, settings


def last_moment(events: list[bytes]) -> int:
    """The time of the last event (ms): so far a replay goes."""
    return parse_instant(json.loads(events[-1])["timestamp"])


def _settled(settings: Settings, until: int, expected: int) -> int:
    """Decisions about moments up to `until`, once they are as many as expected, or when patience ends.

    The worker follows the wall clock, less its lateness: wakes come a minute after they are due, and later ones follow.
    """
    deadline = time.monotonic() + SETTLING_S
    while (count := count_records(settings, DECISIONS, until)) < expected and time.monotonic() < deadline:
        time.sleep(1)
    return count


def _replay(file: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(HERE / "hot_path.py"), str(file), "--json"], capture_output=True, text=True
    )
    if done.returncode:
        raise Failed(f"the replay failed: {done.stderr.strip().splitlines()[-1:]}")
    figures = dict(json.loads(done.stdout))
    say(f"replay: {figures['events_per_cpu_second']:,.0f} events per CPU second")
    return figures


def _latency(
    worker: psutil.Process, settings: Settings, shop: load.Shop, given: argparse.Namespace
) -> tuple[dict[str, Any], float]:
    """At the rate wanted, or the highest lower one that the worker holds."""
    for rate in (given.rate, given.rate * 2 // 3, given.rate // 3):
        before, began = sum(worker.cpu_times()[:2]), time.perf_counter()
        steady = latency.measure(settings, shop, rate, given.seconds, given.warm_up)
        cpu = (sum(worker.cpu_times()[:2]) - before) / (time.perf_counter() - began)
        say(f"latency: {steady}")
        if steady["held"]:
            break
    return steady, cpu


# -- the run


def machine(load_before: float) -> dict[str, Any]:
    model = "unknown CPU"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "cpus": os.cpu_count(),
        "model": model,
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "kafka": VERSION,
        "load_before": round(load_before, 1),
    }


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def keep(results: dict[str, Any]) -> None:
    """Write the results, the chart, and the tables into the documentation."""
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    (HERE / "results.svg").write_text(report.svg(results))
    text = DOCS.read_text()
    if BEGIN in text and END in text:
        before, _, rest = text.partition(BEGIN)
        after = rest.partition(END)[2]
        DOCS.write_text(f"{before}{BEGIN}\n\n{report.markdown(results)}\n\n{END}{after}")


def tried(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What it measures, or why it could not."""
    try:
        return measure()
    except (Failed, memory.Failed, StreamLoyaltyError, KafkaException, OSError) as reason:
        return {"problem": str(reason)}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny: only to see that everything runs; keeps nothing")
    parser.add_argument("--repeat", type=int, default=3, help="runs of the plain job (default: %(default)s)")
    parser.add_argument("--full-repeat", type=int, default=2, help="runs of the full engine (default: %(default)s)")
    parser.add_argument("--events", type=int, default=200_000, help="plain orders (default: %(default)s)")
    parser.add_argument(
        "--slow-events", type=int, default=20_000, help="the same for slow peers (default: %(default)s)"
    )
    parser.add_argument("--plain-customers", type=int, default=5_000)
    parser.add_argument("--mixed-events", type=int, default=300_000)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--memory-customers", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=14, help="time that the mixed traffic spans (default: %(default)s)")
    parser.add_argument(
        "--rate", type=int, default=3_000, help="events a second for the latency (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=10)
    parser.add_argument("--only", nargs="*", choices=[*PEERS, "full", "memory"], help="leave the others out")
    given = parser.parse_args()
    if given.quick:
        given.repeat = given.full_repeat = 1
        given.events, given.slow_events, given.mixed_events = 5_000, 2_000, 5_000
        given.plain_customers, given.customers, given.memory_customers = 100, 1_000, 10_000
        given.rate, given.seconds, given.warm_up = 500, 5, 1
    return given


def main() -> None:
    for name in [name for name in os.environ if name.startswith("STREAM_LOYALTY_")]:
        del os.environ[name]  # the settings of this shell are not those of the benchmark
    given = arguments()
    results: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": machine(os.getloadavg()[0]),
        "repeat": given.repeat,
        "full_repeat": given.full_repeat,
    }
    with TemporaryDirectory(prefix="stream-loyalty-bench-") as scratch, closing(RealBroker(lasting=True)) as broker:
        try:
            broker.start()
        except Unavailable as reason:
            raise SystemExit(str(reason)) from reason
        pid = next(p.pid for p in psutil.Process().children(recursive=True) if p.name() == "java")
        place = Place(broker.bootstrap, pid, Path(scratch))
        results["plain"] = plain(place, given)
        if not given.only or "full" in given.only:
            if not given.quick and not given.only:
                keep(results)  # whatever becomes of the rest
            results["full"] = tried(lambda: full(place, given))
        if not given.only or "memory" in given.only:
            events = given.mixed_events // 3
            results["memory"] = tried(lambda: memory.both(place.bootstrap, given.memory_customers, events))
    if not given.quick and not given.only:
        keep(results)
    print(report.markdown(results))


if __name__ == "__main__":
    main()

"""How long a complaint takes to become an alert for a read-committed consumer, while a worker is kept busy."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection

from confluent_kafka import TopicPartition

from benchmarks.load import Shop
from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import ALERTS
from stream_loyalty.settings import Settings

STEP_S = 0.005  # events are sent in little groups, so many times a second
PATIENCE_S = 10.0  # with the last alerts


class Watcher:
    """Reads alerts from their present end on, and notes when each complaint's came."""

    def __init__(self, settings: Settings) -> None:
        self.came: dict[str, float] = {}
        self._news = threading.Condition()
        places = topics.places(settings, [ALERTS])
        ends = topics.ends(settings, places)
        self._reader = client.reader(settings)
        self._reader.assign([TopicPartition(client.physical(settings, t), n, ends[t, n]) for t, n in places])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._over.is_set():
            message = self._reader.poll(0.1)
            if message is not None and message.error() is None:
                now = time.time()
                alert = json.loads(message.value() or b"{}")
                with self._news:
                    self.came.setdefault(str(alert.get("ref")), now)
                    self._news.notify()

    def wait_for(self, refs: Collection[str], seconds: float) -> None:
        """Until all these alerts have come, or the time is over."""
        with self._news:
            self._news.wait_for(lambda: self.came.keys() >= set(refs), seconds)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._reader.close()


def measure(settings: Settings, shop: Shop, rate: int, seconds: float, warm_up: float) -> dict[str, float | int | bool]:
    """Latencies (ms) at `rate` events a second, those of the warm-up left out."""
    watcher = Watcher(settings)
    producer = client.producer(settings)
    sent: dict[str, float] = {}
    count, total = 0, int(rate * (warm_up + seconds))
    began = time.time()
    try:
        while count < total:
            due = min(total, int((time.time() - began) * rate))
            while count < due:
                now = time.time()
                raw, complaint = shop.event(int(now * 1000))
                topic, key = route(raw)
                producer.produce(client.physical(settings, topic), raw, key)
                if complaint is not None and now - began > warm_up:
                    sent[complaint] = now
                count += 1
            producer.poll(0)
            time.sleep(STEP_S)
        lasted = time.time() - began
        producer.flush(30)
        watcher.wait_for(sent, PATIENCE_S)
    finally:
        watcher.close()
    found = sorted((watcher.came[ref] - at) * 1000 for ref, at in sent.items() if ref in watcher.came)
    missing = len(sent) - len(found)
    figures: dict[str, float | int | bool] = {
        "rate": rate,
        "sent_per_s": round(count / lasted),
        "seconds": seconds,
        "alerts": len(found),
        "missing": missing,
    }
    if found:
        for name, part in (("p50_ms", 0.5), ("p99_ms", 0.99), ("p999_ms", 0.999)):
            figures[name] = round(found[min(len(found) - 1, int(len(found) * part))], 1)
        figures["max_ms"] = round(found[-1], 1)
    # a worker that falls behind shows it in its slowest answers
    figures["held"] = bool(found) and not missing and count / lasted > 0.98 * rate and found[-1] < PATIENCE_S * 1000
    return figures

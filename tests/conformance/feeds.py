"""Feeds that every runner gets."""

import gzip
from pathlib import Path

from stream_loyalty.contracts.instants import DAY_MS, format_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.contracts.topics import ORDERS
from stream_loyalty.simulate.storefront import timed
from tests.support.live import run
from tests.unit.support_core import erase

CDNOW_END = "1998-06-30"
STOREFRONT_START_MS = 1_700_000_000_000


def cdnow_slice(raw: Path, home: Path, customers: int) -> tuple[Path, Path]:
    """Every purchase of the first customers: as raw lines, for the oracle, and as events."""
    kept = []
    for line in raw.read_text("ascii").splitlines():
        if line.split()[0].isdigit() and int(line.split()[0]) <= customers:
            kept.append(line)
    text, events = home / "slice.txt", home / "slice.ndjson.gz"
    text.write_text("\n".join(kept) + "\n", "ascii")
    run(["convert", "cdnow", str(text), "--out", str(events)])
    return text, events


def with_erasures(seed: int, customers: int, start: int, days: int) -> list[bytes]:
    """The storefront, where the customer of every 10th order asks to be forgotten 20 days later, some of them twice."""
    shop = list(timed(seed, customers, start, days))
    buyers = [(at, key) for at, raw in shop for topic, key in [route(raw)] if topic == ORDERS and key]
    for number, (at, key) in enumerate(buyers[::10]):
        for repetition in range(1 + number % 2):
            asked = at + 20 * DAY_MS + repetition
            shop.append((asked, erase(format_instant(asked), f"erasure-{number}-{repetition}", key.decode())))
    return [raw for _, raw in sorted(shop, key=lambda event: event[0])]


def mixed(home: Path) -> Path:
    """All kinds of events, also repeated and malformed ones."""
    file = home / "mixed.ndjson.gz"
    with gzip.open(file, "wb") as stream:
        stream.writelines(line + b"\n" for line in with_erasures(11, 60, STOREFRONT_START_MS, 120))
    return file

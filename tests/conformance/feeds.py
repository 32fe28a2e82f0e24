"""Feeds that every runner gets."""

import gzip
from pathlib import Path

from stream_loyalty.simulate.storefront import storefront
from tests.support.live import run

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


def mixed(home: Path) -> Path:
    """All kinds of events, also repeated and malformed ones."""
    file = home / "mixed.ndjson.gz"
    with gzip.open(file, "wb") as stream:
        stream.writelines(line + b"\n" for line in storefront(11, 60, STOREFRONT_START_MS, 120))
    return file

"""Event files: NDJSON, plain or gzip, `-` for standard input."""

from __future__ import annotations

import gzip
import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stream_loyalty.errors import StreamLoyaltyError


def read_lines(files: Sequence[str], digests: dict[str, str] | None = None) -> Iterator[bytes]:
    """The lines of the files in order, without their ends; blank lines are left out.

    `digests` gets the SHA-256 (hex) of each file's unpacked bytes once it is read. StreamLoyaltyError for a file that
    cannot be read or that is not the gzip its name says.
    """
    for name in files:
        try:
            digest = None if digests is None else hashlib.sha256()
            with _opened(name) as stream:
                for line in stream:
                    if digest is not None:
                        digest.update(line)
                    text = line.strip()
                    if text:
                        yield text
            if digests is not None and digest is not None:
                digests[name] = digest.hexdigest()
        except (OSError, EOFError) as error:
            raise StreamLoyaltyError(f"{name} cannot be read: {error}") from None


def sizes(files: Sequence[str]) -> int | None:
    """Bytes of the files together, or None where that cannot be known."""
    paths = [Path(name) for name in files]
    return sum(path.stat().st_size for path in paths) if all(path.is_file() for path in paths) else None


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdin.buffer
    elif name.endswith(".gz"):
        with gzip.open(name, "rb") as stream:
            yield stream  # type: ignore[misc]
    else:
        with open(name, "rb") as stream:
            yield stream


@contextmanager
def written(file: Path) -> Iterator[IO[bytes]]:
    """A file to write, gzip by its name; it appears under its name only when it is complete.

    The same content gives the same bytes, whenever it is written.
    """
    part = file.with_name(file.name + ".part")
    try:
        with part.open("wb") as raw:
            if file.name.endswith(".gz"):
                with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as stream:
                    yield stream  # type: ignore[misc]
            else:
                yield raw
    except OSError as error:
        raise StreamLoyaltyError(f"{file} cannot be written: {error}") from None
    part.replace(file)

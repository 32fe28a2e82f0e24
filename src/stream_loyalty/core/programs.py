"""All versions of a program, and how they are read from files."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from stream_loyalty.core.dated import Dated
from stream_loyalty.core.program import Program, ProgramError
from stream_loyalty.core.program.mistakes import not_toml, told
from stream_loyalty.core.program.wallets import Wallet

_NOTHING_YET = -(1 << 62)
LARGEST_BYTES = 500_000  # of a file: published it is one message, and partitions adopt all versions in another


class Programs:
    """All versions of a program: the one in force at an event's time applies."""

    def __init__(self, versions: Sequence[Program], texts: Sequence[str] = ()) -> None:
        """ProgramError where two versions begin at once, or do not count in the same currency and time zone."""
        try:
            self._dated = Dated((program.midnight(program.effective_from), program) for program in versions)
        except ValueError as error:
            raise ProgramError(f"program: {error}; give each version an effective_from of its own") from None
        for field in ("base_currency", "time_zone"):
            if len({getattr(program, field) for program in versions}) > 1:
                raise ProgramError(f"program: {field} differs between the versions; it has to stay the same")
        self.versions = tuple(self._dated.values)
        self.first = self._dated.values[0]
        self.latest = self._dated.values[-1]
        self.texts = tuple(texts)
        self.epoch = self.first.epoch_ms
        self.has_budgets = any(program.budgets for program in versions)
        self._alone = self.first if len(versions) == 1 else None
        self._horizons = Dated(self._horizons_of_versions())

    def at(self, time: int) -> Program:
        """The version in force at `time` (ms); before the first one, the first."""
        return self._alone or self._dated.at(time) or self.first

    def on(self, day: int) -> Program:
        """The version in force when a day begins, counted from 1970 in the program's zone."""
        return self.at(self.first.calendar.start(day))

    def following(self, time: int) -> int | None:
        """When the first version after `time` (ms) begins; None when there is none."""
        return self._dated.after(time)

    def forgotten(self, now: int) -> int:
        """Orders placed, redemptions and adjustments made at this time (ms) or before are not known any more at `now`.

        By the horizons of all versions so far: a version with a longer one does not bring back what another forgot.
        """
        if self._alone is not None:
            return now - self._alone.orders_horizon_ms
        horizon, before = self._horizons.at(now) or self._horizons.values[0]
        return max(now - horizon, before)

    def _horizons_of_versions(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """Each version's start, its horizon, and what the versions before it have forgotten by then (ms)."""
        before, last = _NOTHING_YET, None
        for since, program in zip(self._dated.starts, self._dated.values, strict=True):
            if last is not None:
                before = max(before, since - last.orders_horizon_ms)
            yield since, (program.orders_horizon_ms, before)
            last = program

    @property
    def dated(self) -> list[tuple[int, Program]]:
        """Each version with when it takes effect (ms), in order."""
        return list(zip(self._dated.starts, self.versions, strict=True))

    def budgets_at(self, time: int) -> dict[str, int]:
        """Units of each budget of any version: by the newest in force at `time` (ms) that has it, else by the first."""
        totals: dict[str, int] = {}
        for since, program in zip(self._dated.starts, self._dated.values, strict=True):
            totals |= {name: total for name, total in program.budgets.items() if since <= time or name not in totals}
        return totals

    @property
    def wallets(self) -> dict[str, Wallet]:
        """Every wallet of any version, by name, as the newest version that has it describes it."""
        return {wallet.name: wallet for program in self._dated.values for wallet in program.wallets}

    @property
    def digest(self) -> str:
        """A fingerprint of all versions, in hex: workers and replays with the same one decide alike."""
        return hashlib.sha256("\0".join(sorted(self.texts)).encode()).hexdigest()[:16]


def parse_program(text: str, where: str) -> Program:
    """A program from TOML. ProgramError says where in `where` it is wrong."""
    try:
        return program_of(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise ProgramError(f"{where}: {not_toml(text, error)}") from None
    except RecursionError:
        raise ProgramError(f"{where}: brackets in brackets, hundreds deep; a program needs three at the most") from None


def program_of(given: dict[str, Any], where: str) -> Program:
    """The same from what TOML says."""
    if not given:
        raise ProgramError(f"{where} says nothing; begin with a copy of the default program or of an example")
    try:
        return Program.model_validate(given)
    except ValidationError as error:
        raise ProgramError(f"{where}: {told(error, given, Program)}") from None


def load_programs(files: Sequence[Path] = ()) -> Programs:
    """The program in the given files, one version in each; the package's default without any."""
    if not files:
        texts = [
            (
                "default program",
                resources.files("stream_loyalty").joinpath("programs/default.toml").read_text("utf-8"),
            )
        ]
    else:
        texts = [(str(file), text_of(file)) for file in files]
    return Programs([parse_program(text, where) for where, text in texts], [text for _, text in texts])


def text_of(file: Path) -> str:
    """What a file says. ProgramError where it is not there, is no text, or is far too large."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(LARGEST_BYTES + 1)
        if len(raw) > LARGEST_BYTES:
            raise ProgramError(f"{file} has more than {LARGEST_BYTES:,} bytes; is it a program at all?")
        return raw.decode("utf-8-sig")  # some editors put a mark at the beginning
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ProgramError(f"{file}, line {line}: this is not UTF-8; save the file as UTF-8 text") from None
    except OSError as error:
        raise ProgramError(f"{file} cannot be read: {error.strerror or error}") from None

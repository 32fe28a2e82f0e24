"""The life of a program: checked before it is used, compared with the one before, written out for members."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.programs import Adopted, ProgramVersion, read_adopted
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.programs import load_programs
from stream_loyalty.core.publishing import programs_of, to_publish
from stream_loyalty.core.review import Finding, review
from stream_loyalty.core.review.changes import Change, changes
from stream_loyalty.core.terms import terms
from stream_loyalty.settings import Settings


def check(files: Sequence[Path]) -> list[Finding]:
    """What is found in the versions in `files`; ProgramError where one of them cannot be used at all."""
    return review(load_programs(files).versions)


def counted(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as they are printed for machines."""
    errors = sum(finding.severity == "error" for finding in findings)
    return {"errors": errors, "warnings": len(findings) - errors, "findings": msgspec.to_builtins(findings)}


def diff(before: Path, after: Path) -> list[Change]:
    """What changes from the version in one file to that in another; they need not fit together."""
    return changes(load_programs([before]).first, load_programs([after]).first)


def told(found: Sequence[Change]) -> str:
    """Changes as a text, by whom they concern and by section."""
    lines: list[str] = []
    for audience in ("members", "operators"):
        of_these = [change for change in found if change.audience == audience]
        if not of_these:
            lines.append(f"For {audience} nothing changes.")
            continue
        lines.append(f"For {audience}:")
        for section in dict.fromkeys(change.section for change in of_these):
            lines.append(f"  {section}")
            lines.extend(f"  - {change.what}" for change in of_these if change.section == section)
    return "\n".join(lines)


def docs(file: Path, language: str) -> str:
    """The members' terms of the version in `file` as Markdown."""
    return terms(load_programs([file]).first, language)


def publish(settings: Settings, files: Sequence[Path], now_ms: int) -> list[ProgramVersion]:
    """Publish the versions in `files` that are not out yet; those that were not.

    ProgramError where `check` finds errors in them, or where a published version would change or a new one takes
    effect too soon.
    """
    from stream_loyalty.adapters.kafka import programs
    from stream_loyalty.adapters.kafka.inputs import InputWriter
    from stream_loyalty.commands.changelog import marks

    for found in check(files):
        if found.severity == "error":
            raise ProgramError(f"{found.where}: {found.what}; `stream-loyalty program check` says more")
    given = [(str(file), text) for file, text in zip(files, load_programs(files).texts, strict=True)]
    writer = InputWriter(settings, "program")  # before the versions are read: it shuts out another publisher
    published = programs.published(settings)
    decided_to = {number: mark.decided_to for number, mark in marks(settings).items()} if published else {}
    new = to_publish(published, given, now_ms, decided_to)
    if new:
        writer.write(one.message() for one in new)
    return new


def await_adopted(settings: Settings, versions: Sequence[ProgramVersion], patience_s: float) -> dict[int, Adopted]:
    """Wait until every partition that any worker ever took up decides by `versions`; the newest word of each.

    Those that do not after `patience_s` are in the answer as they are.
    """
    from stream_loyalty.adapters.kafka import reader
    from stream_loyalty.contracts.topics import PROGRAM

    wanted = {one.label for one in versions}
    told: dict[int, Adopted] = {}
    stop, deadline = threading.Event(), time.monotonic() + patience_s

    def hear(records: Iterable[Record]) -> None:
        told.update({one.partition: one for record in records if (one := read_adopted(record)) is not None})
        if all(wanted <= set(one.versions) for one in told.values()):
            stop.set()

    hear(reader.read(settings, (PROGRAM,)))  # to the end: all partitions with a past are known from here on
    for batch in reader.follow(settings, (PROGRAM,), stop):
        hear(batch)
        if time.monotonic() > deadline:
            stop.set()
    return told


def told_of(versions: Sequence[ProgramVersion], adopted: Mapping[int, Adopted]) -> list[str]:
    """In words who decides by new versions, who does not yet, and who came too late."""
    wanted = {one.label for one in versions}
    by = {number: one for number, one in adopted.items() if wanted <= set(one.versions)}
    lines = [f"{len(by)} of {len(adopted)} partitions with a past decide by it"]
    if missing := sorted(adopted.keys() - by.keys()):
        lines.append(
            f"not yet: {', '.join(map(str, missing))}; each adopts it as soon as a worker without --program has it, "
            "before it decides on anything else"
        )
    begins = programs_of(versions).dated[0][0]
    for number, one in sorted(by.items()):
        if one.decided_to is not None and one.decided_to >= begins:
            lines.append(
                f"partition {number} had decided up to {format_instant(one.decided_to)} by the versions before: "
                "that stands, what comes now goes by the new one"
            )
    return lines

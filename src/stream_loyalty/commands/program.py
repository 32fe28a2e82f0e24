"""The life of a program: checked before it is used, compared with the one before, written out for members."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.programs import load_programs
from stream_loyalty.core.publishing import to_publish
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


def publish(settings: Settings, files: Sequence[Path], now_ms: int) -> list[str]:
    """Publish the versions in `files` that are not out yet; their names and numbers.

    ProgramError where `check` finds errors in them, or where a published version would change or a new one takes
    effect in the past.
    """
    from stream_loyalty.adapters.kafka import programs
    from stream_loyalty.adapters.kafka.inputs import InputWriter

    for found in check(files):
        if found.severity == "error":
            raise ProgramError(f"{found.where}: {found.what}; `stream-loyalty program check` says more")
    given = [(str(file), text) for file, text in zip(files, load_programs(files).texts, strict=True)]
    writer = InputWriter(settings, "program")  # before the versions are read: it shuts out another publisher
    new = to_publish(programs.published(settings), given, now_ms)
    if new:
        writer.write(one.message() for one in new)
    return [f"{one.name}/{one.version}, in force from {one.effective_from}" for one in new]

"""The life of a program: checked before it is used, compared with the one before, written out for members."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from stream_loyalty.core.programs import load_programs
from stream_loyalty.core.review import Finding, review


def check(files: Sequence[Path]) -> list[Finding]:
    """What is found in the versions in `files`; ProgramError where one of them cannot be used at all."""
    return review(load_programs(files).versions)


def counted(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as they are printed for machines."""
    errors = sum(finding.severity == "error" for finding in findings)
    return {"errors": errors, "warnings": len(findings) - errors, "findings": msgspec.to_builtins(findings)}

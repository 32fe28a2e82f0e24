"""What a review of a program finds."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Finding(Struct, frozen=True):
    """Something that a valid program says and can hardly mean. An `error` never works; a `warning` may be meant."""

    severity: Literal["error", "warning"]
    code: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what} [{self.code}]"


def error(code: str, where: str, what: str) -> Finding:
    """Something that cannot work as it is written."""
    return Finding("error", code, where, what)


def warning(code: str, where: str, what: str) -> Finding:
    """Something that works, and that somebody should have meant."""
    return Finding("warning", code, where, what)

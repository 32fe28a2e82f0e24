"""What customers allow: the newest word counts, by its own time."""

from __future__ import annotations

import pytest

from tests.unit.support_core import Live, consent


@pytest.mark.parametrize(
    ("said", "granted"),
    [
        ([("2026-01-01", True)], True),
        ([("2026-01-01", True), ("2026-01-02", False)], False),
        ([("2026-01-02", False), ("2026-01-01", True)], False),
        ([("2026-01-01", True), ("2026-01-01", False)], False),
        # a word said again is newer than one that comes late between the two
        ([("2026-01-01", False), ("2026-01-03", False), ("2026-01-02", True)], False),
        ([("2026-01-01", True), ("2026-01-03", True), ("2026-01-02", False)], True),
    ],
)
def test_the_newest_word_counts(said: list[tuple[str, bool]], granted: bool) -> None:
    """In whichever order the words arrive."""
    live = Live().feed(*(consent(at, word) for at, word in said))
    assert live.commit().profile()["consents"] == {"marketing": granted}


def test_purposes_are_apart() -> None:
    """Each purpose has its own word."""
    live = Live().feed(consent("2026-01-01", False), consent("2026-01-02", True, "profiling"))
    assert live.commit().profile()["consents"] == {"marketing": False, "profiling": True}

"""Versions that may be published: none twice with another text, none in the past, all of one program."""

from __future__ import annotations

import pytest

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.programs import ProgramVersion, read_version
from stream_loyalty.contracts.wire import Record
from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.publishing import programs_of, to_publish
from tests.unit.support_core import program_text, version_2

NOW = parse_instant("2026-06-01T12:00:00Z")
FIRST = program_text()


def published(*texts: str) -> list[ProgramVersion]:
    """What is out after these were published on an empty topic."""
    return to_publish([], [(f"{number}.toml", text) for number, text in enumerate(texts, 1)], NOW)


def test_the_first_versions_may_be_in_force_already() -> None:
    """Later ones take effect in the future; what is out is passed over."""
    out = published(FIRST)
    assert [(one.name, one.version, one.effective_from) for one in out] == [("default", 1, "1990-01-01")]
    second = version_2("2026-06-02")
    new = to_publish(out, [("1.toml", FIRST), ("2.toml", second)], NOW)
    assert [one.version for one in new] == [2]
    assert to_publish(out + new, [("2.toml", second)], NOW) == []
    assert programs_of(out + new).at(parse_instant("2026-06-03")).version == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (program_text({"buying_days = 60": "buying_days = 61"}), r"x\.toml: default/1 is published and says something"),
        (version_2("2026-06-01"), r"x\.toml: default/2 takes effect on 2026-06-01, which is not in the future"),
        (version_2("2027-01-01", {'name = "default"': 'name = "other"'}), r"x\.toml: the program published here is 'd"),
        (version_2("2027-01-01", {'base_currency = "USD"': 'base_currency = "EUR"'}), "base_currency differs"),
        (version_2("2027-01-01", {"version = 2": "version = 0"}), r"x\.toml: version"),
        (
            version_2("2027-01-01", {'[[wallets]]\nname = "points"': '[[wallets]]\nname = "stars"'}),
            "default/1 to default/2: wallets, points: the wallet is gone, and members hold points in it",
        ),
    ],
)
def test_what_may_not_be_published_is_refused(text: str, why: str) -> None:
    """In one sentence that says what to do."""
    with pytest.raises(ProgramError, match=why):
        to_publish(published(FIRST), [("x.toml", text)], NOW)


def test_a_version_begins_later_than_anything_that_was_decided() -> None:
    """An hour ahead of now, and behind the clock of the partition that has come furthest."""
    out, given = published(FIRST), [("2.toml", version_2("2026-06-02"))]
    midnight = parse_instant("2026-06-02")
    with pytest.raises(
        ProgramError, match="default/2 takes effect on 2026-06-02, in less than 60 minutes; workers need"
    ):
        to_publish(out, given, midnight - 3_600_000)
    with pytest.raises(ProgramError, match="but partition 7 has decided up to 2026-06-02T00:00:00Z by the versions"):
        to_publish(out, given, NOW, {0: midnight - 5, 7: midnight, 8: NOW})
    assert len(to_publish(out, given, midnight - 3_600_001, {0: midnight - 1})) == 1


def test_two_versions_cannot_begin_on_one_day() -> None:
    """Also where each by itself could be published."""
    out = published(FIRST) + to_publish(published(FIRST), [("2.toml", version_2("2027-01-01"))], NOW)
    third = version_2("2027-01-01").replace("version = 2", "version = 3")
    with pytest.raises(ProgramError, match="two versions begin at the same instant"):
        to_publish(out, [("3.toml", third)], NOW)


def test_records_of_other_kinds_are_none() -> None:
    """The topic also holds what partitions adopted, under a digest."""
    [one] = published(FIRST)
    message = one.message()
    record = Record(message.topic, 0, 0, 0, message.key, message.value)
    assert read_version(record) == one
    assert read_version(Record(message.topic, 0, 0, 0, b"0123abcd-4", b"{}")) is None
    assert read_version(Record(message.topic, 0, 0, 0, message.key, None)) is None

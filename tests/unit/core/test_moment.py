"""Ids are the same in every run, and nobody else's."""

from __future__ import annotations

import uuid

import pytest

from stream_loyalty.core.moment import NAMESPACE, Moment
from stream_loyalty.core.program import parse_program
from tests.unit.support_core import DEFAULT, consent, engine_of, event, run


@pytest.mark.parametrize("number", range(64))
def test_ids_are_uuids_by_name(number: int) -> None:
    """RFC 9562, version 5: customer, cause and parts in the project's namespace."""
    moment = Moment(parse_program(DEFAULT, "p"), None, "过敏", f"m-{number}", 0, 0)
    found = uuid.UUID(moment.id("kind", "rule", 7))
    assert found.version == 5
    assert found.variant == uuid.RFC_4122
    if number == 0:
        assert str(found) == moment.id("kind", "rule", 7)
        assert found == uuid.uuid5(NAMESPACE, "过敏|m-0|kind|rule|7")


def test_no_two_customers_share_an_id() -> None:
    """Whatever characters their ids and message ids have."""
    told = {"purpose": "marketing", "granted": True}
    first = event("Consent Updated", "2026-01-01", told, user="a", messageId="b|c")
    second = event("Consent Updated", "2026-01-01", told, user="a|b", messageId="c")
    ids = [fact["id"] for fact in run([first, second, consent("2026-01-01", True)], engine=engine_of()).facts()]
    assert len(set(ids)) == 3

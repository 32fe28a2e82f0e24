"""Ids are the same in every run, and nobody else's."""

from __future__ import annotations

import uuid

from stream_loyalty.core.moment import NAMESPACE, Moment
from stream_loyalty.core.programs import load_programs
from tests.unit.support_core import consent, engine_of, event, run


def test_ids_are_uuids_by_name() -> None:
    """RFC 9562, version 5: customer, cause and parts in the project's namespace."""
    programs = load_programs()
    for number in range(64):
        moment = Moment(programs.first, programs, None, "过敏", f"m-{number}", 0, 0)
        name = f"过敏\x1fm-{number}\x1fkind\x1frule\x1f7"
        assert moment.id("kind", "rule", 7) == str(uuid.uuid5(NAMESPACE, name))


def test_no_two_customers_share_an_id() -> None:
    """Whatever characters their ids and message ids have."""
    told = {"purpose": "marketing", "granted": True}
    first = event("Consent Updated", "2026-01-01", told, user="a", messageId="b|c")
    second = event("Consent Updated", "2026-01-01", told, user="a|b", messageId="c")
    ids = [fact["id"] for fact in run([first, second, consent("2026-01-01", True)], engine=engine_of()).facts()]
    assert len(set(ids)) == 3

"""What customers allow."""

from __future__ import annotations

from collections.abc import Iterator

from stream_loyalty.contracts.clauses import clause
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.privacy import ConsentRecorded
from stream_loyalty.contracts.events.privacy import ConsentUpdatedProperties
from stream_loyalty.contracts.instants import Instant, format_instant
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.moment import Moment
from stream_loyalty.core.state import Customer


def updated(event: Event, state: Customer, moment: Moment) -> Iterator[Decision]:
    """Remember the newest word on each purpose; a word that came late does not overrule a newer one."""
    consent: ConsentUpdatedProperties = event.properties
    purposes = moment.program.consent.purposes
    if consent.purpose not in purposes:
        ground = clause("purpose-unknown", purposes=", ".join(purposes))
        yield InputIgnored(rule="consent.unknown-purpose", ref=consent.purpose, ground=ground)
        return
    _, stated_at = state.consents.get(consent.purpose, (None, 0))
    if event.at < stated_at:
        ground = clause("consent-newer", stated_at=format_instant(stated_at))
        yield InputIgnored(rule="consent.overruled", ref=consent.purpose, ground=ground)
    else:
        yield ConsentRecorded(
            rule="consent.updated", purpose=consent.purpose, granted=consent.granted, stated_at=Instant(event.at)
        )


REACTIONS = {ConsentUpdatedProperties: updated}

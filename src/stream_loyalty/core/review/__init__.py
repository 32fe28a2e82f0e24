"""Reviews of valid programs: what they say and can hardly mean. What makes one invalid is in `core.program.checks`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stream_loyalty.core.program import Program
from stream_loyalty.core.review.activities import review_activities
from stream_loyalty.core.review.conditions import review_conditions
from stream_loyalty.core.review.earning import review_earning
from stream_loyalty.core.review.finding import Finding
from stream_loyalty.core.review.people import review_people
from stream_loyalty.core.review.points import review_points
from stream_loyalty.core.review.versions import review_versions

__all__ = ["Finding", "review"]

_REVIEWS = (review_conditions, review_earning, review_points, review_people, review_activities)


def review(versions: Sequence[Program]) -> list[Finding]:
    """What is found in each version and between them, errors first; with several, places begin with the version."""
    return sorted(_found(versions), key=lambda finding: finding.severity)


def _found(versions: Sequence[Program]) -> Iterator[Finding]:
    for program in versions:
        for look in _REVIEWS:
            for finding in look(program):
                where = finding.where if len(versions) == 1 else f"{program.label}: {finding.where}"
                yield Finding(finding.severity, finding.code, where, finding.what)
    yield from review_versions(versions)

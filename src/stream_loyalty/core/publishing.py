"""Which versions of a program may be published: none that changes one that is out, none that is in force already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise

from stream_loyalty.contracts.instants import format_instant
from stream_loyalty.contracts.programs import LEAD_MS, ProgramVersion
from stream_loyalty.core.program import Program, ProgramError
from stream_loyalty.core.programs import Programs, parse_program
from stream_loyalty.core.review.versions import review_versions


def _check_ahead(program: Program, where: str, now: int, decided_to: Mapping[int, int]) -> None:
    begins = program.midnight(program.effective_from)
    what = f"{where}: {program.label} takes effect on {program.effective_from}"
    if begins <= now:
        raise ProgramError(f"{what}, which is not in the future; name a later day")
    if begins <= now + LEAD_MS:
        raise ProgramError(
            f"{what}, in less than {LEAD_MS // 60_000} minutes; workers need as long to hear of it for certain, "
            "so name a later day"
        )
    number = max(decided_to, key=lambda one: decided_to[one], default=None)
    if number is not None and decided_to[number] >= begins:
        raise ProgramError(
            f"{what}, but partition {number} has decided up to {format_instant(decided_to[number])} by the versions "
            "before it; name a later day"
        )


def programs_of(versions: Sequence[ProgramVersion]) -> Programs:
    """The program that published versions make together."""
    parsed = [parse_program(one.text, f"published version {one.name}/{one.version}") for one in versions]
    return Programs(parsed, [one.text for one in versions])


def to_publish(
    published: Sequence[ProgramVersion],
    given: Iterable[tuple[str, str]],
    now: int,
    decided_to: Mapping[int, int] | None = None,
) -> list[ProgramVersion]:
    """What is new of the files `given` (place and text) at `now` (ms).

    `decided_to`: how far each partition has decided (ms). A file that is published already is passed over. ProgramError
    for one that says something else under a published version, takes from members what `check` calls an error, or
    takes effect too soon: workers that have not heard of
    it would decide by the one before. Only the very first versions, before which nothing was published, may be in force
    already.
    """
    out = {(one.name, one.version): one for one in published}
    new: list[ProgramVersion] = []
    for where, text in given:
        program = parse_program(text, where)
        known = out.get((program.name, program.version))
        if known is not None:
            if known.text != text:
                raise ProgramError(
                    f"{where}: {program.label} is published and says something else; a published version never "
                    "changes, so raise `version` and give it an effective_from of its own"
                )
            continue
        if published and program.name != published[0].name:
            raise ProgramError(
                f"{where}: the program published here is {published[0].name!r}, not {program.name!r}; "
                "use its name, or a topic prefix of another one"
            )
        if published:
            _check_ahead(program, where, now, decided_to or {})
        version = ProgramVersion(
            name=program.name, version=program.version, effective_from=str(program.effective_from), text=text
        )
        out[program.name, program.version] = version
        new.append(version)
    if out:  # ProgramError where they do not fit together
        _check_steps(programs_of(list(out.values())), {one.label for one in new})
    return new


def _check_steps(programs: Programs, new: Set[str]) -> None:
    """What is out is not in the files, so what `check` finds between the two is looked for here."""
    for before, after in pairwise(programs.versions):
        if not {before.label, after.label} & new:
            continue
        for found in review_versions([before, after]):
            if found.severity == "error":
                raise ProgramError(f"{found.where}: {found.what}; `program check` of both files says more")

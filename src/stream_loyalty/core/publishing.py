"""Which versions of a program may be published: none that changes one that is out, none that is in force already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from stream_loyalty.contracts.programs import ProgramVersion
from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.programs import Programs, parse_program


def programs_of(versions: Sequence[ProgramVersion]) -> Programs:
    """The program that published versions make together."""
    parsed = [parse_program(one.text, f"published version {one.name}/{one.version}") for one in versions]
    return Programs(parsed, [one.text for one in versions])


def to_publish(published: Sequence[ProgramVersion], given: Iterable[tuple[str, str]], now: int) -> list[ProgramVersion]:
    """What is new of the files `given` (place and text) at `now` (ms).

    A file that is published already is passed over. ProgramError for one that says something else under a published
    version, or takes effect in the past: orders of today would be decided differently by workers that have not heard
    of it. Only the very first versions, before which nothing was published, may be in force already.
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
        if published and program.midnight(program.effective_from) <= now:
            raise ProgramError(
                f"{where}: {program.label} takes effect on {program.effective_from}, which is not in the future; "
                "name a later day, by which all workers have been restarted"
            )
        version = ProgramVersion(
            name=program.name, version=program.version, effective_from=str(program.effective_from), text=text
        )
        out[program.name, program.version] = version
        new.append(version)
    if out:
        programs_of(list(out.values()))  # ProgramError where they do not fit together
    return new

"""JSON Schemas of everything on the wire, with examples that really happened, and of a program file, for editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel

from stream_loyalty.contracts import clauses, topics
from stream_loyalty.contracts.budgets import Grant, HighValueThreshold, Tally, ValueSketch
from stream_loyalty.contracts.decision import schema_of
from stream_loyalty.contracts.decisions import DECISIONS, NAME_OF_TYPE, published
from stream_loyalty.contracts.events import EVENT_MODELS
from stream_loyalty.contracts.models import ModelWeights, TrainerState
from stream_loyalty.contracts.operators import LEFT_OUT, MODEL_CHANGED, AlertsLeftOut, ModelChanged
from stream_loyalty.contracts.programs import Adopted, ProgramVersion
from stream_loyalty.core.program import Program
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.simulate.examples import story_told

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def generate() -> dict[str, str]:
    """Every schema by its path below the schemas folder, as JSON text; and the words of the codes in messages."""
    return {path: _text(path, schema) for path, schema in _schemas()} | {"words.json": _formatted(clauses.table())}


def program_schema() -> str:
    """The schema of a program file alone, as JSON text."""
    return _text("program.json", Program.model_json_schema())


def write(folder: Path) -> list[str]:
    """Write the schemas that differ into `folder`, remove those that are no more; returns their paths."""
    wanted, changed = generate(), []
    for path in drift(folder):
        changed.append(path)
        target = folder / path
        if path in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(wanted[path], "utf-8")
        else:
            target.unlink()
    return changed


def drift(folder: Path) -> list[str]:
    """Paths in `folder` that are not what the contracts say: changed, missing, or too many."""
    if folder.exists() and not folder.is_dir():
        raise StreamLoyaltyError(f"{folder} is not a folder; name the one that holds the schemas with --dir")
    wanted = generate()
    found = {str(file.relative_to(folder)): file.read_text("utf-8") for file in folder.rglob("*.json")}
    return sorted(path for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "program.json", Program.model_json_schema()
    for event in EVENT_MODELS:
        yield f"events/{_slug(event.__name__)}.json", event.model_json_schema()
    examples = _examples()
    for decision in DECISIONS:
        if not decision.receipt and decision.topic is None:
            continue  # it stays within the engine
        schema = schema_of(published(decision))
        schema["examples"] = [msgspec.json.decode(examples[decision.__name__])]
        yield f"messages/{decision.type}.json", schema
    about_nobody: dict[bytes, type[BaseModel]] = {LEFT_OUT: AlertsLeftOut, MODEL_CHANGED: ModelChanged}
    for kind, notice in about_nobody.items():
        schema = notice.model_json_schema(mode="serialization")
        if notice.__name__ in examples:  # nothing changes the model in the story
            schema["examples"] = [msgspec.json.decode(examples[notice.__name__])]
        yield f"messages/{kind.decode()}.json", schema
    wire: tuple[type[BaseModel], ...] = (
        *(ModelWeights, TrainerState, Grant, HighValueThreshold, Tally, ValueSketch, ProgramVersion, Adopted),
    )
    for model in wire:
        yield f"models/{_slug(model.__name__)}.json", model.model_json_schema(mode="serialization")


def _examples() -> dict[str, bytes]:
    """A message body of every kind, from a story that the engine really ran."""
    bodies: dict[str, bytes] = {}
    for message in story_told():
        if message.topic in (topics.DECISIONS, topics.TRAINING):
            kind = dict(message.headers)["ce_type"].decode()
            bodies.setdefault(NAME_OF_TYPE[kind], message.value or b"")
        elif ("ce_type", LEFT_OUT) in message.headers:
            bodies.setdefault(AlertsLeftOut.__name__, message.value or b"")
    return bodies


def _text(path: str, schema: dict[str, Any]) -> str:
    whole = {
        "$schema": _DIALECT,
        "$id": f"urn:stream-loyalty:{path.removesuffix('.json').replace('/', ':')}",
        **schema,
    }
    return _formatted(whole)


def _formatted(body: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(body), indent=2).decode() + "\n"


def _slug(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")

"""What a new policy has to be entered in: what is written and not entered does nothing, and says nothing."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from stream_loyalty.contracts import decisions, events
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions import DECISIONS
from stream_loyalty.contracts.decisions.adjusting import AdjustmentRefused
from stream_loyalty.contracts.decisions.alerts import AlertEscalated
from stream_loyalty.contracts.decisions.benefits import BenefitRefused
from stream_loyalty.contracts.decisions.guests import GuestClaimRefused
from stream_loyalty.contracts.decisions.inputs import InputIgnored
from stream_loyalty.contracts.decisions.points import PointsNotGranted
from stream_loyalty.contracts.decisions.privacy import CustomerErased
from stream_loyalty.contracts.decisions.redemption import RedemptionRefused
from stream_loyalty.contracts.events import EVENT_MODELS
from stream_loyalty.contracts.track import Track
from stream_loyalty.core import policies
from stream_loyalty.core.evolve import CHANGES
from stream_loyalty.core.policies import POLICIES
from stream_loyalty.core.program import Program
from stream_loyalty.core.programs import load_programs
from tests.support import EVERYTHING

CHANGES_NOTHING = {  # refusals and notices; of who is erased the engine drops the whole state
    AdjustmentRefused,
    AlertEscalated,
    BenefitRefused,
    CustomerErased,
    GuestClaimRefused,
    InputIgnored,
    PointsNotGranted,
    RedemptionRefused,
}
NO_CAPABILITIES = {"effects_from", "rates", "high_value"}  # high value: a file of thresholds stands beside the program


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(package.__path__):
        yield import_module(f"{package.__name__}.{found.name}")


def written_in(package: ModuleType, base: type, mark: str) -> set[type]:
    """The classes of a package that are a `base` and say themselves what `mark` is."""
    found = {one for module in modules_of(package) for one in vars(module).values() if isinstance(one, type)}
    kinds = {one for one in found if issubclass(one, base)} - {base}
    return {one for one in kinds if mark in {*vars(one), *vars(one).get("__annotations__", ())}}


def test_every_event_is_in_the_list_of_its_module_and_that_in_the_list_of_all() -> None:
    """Else events of its name pass by, as those that the engine does not know."""
    assert written_in(events, Track, "event") == set(EVENT_MODELS)


def test_every_decision_is_in_the_list_of_its_module_and_that_in_the_list_of_all() -> None:
    """Else it has no schema, no example, and no words."""
    assert written_in(decisions, Decision, "type") == set(DECISIONS)


def test_every_policy_is_asked() -> None:
    """A module with reactions that POLICIES does not name would never hear of anything."""
    assert {one for one in modules_of(policies) if hasattr(one, "REACTIONS")} == set(POLICIES)


def test_every_decision_changes_a_state_or_is_said_to_change_nothing() -> None:
    """What `core/evolve.py` does not know of passes it by without a word."""
    assert set(DECISIONS) - CHANGES.keys() == CHANGES_NOTHING


def test_the_program_with_everything_has_everything() -> None:
    """The conformance suite, the chaos runs and the storefront know a capability from this file."""
    given = load_programs([EVERYTHING]).latest.model_fields_set
    assert set(Program.model_fields) - given == NO_CAPABILITIES

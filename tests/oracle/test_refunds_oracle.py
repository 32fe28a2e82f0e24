"""The engine and the journal of ``refunds`` agree on every customer; wrong rules in the journal's place do not.

The engine is run as its users run it: ``stream-loyalty replay`` in a process of its own, NDJSON in, NDJSON out.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.support.live import run

from .cdnow import END, Purchase, read
from .refund_feed import feed, lines
from .refunds import Book, Event, Kind, Standing, Terms, histories, settle
from .wrong_rules import WRONG

DAY = timedelta(days=1)
DEFAULT = Terms(Fraction(1), 365 * DAY, 400 * DAY)
SHORT = Terms(Fraction(3, 4), 100 * DAY, 380 * DAY)
PROGRAMS = {"default": DEFAULT, "short": SHORT}
SEEDS = (1, 2, 3)
PARTS = 157  # each seed has one part of the customers to itself: about 150 of them

DEFAULT_FILE = Path(__file__).parents[2] / "src/stream_loyalty/programs/default.toml"
MOVEMENTS = ("earned", "reversed", "expired", "spent")


# --- the engine's word --------------------------------------------------------------------------------


def program_file(terms: Terms, home: Path) -> Path:
    """The default program with other terms."""
    text = DEFAULT_FILE.read_text()
    for name, value in {
        "orders_days": str(terms.horizon.days),
        "expires_after_days": str(terms.life.days),
        "points_per_unit": f'"{float(terms.per_dollar)}"',
    }.items():
        text, times = re.subn(rf"^{name} = \S+", f"{name} = {value}", text, flags=re.MULTILINE)
        assert times == 1, name
    path = home / "program.toml"
    path.write_text(text)
    return path


def engine(events: Sequence[Event], terms: Terms, home: Path, seconds: float = 60) -> dict[str, Standing]:
    """Every customer after a replay; the default terms are those of the program that the product brings along."""
    (home / "events.ndjson").write_text("\n".join(lines(events)) + "\n")
    program = [] if terms == DEFAULT else ["--program", str(program_file(terms, home))]
    command = ["replay", str(home / "events.ndjson"), *program, "--out", str(home), "--advance-to", str(END.date())]
    run(command, seconds=seconds)
    return standings(home)


def standings(results: Path) -> dict[str, Standing]:
    """What the files of a replay say."""
    assert not rows(results, "dead-letters")
    posted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for reward in rows(results, "rewards"):
        for posting in reward["data"].get("postings", ()):
            posted[reward["subject"]][reward["type"].removeprefix("loyalty.points.")] += posting["points"]
    told: defaultdict[str, set[str]] = defaultdict(set)
    for alert in rows(results, "alerts"):
        if alert["data"].get("kind") == "data-quality":
            told[alert["subject"]].add(alert["data"]["ref"])
    found = {}
    for row in rows(results, "customers"):
        who, sums = row["user_id"], posted[row["user_id"]]
        assert row["spend"].keys() <= {"USD"}
        assert row["balances"].keys() == {"points"}
        assert sums.keys() <= set(MOVEMENTS)
        assert sums.total() == row["balances"]["points"], who
        found[who] = Standing(
            orders=row["orders"],
            cents=row["spend"].get("USD", 0),
            balance=row["balances"]["points"],
            debt=row["debts"].get("points", 0),
            lots={lot["lot"]: lot["points"] for lot in row["lots"]},
            earned=sums["earned"],
            reversed=-sums["reversed"],
            expired=-sums["expired"],
            spent=-sums["spent"],
            told=frozenset(told[who]),
        )
    return found


def rows(results: Path, name: str) -> list[Any]:
    return [json.loads(line) for line in (results / f"{name}.ndjson").read_text().splitlines()]


def assert_agree(found: Mapping[str, Standing], expected: Mapping[str, Standing], events: Sequence[Event]) -> None:
    """Customer by customer; a difference is shown with all that happened to the first one."""
    assert found.keys() == expected.keys()
    wrong = [who for who in sorted(expected) if found[who] != expected[who]]
    if wrong:
        story = "\n".join(lines(event for event in events if event.customer == wrong[0]))
        pytest.fail(f"{len(wrong)} differ; engine {found[wrong[0]]}\noracle {expected[wrong[0]]}\n{story}")


@dataclass
class Case:
    """A feed of all seeds under one program, and what the engine made of it."""

    terms: Terms
    events: list[Event]
    seeds: dict[int, list[Event]]
    found: dict[str, Standing]


@pytest.fixture(scope="module")
def purchases(cdnow_file: Path) -> list[Purchase]:
    return read(cdnow_file)


@pytest.fixture(scope="module", params=PROGRAMS)
def case(request: pytest.FixtureRequest, purchases: list[Purchase], tmp_path_factory: pytest.TempPathFactory) -> Case:
    terms = PROGRAMS[request.param]
    seeds = {seed: feed(part_of(purchases, seed), seed, terms) for seed in SEEDS}
    events = [event for seed in SEEDS for event in seeds[seed]]
    return Case(terms, events, seeds, engine(events, terms, tmp_path_factory.mktemp(request.param)))


def part_of(purchases: Sequence[Purchase], part: int) -> list[Purchase]:
    return [purchase for purchase in purchases if int(purchase.customer) % PARTS == part]


def test_engine_and_journal_agree(case: Case) -> None:
    """Orders, spend, balance, debt, lots; the sums earned, reversed, expired and spent; orders told about."""
    expected = settle(case.events, case.terms)
    assert_agree(case.found, expected, case.events)
    for way in ("debt", "reversed", "expired", "spent"):
        assert sum(getattr(one, way) for one in case.found.values()), way


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("program", PROGRAMS)
def test_they_agree_on_all_of_cdnow(program: str, purchases: list[Purchase], tmp_path: Path) -> None:
    """All 23,570 customers, with a seed of their own."""
    terms = PROGRAMS[program]
    events = feed(purchases, 11, terms)
    expected = settle(events, terms)
    assert len(expected) == 23_570
    assert_agree(engine(events, terms, tmp_path, seconds=1000), expected, events)


# --- wrong rules are noticed ----------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", WRONG, ids=lambda book: book.__name__)
def test_a_wrong_rule_is_noticed(case: Case, wrong: type[Book]) -> None:
    """The feed of each seed alone reaches what sets a wrong rule apart from the engine."""
    for seed, events in case.seeds.items():
        stories = histories(events).items()
        noticed = any(wrong(case.terms).live(story, END) != case.found[who] for who, story in stories)
        assert noticed, f"seed {seed} has no customer who would notice"


# --- the journal itself -----------------------------------------------------------------------------------

# Day of a story that begins on 1997-01-01, what happens, to which order or redemption, cents or points, refund id.
Happening = tuple[float, Kind, str, int | None, str | None]

HAND_WORKED: dict[str, tuple[list[Happening], dict[str, object]]] = {
    "a part, twice": (
        [(0, "order", "a", 1099, None), (1, "refund", "a", 100, "1"), (2, "refund", "a", 100, "2")],
        {"orders": 1, "cents": 899, "earned": 10, "reversed": 2, "balance": 8, "lots": {"a": 8}},
    ),
    "spent before, so owed, and repaid": (
        [
            (0, "order", "a", 1000, None),
            (1, "redemption", "p", 8, None),
            (2, "refund", "a", None, None),
            (3, "order", "b", 1000, None),
        ],
        {"orders": 1, "cents": 1000, "earned": 20, "reversed": 10, "spent": 8, "balance": 2, "lots": {"b": 2}},
    ),
    "owed at the end": (
        [(0, "order", "a", 1000, None), (1, "redemption", "p", 8, None), (2, "cancellation", "a", None, None)],
        {"earned": 10, "reversed": 10, "spent": 8, "balance": -8, "debt": 8},
    ),
    "own lot first, then what expires first": (
        [
            (0, "order", "a", 1000, None),
            (1, "order", "b", 1000, None),
            (2, "order", "c", 1000, None),
            (3, "redemption", "p", 4, None),
            (4, "refund", "c", None, None),
            (5, "refund", "a", None, None),
        ],
        {"orders": 1, "cents": 1000, "earned": 30, "reversed": 20, "spent": 4, "balance": 6, "lots": {"b": 6}},
    ),
    "not what had expired": (
        [(0, "order", "a", 1000, None), (5, "redemption", "p", 3, None), (101, "refund", "a", None, None)],
        {"earned": 10, "spent": 3, "expired": 7, "reversed": 3, "balance": -3, "debt": 3},
    ),
    "on the last day, before it expires": (
        [(0, "order", "a", 1000, None), (100, "refund", "a", 400, "1")],
        {"orders": 1, "cents": 600, "earned": 10, "reversed": 4, "expired": 6},
    ),
    "before the order, and after the horizon": (
        [(0, "refund", "a", 400, "1"), (1, "order", "a", 1000, None), (381, "refund", "a", 400, "2")],
        {"orders": 1, "cents": 1000, "earned": 10, "expired": 10, "told": {"a"}},
    ),
    "too much to spend": (
        [(0, "order", "a", 199, None), (1, "redemption", "p", 2, None), (2, "redemption", "q", 1, None)],
        {"orders": 1, "cents": 199, "earned": 1, "spent": 1},
    ),
}


@pytest.mark.parametrize("name", HAND_WORKED)
def test_journal_on_cases_worked_by_hand(name: str) -> None:
    """A point per dollar, lots of 100 days, a horizon of 380, up to the last day of the story."""
    story, expected = HAND_WORKED[name]
    start = datetime(1997, 1, 1, tzinfo=UTC)
    events = [
        Event(start + day * DAY, "x", f"m{place}", kind, subject, amount, refund)
        for place, (day, kind, subject, amount, refund) in enumerate(story)
    ]
    standing = settle(events, SHORT._replace(per_dollar=Fraction(1)), events[-1].at)["x"]
    nothing = {name: type(value)() for name, value in standing._asdict().items()}
    assert standing._asdict() == nothing | expected


def test_feed_is_the_same_for_the_same_seed(purchases: list[Purchase]) -> None:
    """Whatever else is in the file, and whatever order it has; another seed makes another feed."""
    few = part_of(purchases, 1)
    assert feed(few[::-1], 1, SHORT) == feed(few, 1, SHORT) != feed(few, 2, SHORT)
    both = feed(few + part_of(purchases, 2), 1, SHORT)
    assert [event for event in both if int(event.customer) % PARTS == 1] == feed(few, 1, SHORT)

"""What somebody is told whose program file cannot be used: one sentence with place and remedy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.programs import LARGEST_BYTES, load_programs, parse_program, program_of
from stream_loyalty.core.review import review
from tests.unit.support_core import SHIPPED, program_text

RULE = '\n[[earning.rules]]\nname = "tea"\n'


def why(text: str) -> str:
    with pytest.raises(ProgramError) as caught:
        parse_program(text, "club.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("time_zone =", "timezone =", "there is no section or field 'timezone' here; did you mean 'time_zone'?"),
        ("[churn]", "[chrun]", "there is no section or field 'chrun' here; did you mean 'churn'?"),
        (
            "expires_after_days",
            "expire_after_days",
            "wallets, points: there is no field 'expire_after_days' here; did you mean 'expires_after_days'?",
        ),
        (
            "[lifecycle]",
            "[x.lifecycle]",
            "there is no section or field 'x' here; `program schema` lists what there is",
        ),
        ('name = "default"\n', "", "name is missing: what members know it by"),
        ("buying_days = 60", 'buying_days = "sixty"', "silence.buying_days: wants a whole number, not 'sixty'"),
        ("buying_days = 60", "buying_days = true", "silence.buying_days: true answers yes or no"),
        ("buying_days = 60", "buying_days = -60", "silence.buying_days: -60 has to be more than 0"),
        ("holds_days = 365", "holds_days = 365.5", "levels.holds_days: wants a whole number, not 365.5"),
        ("[[wallets]]", "[wallets]", "wallets: wants a list in square brackets; of tables each begins with its name"),
        ("from = 1990-01-01", "from = 1990-02-30", "line 4, 'effective_from = 1990-02-30"),
        ("from = 1990-01-01", "from = 1990-02-30", "there is no such day"),
        ("from = 1990-01-01", 'from = "monday"', "effective_from: wants a day without quotes and time, like 2027"),
        ("from = 1990-01-01", "from = 19900101", "effective_from: wants a day without quotes and time, like 2027"),
        ("version = 1", "version = 1\nversion = 2", "line 4, 'version = 2': this stands there twice"),
        ("[churn]", "[churn]\n[churn]", "[churn] stands there twice; keep one"),
        ('"silver", spend', '"silver, spend', "look for a missing quote, comma, bracket or ="),
        ("version = 1", "version 1", "line 3, 'version 1': expected '='"),
        ('spend = "100"', 'spend = "400"', "gold: it takes 300 and silver before it 400; each level has to take more"),
        ('spend = "100"', 'spend = "-100"', "levels.steps, silver, spend: '-100' has to be at least 0"),
        ('spend = "100"', "points = 100", "levels: steps, silver: levels go by spend; take points out"),
        ('{ name = "regular" }', '{ name = "regular", spend = "1" }', "regular: the lowest level takes nothing"),
        ('name = "answer-vip"\nwhen = [{ fact = "high_value"', 'name = "answer-vip"\nwhen = [{ fact = "cause"',
         "service.actions, answer-vip: there is no fact 'cause' here; there are band, high_value, level"),
        ("[horizon]", "[guests]\nclaim_within_days = 500\n[horizon]", "not be less than guests.claim_within_days"),
        ("[levels]", '[levels]\nfast_track = [{ level = "gold", orders = 9, within_days = 400 }]',
         "orders_days must be more than within_days of levels.fast_track"),
        ("expires_after_days = 365", "expires_after_days = 9\nactivates_after_days = 9", "let them expire later"),
        ("from_day = 31", "from_day = 131", "mature: it begins at day 91 and growing before it at day 131"),
        ('"USD"', '"usd"', "base_currency: 'usd' is not a currency of ISO 4217; write its three capital letters"),
        ('"UTC"', '"Beijing"', "time_zone: 'Beijing' is not in the IANA database; write one like Asia/Shanghai"),
        ('{ name = "price" }', '{ name = "pricey" }', "is not possible here; did you mean 'price'?"),
        ('["Product Added"]', '["Product Aded"]', "is called 'Product Aded'; did you mean 'Product Added'?"),
        ('name = "gold"', 'name = "gold\\u0000"', "levels.steps, gold?, name: 'gold\\x00' is not written"),
        ('name = "gold"', f'name = "{"g" * 101}"', "it has to have at most 100 characters"),
        ("expires_after_days = 365", 'expires_on = "02-30"', "expires_on: not every year has a 02-30; take 02-28"),
        ("expires_after_days = 365", 'expires_on = "31-12"', "write month and day, like 12-31"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_there(before: str, after: str, told: str) -> None:
    """Found by its place and name, with what to write instead."""
    said = why(program_text().replace(before, after, 1))
    assert said.startswith("club.toml: ")
    assert told in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        (f"{RULE}point = 5", "earning.rules, tea: there is no field 'point' here; did you mean 'points'?"),
        (RULE, "earning.rules, tea: give exactly one of points_per_unit, points, multiplier"),
        (f'{RULE}points = 5\nhours = ["18:00", "24:00"]', 'wants a time of the day from "00:00" to "23:59", not'),
        (f"{RULE}points = 5\nfrom = 2026-05-01\nuntil = 2026-04-01", "until 2026-04-01 is before from 2026-05-01"),
        (f"{RULE}points = 5\nbudget = {{ points = 9 }}", "earning.rules, tea, budget: owner is missing: who answers"),
        (f'{RULE}points = 5\nwhen = [{{ fact = "levl", is = "gold" }}]', "there is no fact 'levl' here; there are"),
        (f'{RULE}points = 5\nwhen = [{{ fact = "basket", at_least = 5, below = 9 }}]', "two bounds are two conditions"),
        ('\n[[earning.rules]]\nname = "per-unit"\npoints = 5', "the name 'per-unit' stands there twice; give one of"),
        ("".join(f'{RULE.replace("tea", str(n))}points = 5\n' for n in range(1000)), "earning.rules: a list of 1001"),
        ('\n[[redemption.catalog]]\nname = "mug"\npoints = 9\nwallet = "stars"', "mug: there is no wallet 'stars'"),
        ('\n[[redemption.catalog]]\nname = "mug"\npoints = 9\nkind = "vouchr"', "mug, kind: 'vouchr' is not possible"),
        ('\n[[rates]]\ncurrency = "EUR"\nfrom = 2026-01-01\nrate = "1,1"', 'rates, EUR, rate: wants a number, like'),
        ('\n[[benefits]]\nname = "lounge"\nlayer = "level"', "benefits, lounge: layer level takes levels"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_added(extra: str, told: str) -> None:
    """By the name of the rule, reward or rate."""
    assert told in why(program_text(extra=extra))


def test_two_mistakes_are_counted() -> None:
    """The first is told, the others are on their way; a misspelt section comes before the one that lacks."""
    said = why(program_text({"[lifecycle]": "[lifecycles]", "buying_days = 60": "buying_days = 0"}))
    assert "did you mean 'lifecycle'? (and 2 more mistakes)" in said
    assert "the section [lifecycle] is missing; the default program has one" in why(
        program_text().split("[lifecycle]")[0]
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "says nothing; begin with a copy"),
        (b"# later\n", "says nothing; begin with a copy"),
        (b'name = "a"\nb = "\xe9"\n', ", line 2: this is not UTF-8; save the file as UTF-8 text"),
        (SHIPPED.encode("utf-16"), "this is not UTF-8"),
        (b'{"name": "club"}', "a program is no JSON or YAML but TOML"),
        (b"\x00\x01", "line 1,"),
        (b"a = " + b"[" * 10_000, "brackets in brackets, hundreds deep"),
        (b'a = """\n', "it ends in the middle of something"),
        (b"#" * (LARGEST_BYTES + 1), "has more than 500,000 bytes; is it a program at all?"),
    ],
)
def test_a_file_that_is_no_program(content: bytes, told: str, tmp_path: Path) -> None:
    """In one line, with the file's name, however large it is."""
    file = tmp_path / "club.toml"
    file.write_bytes(content)
    with pytest.raises(ProgramError) as caught:
        load_programs([file])
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_of_other_systems_are_read(tmp_path: Path) -> None:
    """Carriage returns and a mark of the encoding, as editors on Windows write them; no file, or a folder."""
    file = tmp_path / "club.toml"
    file.write_bytes(b"\xef\xbb\xbf" + SHIPPED.replace("\n", "\r\n").encode())
    assert load_programs([file]).first == parse_program(SHIPPED, "")
    for missing in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(ProgramError, match=r"cannot be read: (Is a directory|No such file)"):
            load_programs([missing])


ODD: tuple[Any, ...] = (
    *("", "\x00", "x" * 300, -1, 0, 10**30, 1.5, float("nan"), float("inf"), True),
    *(date(1, 1, 1), datetime(2026, 1, 1), time(1), [], [[]], {}, {"x": 1}, [{"name": []}]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything stands in a program; of lists the first entry."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def test_whatever_stands_anywhere_it_is_one_sentence_or_a_program() -> None:
    """Every value of an example exchanged for everything that TOML can say: no traceback, also not in the review."""
    file = Path(__file__).parents[3] / "deploy/programs/fashion.toml"
    given = tomllib.loads(file.read_text("utf-8"))
    told, usable = set(), 0
    for path in places(given):
        for odd in ODD:
            changed = deepcopy(given)
            at = changed
            for key in path[:-1]:
                at = at[key]
            at[path[-1]] = odd
            try:
                review([program_of(changed, "club.toml")])
                usable += 1
            except ProgramError as error:
                told.add(str(error))
    assert usable > 100
    assert len(told) > 1000
    assert [one for one in told if "\n" in one or len(one) > 600 or "Input should" in one] == []

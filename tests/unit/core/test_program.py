"""Programs and thresholds: one clear sentence for each mistake; dated values; conditions that explain themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.core.dated import Dated
from stream_loyalty.core.program import ProgramError
from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.programs import Programs, load_programs, parse_program
from stream_loyalty.core.thresholds import Thresholds, load_thresholds
from tests.unit.support_core import DEFAULT, EUR, engine_of, event, order, program_text, run, version_2

SILVER = '{ name = "silver", spend = "100" }'
SIGNAL = 'name = "browsing"\ndays = 7'


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('name = "default"', "name = default", "line 2"),
        ('name = "default"', "", "name"),
        ("version = 1", "version = 0", "version"),
        ("version = 1", "version = 1\nbudget = 5", "budget"),
        ("effective_from = 1990-01-01", 'effective_from = "soon"', "effective_from"),
        ('time_zone = "UTC"', 'time_zone = "Mars/Olympus"', "time_zone"),
        ('time_zone = "UTC"', 'time_zone = ""', "time_zone"),
        ('base_currency = "USD"', 'base_currency = "XYZ"', "base_currency"),
        ("orders_days = 400", "orders_days = 365", "horizon.orders_days"),
        ("orders_days = 400", "orders_days = -1", "horizon.orders_days"),
        ("messages = 64", "messages = 0", "horizon.messages"),
        ('points_per_unit = "1"', 'points_per_unit = "0"', "earning.rules, per-unit, points_per_unit"),
        ("expires_after_days = 365", 'expires_after_days = "a year"', "wallets, points, expires_after_days"),
        (
            "expires_after_days = 365",
            "expire_after_days = 365",
            "wallets, points: there is no field 'expire_after_days'",
        ),
        (SILVER, '{ name = "silver", spend = "500" }', "levels"),
        (SILVER, '{ name = "silver", spend = "-1" }', "levels.steps, silver, spend"),
        (SILVER, '{ name = "silver", spend = "lots" }', "levels.steps, silver, spend"),
        ("from_day = 31", "from_day = 91", "lifecycle"),
        ("days = 7", "days = 0", "silence.signals, browsing, days"),
        ('{ fact = "band", is = "new" }', '{ fact = "band" }', "silence.actions, return-gift, when, band"),
        (
            '{ fact = "band", is = "new" }',
            '{ fact = "band", is = "new", below = 3 }',
            "silence.actions, return-gift, when, band",
        ),
        (
            '{ fact = "band", is = "new" }',
            '{ fact = "band", matches = "n.*" }',
            "silence.actions, return-gift, when, band",
        ),
        (
            'name = "cause-offer"',
            'name = "cause-offer"\nwhen = [{ fact = "band", is = "mature" }]',
            "silence.actions",
        ),
        ('severity = "critical"', 'severity = "bad"', "silence.actions, vip-call, severity"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(before: str, after: str, place: str) -> None:
    """The sentence names the file and the place in it."""
    with pytest.raises(ProgramError) as caught:
        Programs([parse_program(program_text({before: after}), "/etc/program.toml")])
    sentence = str(caught.value)
    assert sentence.startswith("/etc/program.toml")
    assert place in sentence
    assert "\n" not in sentence
    assert len(sentence) < 300


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        ({SILVER: '{ name = "silver", spend = "100.001" }'}, ""),
        ({'spend = "1000"': 'spend = "1e13"'}, ""),
        ({SILVER: '{ name = "regular", spend = "100" }'}, ""),
        ({'name = "mature"': 'name = "new"'}, ""),
        ({'name = "cart"': 'name = "browsing"'}, ""),
        ({'base_currency = "USD"': 'base_currency = "JPY"', SILVER: '{ name = "silver", spend = "100.5" }'}, ""),
        ({}, '\n[[redemption.catalog]]\nname = "mug"\npoints = 5\nvalue = "4.999"\n'),
        ({}, '\n[[redemption.catalog]]\nname = "mug"\npoints = 5\nvalue = "1e12"\n'),
        ({}, EUR + EUR),
        ({}, EUR.replace("EUR", "EURO")),
        ({"deadline_hours = 24": "deadline_hours = 999999999"}, ""),
        ({"from_day = 91": "from_day = 99999999999"}, ""),
        ({"expires_after_days = 365": "expires_after_days = 1000"}, ""),
    ],
    ids=[
        "level-fraction",
        "level-huge",
        "level-twice",
        "band-twice",
        "signal-twice",
        "level-fraction-yen",
        "reward-fraction",
        "reward-huge",
        "rate-twice",
        "rate-of-no-currency",
        "deadline-endless",
        "band-endless",
        "lots-outlive-orders",
    ],
)
def test_what_would_stop_a_worker_later_is_told_when_the_program_is_read(changes: dict[str, str], extra: str) -> None:
    """A program that is accepted never fails on an event."""
    with pytest.raises(ProgramError):
        Programs([parse_program(program_text(changes, extra), "program.toml")])


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Shanghai"])
def test_what_ends_with_the_calendar_never_ends(zone: str) -> None:
    """The last day that can be written down stands for none."""
    for_ever = "from = 0001-01-01\nuntil = 9999-12-31\n"
    text = program_text(
        {'time_zone = "UTC"': f'time_zone = "{zone}"'},
        f"""
[[earning.rules]]
name = "welcome"
points = 5
{for_ever}
[[redemption.catalog]]
name = "mug"
points = 50
{for_ever}
[[activities]]
name = "review"
event = "Product Reviewed"
points = 7
{for_ever}""",
    )
    feed = [order("2026-01-01", "o-1", 80), event("Product Reviewed", "2026-01-02", {"product_id": "tea-7"})]
    asked = event("Points Redemption Requested", "2026-01-03", {"redemption_id": "r-1", "reward": "mug"})
    assert run([*feed, asked], engine=engine_of(text)).balance == 80 + 5 + 7 - 50


def test_a_version_that_is_put_off_for_ever_never_begins() -> None:
    """Not even a birthday is looked for in the year after the last one."""
    text = version_2("9999-12-31", extra="\n[birthday]\npoints = 5\n")
    birthday = event("Profile Updated", "2026-01-02", {"birthday": "02-29"})
    for programs in ((text,), (program_text(extra="\n[birthday]\npoints = 5\n"), text)):
        outcome = run([order("2026-01-01", "o-1", 80), birthday], engine=engine_of(*programs))
        assert outcome.balance == 80


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a directory, or no text: the sentence names the file."""
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "none.toml", tmp_path, binary):
        with pytest.raises(ProgramError, match=r"cannot be read|is not UTF-8") as caught:
            load_programs([file])
        assert str(file) in str(caught.value)
        with pytest.raises(ProgramError, match=r"cannot be read|is not UTF-8"):
            load_thresholds(file, parse_program(DEFAULT, "default"))


def test_the_version_in_force() -> None:
    """By the event's time, from midnight in the program's zone; before the first version the first."""
    shanghai = {'time_zone = "UTC"': 'time_zone = "Asia/Shanghai"'}
    texts = [version_2("2026-02-01", shanghai), program_text(shanghai)]
    programs = Programs([parse_program(text, "p") for text in texts], texts)
    assert [
        programs.at(parse_instant(at)).version
        for at in ("1980-01-01", "2026-01-31T15:59:59.999Z", "2026-01-31T16:00:00Z")
    ] == [1, 1, 2]
    assert (programs.first.version, programs.latest.version) == (1, 2)


def test_two_versions_of_one_day_are_refused() -> None:
    """Which of them applied could not be told."""
    texts = [program_text(), program_text({"version = 1": "version = 2"})]
    with pytest.raises(ProgramError, match="effective_from"):
        Programs([parse_program(text, "p") for text in texts], texts)


def test_the_digest_is_that_of_the_content() -> None:
    """The order of the files does not matter, every byte of them does."""
    texts = [program_text(), version_2("2026-02-01")]
    parsed = [parse_program(text, "p") for text in texts]
    assert Programs(parsed, texts).digest == Programs(parsed[::-1], texts[::-1]).digest
    assert Programs(parsed, texts).digest != Programs(parsed, [texts[0], texts[1] + "#"]).digest


@pytest.mark.parametrize(
    ("minor", "currency", "at", "base"),
    [
        (1234, "USD", "1991-01-01", 1234),
        (1000, "EUR", "2020-01-01", 1100),
        (1000, "EUR", "2019-12-31T23:59:59.999Z", None),
        (1000, "GBP", "2026-01-01", None),
        (1000, "JPY", "2026-01-01", 700),  # 1,000 yen at 0.007
        (1000, "KWD", "2026-01-01", 325),  # 1.000 dinar at 3.25
        (5, "EUR", "2026-01-01", 6),  # 5.5 cents, to even
    ],
)
def test_rates(minor: int, currency: str, at: str, base: int | None) -> None:
    """Minor units to minor units by the rate of the day, whatever the exponents; None without a rate."""
    rows = [("JPY", "0.007"), ("KWD", "3.25")]
    extra = EUR + "".join(f'\n[[rates]]\ncurrency = "{c}"\nfrom = 2020-01-01\nrate = "{rate}"\n' for c, rate in rows)
    assert parse_program(program_text(extra=extra), "p").to_base(minor, currency, parse_instant(at)) == base


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[high_value]", "line"),
        ("", "high_value"),
        ('[[high_value]]\nfrom = 2026-01-01\nlifetime_value = "-5"', "high_value, number 1, lifetime_value"),
        ('[[high_value]]\nfrom = 2026-01-01\nlifetime_value = "0.001"', "decimal places"),
        ('[[high_value]]\nfrom = "x"\nlifetime_value = "5"', "high_value, number 1, from"),
        (
            '[[high_value]]\nfrom = 2026-01-01\nlifetime_value = "5"\nbonus = 1',
            "high_value, number 1: there is no field 'bonus'",
        ),
        ('[[high_value]]\nfrom = 2026-01-01\nlifetime_value = "5"\n' * 2, "same instant"),
    ],
)
def test_mistakes_in_thresholds(text: str, place: str) -> None:
    """One sentence, with the file and the place."""
    with pytest.raises(ProgramError, match=r"^values\.toml") as caught:
        Thresholds(text, parse_program(DEFAULT, "default"), "values.toml")
    assert place in str(caught.value)


def test_dated_values() -> None:
    """The value in force is the last that has begun."""
    dated = Dated([(10, "b"), (0, "a")])
    assert [dated.at(time) for time in (-1, 0, 9, 10, 99)] == [None, "a", "a", "b", "b"]
    assert Dated[int]().at(5) is None


@pytest.mark.parametrize(
    ("condition", "facts", "missing"),
    [
        ({"fact": "band", "is": "new"}, {"band": "new"}, None),
        ({"fact": "band", "is": "new"}, {"band": "mature"}, "wanted band is new; saw mature"),
        ({"fact": "band", "is": "new"}, {"band": None}, "wanted band is new; saw none"),
        ({"fact": "band", "is": "new"}, {}, "wanted band is new; saw none"),
        ({"fact": "high_value", "is": False}, {"high_value": False}, None),
        ({"fact": "band", "one_of": ["new", "growing"]}, {"band": "growing"}, None),
        (
            {"fact": "band", "one_of": ["new", "growing"]},
            {"band": "mature"},
            "wanted band is one of new, growing; saw mature",
        ),
        ({"fact": "orders", "at_least": 0}, {"orders": 0}, None),
        ({"fact": "orders", "at_least": 3}, {"orders": 2}, "wanted orders is at least 3; saw 2"),
        ({"fact": "orders", "below": 3}, {"orders": 3}, "wanted orders is below 3; saw 3"),
        ({"fact": "orders", "below": 3}, {"orders": "two"}, "wanted orders is below 3; saw two"),
    ],
)
def test_conditions_explain_themselves(condition: dict[str, Any], facts: dict[str, Any], missing: str | None) -> None:
    """In words, what was wanted and what was there."""
    parsed = Condition.model_validate(condition)
    unmet = parsed.missing(facts)
    assert (None if unmet is None else unmet.english) == missing
    assert parsed.holds(facts) == (missing is None)


def test_the_default_program_has_the_figures_of_the_strategy() -> None:
    """60, 7 and 30 days, four levels, three bands, 365 days; a change of a figure is a change of this line."""
    program = load_programs().first
    assert program.silence.buying_days == 60
    assert [(signal.name, signal.days) for signal in program.silence.signals] == [
        ("browsing", 7),
        ("cart", 30),
    ]
    assert [name for name, _ in program.level_needs] == ["regular", "silver", "gold", "black gold"]
    assert [(band.name, band.from_day) for band in program.lifecycle.bands] == [
        ("new", 0),
        ("growing", 31),
        ("mature", 91),
    ]
    assert (program.levels.window_days, program.levels.holds_days, program.main_wallet.expires_after_days) == (
        365,
        365,
        365,
    )
    assert program.epoch == date(1990, 1, 1)

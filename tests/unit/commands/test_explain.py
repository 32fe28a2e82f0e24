# ruff: noqa: RUF001 - sentences in Chinese have commas of their own
"""A customer in words: what was decided, by which rule, what was missing, and when they are looked at next."""

import re
from pathlib import Path
from typing import get_args

import pytest

from stream_loyalty.contracts.decisions import DECISIONS, adjusting, earning, importing, points, redemption
from stream_loyalty.contracts.lacks import ENGLISH
from stream_loyalty.core.policies import POLICIES
from stream_loyalty.reports.phrases import LANGUAGES, Language, Words, fields_of, table
from stream_loyalty.simulate.examples import story_told
from tests.unit.commands.support import call, replayed, said
from tests.unit.support_core import DEFAULT, event, line, order, redeem, refund

MADE = re.compile(r"_(money|percent|word|mark)$|^(missing|refused|rule)_words$")

MOVEMENTS_AND_REFUSALS = tuple(
    one for topic in (earning, points, redemption, adjusting, importing) for one in topic.DECISIONS
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("decision", [one for one in DECISIONS if one.receipt], ids=lambda one: one.type)
def test_every_decision_has_a_phrase_of_its_own_fields(decision: type, language: Language) -> None:
    """A decision without a phrase, or a phrase that asks for a field which the decision does not have, is found."""
    phrase = table()["decisions"][decision.type][language]  # type: ignore[attr-defined]
    unknown = {name for name in fields_of(phrase.replace("|", "")) if not MADE.search(name)}
    assert unknown <= decision.model_fields.keys()  # type: ignore[attr-defined]
    stems = {MADE.sub("", name) for name in fields_of(phrase.replace("|", "")) if name.endswith(("money", "mark"))}
    assert stems <= decision.model_fields.keys()  # type: ignore[attr-defined]


def test_every_lack_every_policy_that_waits_and_every_language_has_words() -> None:
    assert get_args(Language) == LANGUAGES == ("en", "zh")
    assert table()["lacks"].keys() == ENGLISH.keys()
    for code, english in ENGLISH.items():
        assert fields_of(table()["lacks"][code]) == fields_of(english), code
    waiting = {policy.__name__.rpartition(".")[2] for policy in POLICIES if hasattr(policy, "due")}
    assert waiting <= table()["policies"].keys()
    for section in ("decisions", "frame", "policies"):
        for name, phrase in table()[section].items():
            assert phrase.keys() == set(LANGUAGES), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_story_can_be_told(language: Language) -> None:
    """Every decision of the examples as a sentence without a gap."""
    words = Words(language, "USD")
    for message in story_told():
        told = line(message)
        if "because" not in told["data"]:
            continue
        sentence = words.decision(told["type"], told["data"])
        assert sentence, told["type"]
        assert not re.search(r"[{}|]|None|True|False", sentence), sentence
        assert told["data"]["rule"] in words.why(told["type"], told["data"])


def test_every_movement_and_refusal_says_by_which_rule_and_what_it_saw() -> None:
    told = {one["type"]: one["data"] for one in map(line, story_told()) if "type" in one}
    for decision in MOVEMENTS_AND_REFUSALS:
        data = told[decision.type]
        assert data["rule"], decision.type
        assert data["saw"], decision.type
        if "missing" in decision.model_fields:
            assert len(data["lacks"]) == len(data["missing"]) > 0, decision.type


RULES = """
[[earning.rules]]
name = "per-unit"
points_per_unit = "1"

[[earning.rules]]
name = "gold-double"
multiplier = "2"
when = [{ fact = "level", one_of = ["gold", "black gold"] }]

[[earning.rules]]
name = "spring"
points = 50
from = 2025-03-01
"""
EVENTS = (
    order("2025-01-01T10:00:00Z", "o-1", 250),
    redeem("2025-01-02T10:00:00Z", "r-1", 300),
    event("Consent Updated", "2025-01-03T10:00:00Z", {"purpose": "marketing", "granted": True}, user="ada"),
    refund("2025-01-04T10:00:00Z", "o-1", "f-1", 50),
    order("2025-01-05T10:00:00Z", "o-2", 0.4),
    order("2025-01-05T10:00:00Z", "o-3", 70, "ben"),
)


def program() -> str:
    before, _, after = DEFAULT.partition("[[earning.rules]]")
    return before + RULES + "\n[levels]" + after.partition("[levels]")[2]


def test_the_state_in_words_and_when_it_is_looked_at_next(tmp_path: Path) -> None:
    found = said("explain", "ada", "--from", replayed(tmp_path, EVENTS, "2025-01-10", program()))
    assert found["in_words"] == [
        "points: balance 200: 0 waiting, 200 to spend, 0 held, 0 owed back; next 200 expire 2026-01-01 10:00",
        "level silver, reviewed 2026-01-01 10:00; 99.60 USD more of spend make gold",
        "age band new",
        "2 orders, the last 2025-01-05 10:00",
        "consent to marketing: yes",
    ]
    assert found["next_for"] == ["checkpoints"]
    assert found["next_words"].endswith("for: the churn model's next look")
    refused = next(one for one in found["decisions"] if one["type"] == "loyalty.redemption.refused")
    assert refused["words"] == ("redemption r-1 of 300 points was refused: wanted a balance of at least 300; saw 250")
    assert "saw spendable 250, balance 250" in refused["why"]
    assert {one["data"]["customer"] for one in found["decisions"]} == {"ada"}
    times = [one["time"] for one in found["decisions"]]
    assert times == sorted(times)


def test_an_order_what_it_earned_by_which_rule_and_what_was_missing(tmp_path: Path) -> None:
    home = replayed(tmp_path, EVENTS, program=program())
    first = said("explain", "ada", "--from", home, "--order", "o-1")["order"]
    assert first["sums"] == {"points": {"earned": 250, "reversed": 50, "expired": 0}}
    assert first["in_words"] == [
        "Order o-1",
        "wallet points: 250 earned, 50 taken back, 0 expired",
        "250 points of wallet points by rule per-unit of default/1; saw base 250.00 USD, per_unit 1",
        "rule gold-double did not apply: wanted level is one of gold, black gold; saw regular",
        "rule spring did not apply: wanted an order from 2025-03-01 on; saw 2025-01-01",
    ]
    assert first["missed"][0]["lacks"] == [
        {"code": "one-of", "wanted": "gold, black gold", "saw": "regular", "of": "level"}
    ]
    nothing = said("explain", "ada", "--from", home, "--order", "o-2", "--lang", "zh")["order"]
    assert nothing["in_words"] == [
        "订单 o-2",
        "规则 per-unit 未适用：需要至少 1.00 USD 的可积分金额，实际为 0.40 USD",
        "规则 gold-double 未适用：需要等级为 gold, black gold 之一，实际为 silver",
        "规则 spring 未适用：需要 2025-03-01 起的订单，实际为 2025-01-05",
    ]


def test_as_it_was(tmp_path: Path) -> None:
    """Only what had been decided by then; a bare date is its end."""
    home = replayed(tmp_path, EVENTS)
    found = said("explain", "ada", "--from", home, "--at", "2025-01-02")
    assert found["in_words"][0] == "points: balance 250"
    assert (found["as_of"], found["state"], found["next_at"]) == ("2025-01-02T23:59:59.999Z", None, None)
    assert found["decisions"][-1]["type"] == "loyalty.redemption.refused"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("zoe",), "no customer 'zoe' is known in "),
        (("ada", "--order", "o-3"), "nothing was decided about an order 'o-3' of customer 'ada'"),
        (("ada", "--at", "soon"), "'soon' is not a time"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    result = call("explain", *arguments, "--from", replayed(tmp_path, EVENTS))
    assert result.exit_code == 1
    assert says in str(result.exception)


def test_for_people(tmp_path: Path) -> None:
    result = call("explain", "ada", "--from", replayed(tmp_path, EVENTS), "--lang", "zh")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("客户 ada，截至 2025-01-05 10:00")
    assert "兑换 r-1(300 积分)被拒绝：需要余额至少 300，实际为 250" in result.stdout

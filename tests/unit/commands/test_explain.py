# ruff: noqa: RUF001 - sentences in Chinese have commas of their own
"""A customer in words: what was decided, by which rule, what was missing, and when they are looked at next."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

import stream_loyalty
from stream_loyalty.contracts import clauses, topics
from stream_loyalty.contracts.decision import Decision
from stream_loyalty.contracts.decisions import DECISIONS, adjusting, earning, importing, points, redemption
from stream_loyalty.contracts.events import TOPIC_OF_EVENT
from stream_loyalty.contracts.lacks import lack
from stream_loyalty.core.policies import POLICIES
from stream_loyalty.reports.explanation import explain, of_customer
from stream_loyalty.reports.phrases import LANGUAGES, Language, Words, fields_of, table
from stream_loyalty.simulate import examples
from tests.unit.commands.support import call, replayed, said
from tests.unit.support_core import DEFAULT, event, line, order, program_text, redeem, refund, run

FORMS = re.compile(r"_(money|percent|signed|word|mark|unset)$")
MADE = {  # from which field
    "missing_words": "lacks",
    "refused_words": "refusals",
    "reason_words": "ground",
    "gift_words": "reason",
    **{f"{name}_words": name for name in ("headline", "grounds", "clues", "otherwise")},
}
RECEIPTS = [decision for decision in DECISIONS if decision.receipt]


# -- the tables


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("decision", RECEIPTS, ids=lambda one: one.type)
def test_every_decision_has_a_phrase_of_its_own_fields(decision: type[Decision], language: Language) -> None:
    """A decision without a phrase, or a phrase that asks for a field which the decision does not have, is found."""
    asked = fields_of(table()["decisions"][decision.type][language].replace("|", ""))
    assert {MADE.get(name, FORMS.sub("", name)) for name in asked} <= set(decision.__struct_fields__)


def test_every_policy_that_waits_every_event_and_every_phrase_has_words_in_both_languages() -> None:
    assert get_args(Language) == LANGUAGES == ("en", "zh")
    waiting = {policy.__name__.rpartition(".")[2] for policy in POLICIES if hasattr(policy, "due")}
    assert waiting <= table()["policies"].keys()
    assert TOPIC_OF_EVENT.keys() <= table()["events"].keys()
    for section in ("decisions", "frame", "policies", "flags"):
        for name, phrase in table()[section].items():
            assert phrase.keys() == set(LANGUAGES), name


def _codes() -> list[tuple[str, str]]:
    return [(section, code) for section, words in clauses.table().items() for code in words]


@pytest.mark.parametrize(("section", "code"), _codes())
def test_every_code_has_words_in_both_languages_over_the_same_figures(section: str, code: str) -> None:
    english, chinese = (clauses.table()[section][code][language] for language in LANGUAGES)
    figures = {name.removesuffix("_word") for name in fields_of(chinese)}
    assert figures <= fields_of(english) | {"wanted", "saw", "of"}
    bare = re.sub(r"{.*?}|guests.kept_bytes", "", chinese)
    assert re.search(r"[\u4e00-\u9fff]", bare)
    assert not re.search("[A-Za-z]", bare)


def test_codes_and_words_belong_together() -> None:
    """The engine names no code that has no words, and no words stand there that it never asks for."""
    home = Path(stream_loyalty.__file__).parent
    core = "".join(file.read_text("utf-8") for file in (home / "core").rglob("*.py"))
    phrases = (home / "reports/phrases.py").read_text("utf-8")
    for section, maker in (("lacks", "lack"), ("clauses", "clause")):
        known = clauses.table()[section].keys()
        assert set(re.findall(rf'\b{maker}\(\s*"([a-z-]+)"', core)) <= known
        assert [code for code in known if f'"{code}"' not in core + phrases] == []


# -- the story that has every decision


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in [*value.values(), *value] if isinstance(value, dict) else value:
            yield from _strings(one)


def _told() -> list[bytes]:
    return [json.dumps(line(one)).encode() for one in examples.story_told() if one.topic == topics.DECISIONS]


def _names() -> list[str]:
    """What customers, the storefront and the program call things, the longest first."""
    stories = (examples._STORY, examples._HELD, examples._GUEST)
    programs = tomllib.loads(DEFAULT), tomllib.loads(examples._STANDING)
    lines = [json.loads(one) for one in _told()]
    people = [name for one in lines for name in (one["subject"], one["data"].get("alert"), one["data"].get("lot"))]
    found = {*_strings(stories), *_strings(programs), *filter(None, people), "anon-7f3a"}
    return sorted(found - table()["events"].keys(), key=len, reverse=True)


def _foreign(text: str, names: list[str]) -> list[str]:
    """The English that is left of a text in Chinese, without names, rules, currencies and the time zone."""
    text = re.sub(r"[a-z]+\.[a-z-]+|USD|EUR|UTC", "", text)
    for name in names:
        text = text.replace(name, "")
    return re.findall("[A-Za-z]{2,}", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_story_can_be_told(language: Language) -> None:
    """Every kind of decision as a sentence without a gap; in Chinese nothing is left in English but names."""
    lines, names = _told(), _names()
    profile = run([order("2025-01-01T10:00:00Z", "o-1", 250)]).profile()
    kinds = set()
    for user in {json.loads(one)["subject"] for one in lines}:
        found = explain(user, of_customer(lines, user), profile, Words(language, "USD"), None, None)
        kinds |= {"AlertRaised" if one.type.endswith(".raised") else one.type for one in found.decisions}
        for one in found.decisions:
            assert one.words
            assert not re.search(r"[{}|]|None|True|False|_", one.words + one.why), one
            assert one.data["rule"] in one.why
            assert language == "en" or not _foreign(f"{one.words} {one.why}", names), one
        assert language == "en" or not _foreign(" ".join([*found.in_words, str(found.next_words)]), names)
    published = {"AlertRaised" if one.type == "loyalty.alert.raised" else one.type for one in RECEIPTS}
    stages = {"loyalty.alert.escalated", "loyalty.alert.withdrawn"}  # published with their kind in the type
    assert published - kinds == stages
    assert {"loyalty.alert.churn-risk.escalated", "loyalty.alert.churn-risk.withdrawn"} <= kinds


def test_everything_that_rules_see_has_a_name_in_chinese() -> None:
    for one in map(json.loads, _told()):
        parts = [one["data"], *one["data"].get("parts", ())]
        assert {name for part in parts for name in part.get("saw", ())} <= table()["names"].keys(), one


@pytest.mark.parametrize("code", clauses.table()["lacks"])
def test_every_lack_can_be_said_in_chinese(code: str) -> None:
    """Facts by their names, and the values of fixed lists in words."""
    compares = code in ("is", "one-of", "at-least", "below")
    for wanted, saw, of in ((7, None, "items"), ("new, mature", "growing", "band"), (True, False, "high_value")):
        said = lack(code, wanted, saw, of) if compares else lack(code, 7, saw if saw is not None else 5, 9)
        told = Words("zh", "USD").missing({"lacks": [msgspec.to_builtins(said)]})
        assert not _foreign(told, [] if compares else ["growing"]), told


def test_every_movement_and_refusal_says_by_which_rule_and_what_it_saw() -> None:
    told = {one["type"]: one["data"] for one in map(json.loads, _told())}
    modules = (points, earning, redemption, adjusting, importing)
    for decision in [decision for module in modules for decision in module.DECISIONS]:
        data = told[decision.type]
        assert data["rule"], decision.type
        assert data["saw"], decision.type
        if "lacks" in decision.__struct_fields__:
            assert len(data["lacks"]) == len(data["missing"]) > 0, decision.type


def test_what_an_older_release_said_in_words_only_is_told_as_it_was() -> None:
    old = {"ref": "o-1", "reason": "the order was counted before"}
    told = Words("en", "USD").decision("loyalty.input.ignored", old)
    assert told == "o-1 changed nothing: the order was counted before"


# -- what people ask


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
        "2 orders, worth 200.40 USD, the last 2025-01-05 10:00",
        "consent to marketing: yes",
    ]
    assert found["next_for"] == ["checkpoints"]
    assert found["next_words"].endswith("for: the churn model's next look")
    refused = next(one for one in found["decisions"] if one["type"] == "loyalty.redemption.refused")
    assert refused["words"] == ("redemption r-1 of 300 points was refused: wanted a balance of at least 300; saw 250")
    assert "saw to spend 250, balance 250" in refused["why"]
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
        "250 points of wallet points by rule per-unit of default/1; saw what earns 250.00 USD, points per unit 1",
        "rule gold-double of default/1 did not apply: wanted level is one of gold, black gold; saw regular",
        "rule spring of default/1 did not apply: wanted an order from 2025-03-01 on; saw 2025-01-01",
    ]
    assert first["missed"][0]["lacks"] == [
        {"code": "one-of", "wanted": "gold, black gold", "saw": "regular", "of": "level"}
    ]
    nothing = said("explain", "ada", "--from", home, "--order", "o-2", "--lang", "zh")["order"]
    assert nothing["in_words"] == [
        "订单 o-2",
        "规则 per-unit（计划 default/1）未适用：需要至少 1.00 USD 的可积分金额，实际为 0.40 USD",
        "规则 gold-double（计划 default/1）未适用：需要等级为以下之一：gold、black gold，实际为 silver",
        "规则 spring（计划 default/1）未适用：需要 2025-03-01 起的订单，实际下单于 2025-01-05",
    ]


NIGHT = {'time_zone = "UTC"': 'time_zone = "Asia/Shanghai"'}


def test_what_an_event_about_an_order_led_to_goes_with_it_and_a_change_replaces_what_was_said_before(
    tmp_path: Path,
) -> None:
    """The band that an order brought is part of its story; rules are those of the newest reckoning."""
    update = event("Order Updated", "2025-01-02T10:00:00Z", {"order_id": "o-1", "total": 150, "currency": "USD"})
    home = replayed(tmp_path, [order("2025-01-01T10:00:00Z", "o-1", 0.4), update, update], program=program())
    found = said("explain", "ada", "--from", home, "--order", "o-1")
    assert "loyalty.band.changed" in [one["type"] for one in found["decisions"]]
    assert found["order"]["in_words"][:3] == [
        "Order o-1",
        "wallet points: 150 earned, 0 taken back, 0 expired",
        "150 points of wallet points by rule per-unit of default/1; saw what earns 150.00 USD, points per unit 1",
    ]
    assert [one["rule"] for one in found["order"]["missed"]] == ["gold-double", "spring"]


def test_times_are_those_of_the_programs_zone(tmp_path: Path) -> None:
    home = replayed(tmp_path, [order("2025-02-28T20:00:00Z", "o-1", 50)], program=program_text(NIGHT))
    result = call("explain", "ada", "--from", home)
    assert result.stdout.startswith("Customer ada, as of 2025-03-01 04:00; times in Asia/Shanghai")
    assert "2025-03-01 04:00  order o-1 of 50.00 USD, placed 2025-03-01 04:00, counts" in result.stdout


def test_a_time_in_the_future_is_the_state_as_it_is_and_what_is_due_until_then(tmp_path: Path) -> None:
    """Nothing more is known of it: a state changes by what happens, or when its time has come and is looked at."""
    home = replayed(tmp_path, EVENTS, "2025-01-10")
    soon = said("explain", "ada", "--from", home, "--at", "2025-01-10")
    assert soon["state"]["balances"] == {"points": 200}
    assert soon["next_words"].startswith("looked at next 2025-01-")
    late = said("explain", "ada", "--from", home, "--at", "2030-01-01", "--lang", "zh")
    assert late["in_words"][0].startswith("points：余额 200，")
    assert late["next_words"].startswith("应于 2025-01-")
    assert late["next_words"].endswith("尚未作出决定")


def test_what_is_held_kept_and_frozen_is_part_of_the_state(tmp_path: Path) -> None:
    """Points that are held with their redemption, a level in its grace, a freeze."""
    held = program_text({"[levels]": "[levels]\ngrace_days = 30"}, "\n[redemption]\nconfirm_within_hours = 48\n")
    freeze = {"freeze_id": "leave-1", "until": "2025-06-01T00:00:00Z"}
    events = [
        order("2025-01-01T10:00:00Z", "o-1", 150),
        event("Level Frozen", "2025-01-02T10:00:00Z", freeze),
        redeem("2025-01-03T10:00:00Z", "r-1", 50),
    ]
    home = replayed(tmp_path, events, "2026-01-05", held)
    then = said("explain", "ada", "--from", home, "--at", "2025-01-04T00:00:00Z", "--lang", "zh")["in_words"]
    assert then[-2:] == [
        "兑换 r-1 冻结 50 积分（钱包 points），至 2025-01-05 10:00",
        "等级已冻结，2025-06-01 00:00 前不复核",
    ]
    now = said("explain", "ada", "--from", home)["in_words"]
    assert now[-1] == "level silver is only kept until 2026-01-31 10:00, then it would be regular"
    assert not any("r-1" in one or "frozen" in one for one in now)


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
        (("ada", "--order", "o-2", "--at", "2025-01-04"), "an order 'o-2' of customer 'ada' until 2025-01-04"),
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
    assert "兑换 r-1（300 积分）未能受理：需要余额至少 300，实际为 250" in result.stdout

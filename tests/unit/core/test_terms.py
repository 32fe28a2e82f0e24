"""The members' terms: nothing of the program is left out, and both languages say the same."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from stream_loyalty.contracts.events import EVENTS_OF_TOPIC
from stream_loyalty.core.program import Program
from stream_loyalty.core.program.activities import EVENTS
from stream_loyalty.core.program.conditions import ORDER_FACTS, REWARD_FACTS, Condition
from stream_loyalty.core.programs import load_programs, parse_program
from stream_loyalty.core.review.spans import COUNTS, FLAGS
from stream_loyalty.core.terms import LANGUAGES, Speech, terms
from tests.unit.support_core import program_text

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "deploy/programs").glob("*.toml"))


def named(file: str) -> Program:
    """One of the example programs."""
    return load_programs([ROOT / "deploy/programs" / file]).first


def test_languages_have_the_same_phrases_with_the_same_places() -> None:
    """But for currencies and time zones, which English calls by their codes and names."""
    found = {
        language: {
            name: {place for _, place, _, _ in string.Formatter().parse(text) if place}
            for name, text in phrases.items()
            if not name.startswith(("currency", "zone."))
        }
        for language, phrases in LANGUAGES.items()
    }
    month = {f"month.{number}" for number in range(1, 13)}
    assert month <= found["en"].keys()
    assert found["en"] == found["zh"]


def test_every_condition_has_words_of_its_own() -> None:
    """No fact that rules and rewards can ask for falls back to its name in the program."""
    for fact in ORDER_FACTS | REWARD_FACTS:
        for comparison in (
            ("yes", "no") if fact in FLAGS else ("is", "at_least", "below") if fact in COUNTS else ("is",)
        ):
            assert all(f"if.{fact}.{comparison}" in phrases for phrases in LANGUAGES.values()), (fact, comparison)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_terms_name_every_rule_reward_and_level(file: Path, language: str) -> None:
    """And every figure that stands in them."""
    program = load_programs([file]).first
    text = terms(program, language)
    for rule in program.earning.rules:
        line = next(line for line in text.splitlines() if line.startswith(f"- **{rule.name}**"))
        assert all(name in line for name in (*rule.products, *rule.categories, *rule.brands))
        assert all(
            str(value) in line for one in rule.when if one.fact == "level" for value in one.one_of or (one.equals,)
        )
        assert rule.points is None or f"{rule.points:,}" in line
        assert rule.budget is None or f"{rule.budget.points:,}" in line
        assert rule.hours is None or all(f"{clock:%H:%M}" in line for clock in rule.hours)
    for reward in program.redemption.catalog:
        assert f"| {reward.name} | {reward.points:,} |" in text
    for step in program.levels.steps:
        assert re.search(rf"\| {step.name} \|.*{int(step.spend):,}" if step.spend else rf"\| {step.name} \|", text)
    for wallet in program.wallets:
        assert len(program.wallets) == 1 or text.count(f"**{wallet.name}**") == 2
        assert wallet.expires_after_days is None or str(wallet.expires_after_days) in text
    assert not re.search(r"[{}]", text)


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        ({"fact": "level", "is": "gold"}, "your level is gold", "会员等级为gold"),
        ({"fact": "weekday", "one_of": ["saturday", "sunday"]}, "you order on Saturday or Sunday",
         "在星期六或星期日下单"),
        ({"fact": "basket", "at_least": 1500}, "what earns points in your order comes to at least 1,500 CNY",
         "订单中可积分的金额满 1,500 元"),
        ({"fact": "first_purchase", "is": True}, "it is your first purchase", "首次购买"),
        ({"fact": "first_purchase", "is": False}, "it is not your first purchase", "非首次购买"),
        ({"fact": "items", "below": 3}, "your order has fewer pieces than 3", "订单商品少于 3 件"),
        ({"fact": "orders", "is": 9}, "you have exactly this many orders so far: 9", "此前的订单数为 9"),
        ({"fact": "mood", "is": "good"}, "mood is good", "mood 为 good"),
        ({"fact": "mood", "at_least": 2}, "mood is at least 2", "mood 不低于 2"),
    ],
)  # fmt: skip
def test_conditions_explain_themselves_in_both_languages(
    condition: dict[str, object], english: str, chinese: str
) -> None:
    """Also those on facts that the phrases do not know."""
    program = named("mother-and-baby.toml")
    one = Condition.model_validate(condition)
    assert Speech("en", program).condition(one) == english
    assert Speech("zh", program).condition(one) == chinese


def test_whole_sentences() -> None:
    """What a member reads, to the letter."""
    food = terms(named("food.toml"), "en").splitlines()
    assert "- **every dollar**: 2 points for each 1 USD." in food
    assert (
        "- **lunch hour**: 5 points for an order; if you order on Monday, Tuesday, Wednesday, Thursday or Friday; "
        "for orders from 11:30 to before 14:00."
    ) in food
    assert "| free coffee | 10 | gift worth 4 USD | all members; paid with stamps |" in food
    mother = terms(named("mother-and-baby.toml"), "zh").splitlines()
    assert "- **日常消费**：每消费 10 元，获得 1 积分。" in mother
    assert "- **会员日**：按前述规则所得积分的 2 倍计算；条件：在星期四下单，且订单中可积分的金额满 200 元。" in mother
    assert "| 宝宝百日照 | 6,000 | 礼品，价值 299 元 | 条件：会员等级为挚爱；共 50 份，兑完为止 |" in mother
    assert "订单的全部包裹签收 7 天后可以使用。1 积分按 0.05 元入账；积分不能兑换现金。" in mother


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        ({"expires_after_days = 365": ""}, "They do not expire.", "积分长期有效。"),
        ({"expires_after_days = 365": "expires_inactive_days = 90"}, "for 90 days.", "连续 90 天既无订单也无兑换"),
        ({"expires_after_days = 365": 'expires_on = "06-30"'}, "the next 30 June, also where it is the day",
         "最近的 6 月 30 日（含下单当日）结束时"),
        ({"expires_after_days = 365": 'expires_on = "06-30"\nexpires_years = 2'}, "number 2 from the day of",
         "第 2 个 6 月 30 日"),
        ({"expires_after_days = 365": "activates_after_days = 1"}, "1 day after the order", "下单 1 天后可以使用"),
        ({"expires_after_days = 365": 'rounding = "half-up"'}, "to the nearest whole point", "四舍五入"),
        ({'points_per_unit = "1"': 'points_per_unit = "0.05"'}, "1 point for each 20 USD",
         "每消费 20 美元，获得 1 积分"),
        ({'points_per_unit = "1"': 'points_per_unit = "1.50"'}, "1.5 points for each 1 USD", "获得 1.5 积分"),
        ({"[levels]": '[levels]\ngrace_days = 30\ndowngrade = "one-step"'}, "You fall by one level at a time.",
         "每次最多降一级。"),
        ({"[levels]": '[levels]\nfast_track = [{ level = "gold", orders = 3, within_days = 60 }]'},
         "With 3 orders within 60 days you rise to gold at once.",
         "60 天内完成 3 个订单，即可直接升至「gold」"),
        ({'spend = "100"': 'spend = "100", gift = 50'}, "For reaching silver you get 50 points, once.",
         "首次升至「silver」，赠送 50 积分。"),
        ({"[levels]": '[levels]\nby = "orders"', 'spend = "100"': "orders = 3", 'spend = "300"': "orders = 9",
          'spend = "1000"': "orders = 27"}, "| gold | 9 orders within 365 days |", "| gold | 365 天内 9 个订单 |"),
        ({"[levels]": '[levels]\nfollow_refunds = false'}, "Your level stays until its review.",
         "等级保留至下次评定。"),
        ({"[levels]": '[levels]\non_new_version = "review"'}, "is reviewed on the day on which", "将重新评定您的等级"),
        ({"purposes = [": 'purposes = ["research", '}, ": research, messages", "：research、发送优惠信息"),
        ({"[horizon]": "[guests]\nclaim_within_days = 14\n\n[horizon]"}, "within 14 days that the guest was you",
         "14 天内确认为您本人"),
        ({"unknown_consent_is_granted = true": "unknown_consent_is_granted = false"}, "Without your consent",
         "未经您同意"),
    ],
)  # fmt: skip
def test_figures_are_said_as_the_program_has_them(changes: dict[str, str], english: str, chinese: str) -> None:
    """Each way to expire, to wait, to round, to earn."""
    program = parse_program(program_text(changes), "program")
    assert english in terms(program, "en")
    assert chinese in terms(program, "zh")


STATUS = '\n[[wallets]]\nname = "status"\nkind = "status"\n'
POINTS = {"[levels]": '[levels]\nby = "points"\nwallet = "status"', 'spend = "100"': "points = 100"} | {
    f'spend = "{need}"': f"points = {need}" for need in (300, 1000)
}
YOUNG = '\n[[earning.rules]]\nname = "young"\npoints = 5\nwhen = [{ fact = "band", is = "new" }]\n'
RICH = '\n[[earning.rules]]\nname = "rich"\npoints = 5\nwhen = [{ fact = "high_value", is = true }]\n'
REVIEW = '\n[[activities]]\nname = "review"\nevent = "Product Reviewed"\npoints = 5\nwallet = "status"\n'


@pytest.mark.parametrize(
    ("changes", "extra", "english", "chinese"),
    [
        ({}, YOUNG, "- **growing**: from day 31 after your first purchase on.",
         "- **growing**：自首次购买后第 31 天起。"),
        ({}, f"{RICH}\n[high_value]\ntop_percent = 12.5\n", "the 12.5 % of our customers", "居前 12.5% 的客户"),
        (POINTS, STATUS, "| silver | 100 points of status within 365 days |",
         "| silver | 365 天内获得 100 积分（计入「status」） |"),
        (POINTS, STATUS, "Points count also when you have spent them", "已使用或已过期的积分仍然计入。"),
        (POINTS, STATUS + REVIEW, "otherwise count as long as you have them.", "仅在持有期间计入。"),
        (POINTS, STATUS, "Then we look at your points again", "按最近获得的积分重新评定"),
        ({"[levels]": '[levels]\ngift_wallet = "status"', 'spend = "100"': 'spend = "100", gift = 50'}, STATUS,
         "For reaching silver you get 50 points of status, once.",
         "首次升至「silver」，赠送 50 积分（计入「status」）。"),
        ({"expires_after_days = 365": "expires_after_days = 365\nmost_per_day = 9"},
         REVIEW.replace('wallet = "status"\n', ""), "On one day you get at most 9 points in points, for orders and",
         "「points」每天最多获得 9 积分"),
        ({"[[earning.rules]]": "[earning]\ngift_card_categories = []\n\n[[earning.rules]]"}, "",
         "Taxes, shipping and what you pay with points earn nothing.", "税费、运费以及用积分抵扣的部分不产生积分。"),
        ({}, "\n[rfmx]\n", "We score how recently", "进行评分"),
        ({"expires_after_days = 365": "expires_inactive_days = 90"}, "", "Only the time without activity",
         "长期无活动"),
        ({'"USD"': '"CNY"', '"UTC"': '"Asia/Shanghai"'}, "", "amounts are in CNY.",
         "日期和时间以北京时间为准，金额以人民币计算。"),
        ({}, '\n[[rates]]\ncurrency = "EUR"\nfrom = 2020-01-01\nrate = "1.1"\n', "Orders in EUR are converted",
         "以欧元支付的订单"),
    ],
)  # fmt: skip
def test_nothing_that_members_should_know_is_left_out(
    changes: dict[str, str], extra: str, english: str, chinese: str
) -> None:
    """What stages and high value mean, which wallet is meant, what counts for levels, what is known of them."""
    program = parse_program(program_text(changes, extra), "program")
    assert english in terms(program, "en")
    assert chinese in terms(program, "zh")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_code_stands_in_the_chinese_terms(file: Path) -> None:
    """Currencies and time zones have Chinese names; no space stands between two Chinese characters."""
    program = load_programs([file]).first
    text = terms(program, "zh")
    assert not re.search(r"\b(USD|EUR|GBP|CNY)\b|Asia/|Europe/|America/", text)
    assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]", text.replace("安心妈妈会 会员条款", ""))


def test_benefits_and_the_birthday_gift() -> None:
    """Who gets them and how often; every behaviour that can bring one has words."""
    table = '\n[[benefits]]\nname = "{}"\nlayer = "{}"\n{}\n'
    extra = (
        table.format("wrapping", "basic", 'quantity = 2\nrenews = "month"')
        + table.format("own line", "level", 'levels = ["gold", "black gold"]')
        + "".join(
            table.format(event, "scene", f'event = "{event}"\nat_least = 2\nwithin_days = 30\nrenews = "year"')
            for event in EVENTS_OF_TOPIC["engagement"]
        )
        + "\n[birthday]\npoints = 100\n"
    )
    program = parse_program(program_text(extra=extra), "program")
    english, chinese = terms(program, "en").splitlines(), terms(program, "zh").splitlines()
    assert "- **wrapping**: for every member with an order; 2 times in a calendar month." in english
    assert "- **own line**: for members whose level is gold or black gold; 1 time in all." in english
    scene = "for members who attend a session 2 times within 30 days; 1 time in a calendar year."
    assert f"- **Session Attended**: {scene}" in english
    assert "- **Session Attended**：30 天内参加活动满 2 次；每个自然年 1 次。" in chinese
    assert any(line.startswith("For your birthday you get 100 points, once in a calendar year") for line in english)


def test_activities_are_in_the_terms() -> None:
    """Every event that can bring points has words, and what they ask for stands beside them."""
    table = '\n[[activities]]\nname = "{}"\nevent = "{}"\npoints = 1{}\n'
    limited = "0\nat_most = 2\nwithin_days = 30\nuntil = 2030-12-31"
    extra = "".join(table.format(event, event, "") for event in EVENTS) + table.format("r", "Product Reviewed", limited)
    program = parse_program(program_text({"expires_after_days = 365": "expires_inactive_days = 90"}, extra), "program")
    english, chinese = terms(program, "en").splitlines(), terms(program, "zh").splitlines()
    once = "- **Item Recycled**: 1 point when you hand something in for recycling; 1 time in all; "
    assert f"{once}for members with an order." in english
    assert (
        "- **r**: 10 points when you review a product; at most 2 times within 30 days; for members with an order; "
        "until 31 December 2030, included."
    ) in english
    until = "2030 年 12 月 31 日"
    said = next(line for line in chinese if line.startswith("- **r**"))
    assert said.startswith("- **r**：评价商品，获得 10 积分；30 天内最多 2 次；限有订单的会员；")
    assert until in said
    assert sum(line.startswith("- **") for line in english) == len(EVENTS) + 2
    assert any("nor earned any for what you do, for 90 days." in line for line in english)
    assert any("也未通过互动获得积分的" in line for line in chinese)

"""Mistaken programs, each with what a review finds in it, and nothing in one that is well made."""

from __future__ import annotations

from datetime import date

import pytest

from stream_loyalty.core.programs import parse_program
from stream_loyalty.core.review import review
from tests.unit.support_core import program_text, version_2

WALLET = "expires_after_days = 365"
VALUE = {WALLET: f'{WALLET}\nunit_value = "0.01"'}
RULE = '\n[[earning.rules]]\nname = "more"\n'
PLAIN = '[[earning.rules]]\nname = "per-unit"\npoints_per_unit = "1"'
REWARD = '\n[[redemption.catalog]]\nname = "bag"\n'
STARS = '\n[[wallets]]\nname = "stars"\nexpires_after_days = 9\nunit_value = "1"\n'
ACTIVITY = '\n[[activities]]\nname = "review"\nevent = "Product Reviewed"\npoints = 5\n'
LEVELS = "".join(
    f'\n[[redemption.catalog]]\nname = "for {level}"\nkind = "gift"\npoints = 5\n'
    f'when = [{{ fact = "level", is = "{level}" }}]\n'
    for level in ("silver", "gold", "black gold")
)


def rule(text: str) -> str:
    """An earning rule with a fixed way of earning and what `text` adds."""
    return f"{RULE}{text}\n"


def when(*conditions: str) -> str:
    """A rule of 5 points under conditions."""
    return rule(f"points = 5\nwhen = [{', '.join(f'{{ {one} }}' for one in conditions)}]")


def found(text: str) -> set[str]:
    """The codes of what is found, with their severity."""
    return {f"{one.severity[0]}:{one.code}" for one in review([parse_program(text, "program")])}


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        (when('fact = "level", is = "platinum"'), "e:unknown-level"),
        (when('fact = "band", one_of = ["new", "old"]'), "e:unknown-band"),
        (when('fact = "weekday", is = "Tuesday"'), "e:unknown-weekday"),
        (when('fact = "weekday", one_of = ["saterday"]'), "e:unknown-weekday"),
        (when('fact = "currency", is = "EUR"'), "e:unknown-currency"),
        (when('fact = "level", at_least = 2'), "e:condition-kind"),
        (when('fact = "first_purchase", is = "yes"'), "e:condition-kind"),
        (when('fact = "basket", is = "50"'), "e:condition-kind"),
        (when('fact = "high_value", below = 1'), "e:condition-kind"),
        (when('fact = "channel", one_of = []'), "e:condition-impossible"),
        (when('fact = "basket", at_least = 50', 'fact = "basket", below = 20'), "e:condition-impossible"),
        (when('fact = "basket", at_least = 50', 'fact = "basket", below = 50'), "e:condition-impossible"),
        (when('fact = "orders", below = 0'), "e:condition-impossible"),
        (when('fact = "channel", is = "app"', 'fact = "channel", is = "shop"'), "e:condition-impossible"),
        (when('fact = "items", is = 2', 'fact = "items", at_least = 3'), "e:condition-impossible"),
        (when('fact = "first_purchase", is = true', 'fact = "orders", at_least = 1'), "e:condition-impossible"),
        (when('fact = "items", at_least = 0'), "w:condition-always"),
        (when('fact = "items", at_least = 3', 'fact = "items", at_least = 5'), "w:condition-twice"),
        (rule('points = 5\nuntil = 1989-12-31\nbudget = { points = 9, owner = "x" }'), "e:rule-over"),
        (rule('points = 5\nhours = ["12:00", "12:00"]'), "e:rule-no-hours"),
        (
            rule('points = 5\nfrom = 2026-05-04\nuntil = 2026-05-06\nwhen = [{ fact = "weekday", is = "sunday" }]'),
            "e:rule-no-day",
        ),
        (rule('points = 5\ncategories = ["tea", ""]'), "e:rule-blank"),
        (rule('points = 5\ngroup = "weekend"'), "w:group-alone"),
        (when('fact = "coupon", is = " "'), "e:condition-impossible"),
        (rule('points = 5\ncategories = ["gift-card"]'), "e:rule-gift-card"),
        (rule('points = 5\ncategories = ["tea", "gift-card"]'), "w:rule-gift-card"),
        (rule("points = 5\nmost_per_order = 3"), "w:rule-capped"),
        (rule("points = 5\nfrom = 2026-01-01\nuntil = 2026-02-01"), "w:campaign-without-budget"),
        (rule('points = 5\nbudget = { points = 100, owner = " " }'), "e:budget-without-owner"),
        (rule('points = 5\nbudget = { points = 4, owner = "x" }'), "e:budget-too-small"),
        (rule('points = 5\nbudget = { points = 100, owner = "x" }'), "w:budget-without-end"),
        (rule('points_per_unit = "2"'), "w:rules-overlap"),
        (
            rule('group = "g"\npoints = 5\ncategories = ["tea"]')
            + '\n[[earning.rules]]\nname = "most"\ngroup = "g"\npoints = 6\n',
            "e:rule-shadowed",
        ),
        (f'{REWARD}points = 9\nfrom = 2026-01-01\nuntil = 2025-01-01', "e:reward-never"),
        (f'{REWARD}points = 9\nuntil = 1989-01-01', "e:reward-never"),
        (f'{REWARD}points = 9', "w:reward-without-value"),
        (f'{REWARD}points = 9\nvalue = "5"', "w:reward-above-value"),
        (
            f'{REWARD}points = 900\nvalue = "5"' + REWARD.replace("bag", "box") + 'points = 800\nvalue = "5"',
            "w:reward-dearer",
        ),
        (f'{REWARD}points = 9\nkind = "gift"\nwhen = [{{ fact = "level", is = "sliver" }}]', "e:unknown-level"),
        ('\n[[wallets]]\nname = "stars"\nexpires_after_days = 9\nunit_value = "1"', "w:wallet-without-rules"),
        ('\n[[wallets]]\nname = "status"\nkind = "status"\nunit_value = "1"', "w:status-with-value"),
        ('\n[[wallets]]\nname = "Points "\nkind = "status"', "w:name-alike"),
        ('\n[redemption]\nfree = false', "e:points-buy-nothing"),
        (f"{ACTIVITY}until = 1989-12-31", "e:activity-over"),
        (f'{ACTIVITY}when = [{{ fact = "orders", is = 0 }}]', "e:activity-never"),
        (f'{STARS}most_per_day = 4\n{ACTIVITY}wallet = "stars"', "e:activity-never"),
        (f'{ACTIVITY}when = [{{ fact = "level", is = "sliver" }}]', "e:unknown-level"),
        (f'{ACTIVITY}when = [{{ fact = "high_value", below = 1 }}]', "e:condition-kind"),
        (f"{ACTIVITY}at_most = 3\nwithin_days = 2", "w:activity-too-often"),
        (f"{ACTIVITY}within_days = 30\ncustomers_only = false", "w:activity-for-anyone"),
        (ACTIVITY.replace("Product Reviewed", "Profile Updated"), "w:activity-in-vain"),
        (ACTIVITY + ACTIVITY.replace("review", "Review"), "w:name-alike"),
        ('\n[[rates]]\ncurrency = "USD"\nfrom = 2026-01-01\nrate = "1.1"', "e:rate-of-base"),
        ('\n[[rates]]\ncurrency = "EUR"\nfrom = 2026-01-01\nrate = "1.1"', "w:rate-late"),
    ],
)  # fmt: skip
def test_a_mistake_in_what_is_added_is_found(extra: str, code: str) -> None:
    """Each mistake by its own code; what the review says of the program without it is left aside."""
    assert code not in found(program_text(VALUE))
    assert code in found(program_text(VALUE, extra))


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (WALLET, 'unit_value = "0.01"', "w:points-without-expiry"),
        (WALLET, WALLET, "w:points-without-value"),
        (WALLET, "breakage_percent = 10", "e:breakage-without-expiry"),
        (WALLET, "expires_inactive_days = 10\nactivates_after_days = 14", "e:expiry-before-activation"),
        (WALLET, "least_per_order = 10\nmost_per_order = 5", "e:caps-contradict"),
        (WALLET, "most_per_order = 10\nmost_per_day = 5", "w:caps-contradict"),
        (PLAIN, '[[earning.rules]]\nname = "double"\nmultiplier = "2"', "e:multiplier-first"),
        ('spend = "1000" }', 'spend = "90000" }', "w:level-gap"),
        ('name = "gold"', 'name = "Silver"', "w:name-alike"),
        ('name = "return-gift"', 'name = "growth-task"', "e:name-twice"),
        ('{ fact = "band", is = "new" }', "", "e:action-never-chosen"),
        ('{ fact = "band", is = "growing" }', '{ fact = "band", is = "new" }', "e:action-never-chosen"),
        ('owner = "vip-manager"', 'owner = ""', "e:action-without-owner"),
        ('events = ["Product Added"]', "events = []", "e:signal-without-events"),
        ('  { name = "price" },\n', "", "e:unknown-cause"),
        ('price_words = ["too', 'price_words = []\n# ["too', "e:cause-never-found"),
        ('purposes = ["marketing", ', "purposes = [", "w:consent-never-asked"),
        ("least_silence_days = 7", "least_silence_days = 60", "w:churn-never-early"),
        ("window_days = 365", "window_days = 30", "w:review-forgets"),
        (WALLET, f"{WALLET}\nexpires_years = 2", "w:expiry-unused"),
        ('advice = "Answer in person and say what happens next."', 'advice = ""', "e:action-without-advice"),
        ("epoch = 1990-01-01", "epoch = 1995-01-01", "w:days-contradict"),
        ("epoch = 1990-01-01", "effects_from = 1980-01-01", "w:days-contradict"),
        ('name = "default"', 'name = " "', "e:name-empty"),
        ("[wakeup]", '[wakeup]\nquiet = { from = "21:00", until = "21:00" }', "w:quiet-empty"),
        ('name = "silver", spend = "100"', 'name = "silver", spend = "100"', "w:level-brings-nothing"),
        (
            "[levels]",
            '[levels]\nfast_track = [{ level = "regular", orders = 2, within_days = 9 }]',
            "e:fast-track-useless",
        ),
    ],
)
def test_a_mistake_in_what_is_there_is_found(before: str, after: str, code: str) -> None:
    """Each mistake by its own code."""
    assert code in found(program_text({before: after}))


def test_a_reward_beyond_every_cap_is_found() -> None:
    """Ten points a day that live for thirty days never make a thousand."""
    capped = {WALLET: "expires_after_days = 30\nmost_per_day = 10"}
    assert "e:reward-out-of-reach" in found(program_text(capped, f'{REWARD}kind = "gift"\npoints = 1000'))
    assert "e:reward-out-of-reach" not in found(program_text(capped, f'{REWARD}kind = "gift"\npoints = 300'))


def test_activities_can_lead_to_a_reward_beyond_the_caps_of_orders() -> None:
    """A point for each of a hundred orders is no bound of what members hold."""
    capped = {WALLET: f"{WALLET}\nmost_per_order = 1", "orders = 2000": "orders = 100"}
    bag = f'{REWARD}kind = "gift"\npoints = 101'
    assert "e:reward-out-of-reach" in found(program_text(capped, bag))
    assert "e:reward-out-of-reach" not in found(program_text(capped, bag + ACTIVITY))


LEVELS_BY = {
    "points": {f'spend = "{need}"': f"points = {need}" for need in (100, 300, 1000)}
    | {"[levels]": '[levels]\nby = "points"'},
    "orders": {f'spend = "{need}"': f"orders = {need}" for need in (100, 300, 1000)}
    | {"[levels]": '[levels]\nby = "orders"'},
}


@pytest.mark.parametrize(
    ("by", "changes", "code"),
    [
        ("points", {}, "w:level-spent"),
        ("points", {WALLET: "expires_after_days = 90"}, "w:review-forgets"),
        ("points", {WALLET: "expires_after_days = 30\nmost_per_day = 5"}, "e:level-out-of-reach"),
        ("points", {PLAIN: ""}, "e:level-out-of-reach"),
        ("orders", {"orders = 2000": "orders = 500"}, "e:level-out-of-reach"),
        ("orders", {}, None),
    ],
)
def test_levels_that_cannot_be_had_or_kept_are_found(by: str, changes: dict[str, str], code: str | None) -> None:
    """Measured in what members spend, what is gone at the review, or what nobody can ever have."""
    codes = found(program_text({**LEVELS_BY[by], **changes}))
    wanted = {"w:level-spent", "w:review-forgets", "e:level-out-of-reach"}
    assert code in codes if code else not codes & wanted


def test_nothing_is_found_in_a_program_that_is_well_made() -> None:
    """Groups whose rules differ in favour of each, levels that bring something, points with expiry and value."""
    groups = rule('group = "g"\npoints = 8\ncategories = ["tea"]') + (
        '\n[[earning.rules]]\nname = "most"\ngroup = "g"\npoints = 6\n'
    )
    assert found(program_text(VALUE, groups + LEVELS)) == set()
    activities = f"{STARS}{ACTIVITY}customers_only = false\n" + (
        ACTIVITY.replace("review", "stars") + 'wallet = "stars"\nat_most = 2\nwithin_days = 7\n'
    )
    assert found(program_text(VALUE, activities + LEVELS)) == set()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({'"silver", spend = "100"': '"silver", spend = "150"'}, "w:demotes"),
        ({'"silver", spend = "100"': '"pearl", spend = "100"'}, "w:demotes"),
        ({"window_days = 365": "window_days = 180"}, "w:demotes"),
        ({"holds_days = 365": "holds_days = 180"}, "w:demotes"),
        ({'points_per_unit = "1"': 'points_per_unit = "0.5"'}, "w:terms-worse"),
        ({'points_per_unit = "1"': 'points_per_unit = "1"\nmost_per_order = 9'}, "w:terms-worse"),
        ({'points_per_unit = "1"': 'points_per_unit = "1"\nfrom = 2099-01-01'}, "w:terms-worse"),
        ({'points_per_unit = "1"': 'points_per_unit = "1"\ncategories = ["tea"]'}, "w:terms-worse"),
        ({'name = "per-unit"': 'name = "plain"'}, "w:terms-worse"),
        ({WALLET: "expires_after_days = 90"}, "w:terms-worse"),
        ({WALLET: f"{WALLET}\nactivates_after_days = 14"}, "w:terms-worse"),
        ({'[[wallets]]\nname = "points"': '[[wallets]]\nname = "stars"'}, "e:wallet-gone"),
        ({"version = 2": "version = 1"}, "e:version-twice"),
        ({'name = "default"': 'name = "other"'}, "w:version-name"),
        ({'"silver", spend = "100"': '"silver", spend = "50"'}, None),
        ({WALLET: "expires_after_days = 400"}, None),
    ],
)
def test_what_a_version_takes_from_members_is_found(changes: dict[str, str], code: str | None) -> None:
    """A second version that is kinder, or only later, is no surprise."""
    before = parse_program(program_text(), "before")
    after = parse_program(version_2("2030-01-01").replace(*next(iter(changes.items())), 1), "after")
    alone = {(one.code, one.what) for version in (before, after) for one in review([version])}
    between = {f"{one.severity[0]}:{one.code}" for one in review([before, after]) if (one.code, one.what) not in alone}
    assert between == (set() if code is None else {code})
    assert after.effective_from == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (ACTIVITY, "", {"w:terms-worse"}),
        (ACTIVITY, ACTIVITY.replace("points = 5", "points = 4"), {"w:terms-worse"}),
        (f"{ACTIVITY}at_most = 2\n", ACTIVITY, {"w:terms-worse"}),
        (f"{ACTIVITY}within_days = 7\n", f"{ACTIVITY}within_days = 8\n", {"w:terms-worse"}),
        (f"{ACTIVITY}customers_only = false\n", ACTIVITY, {"w:terms-worse"}),
        (ACTIVITY, f"{ACTIVITY}until = 2031-01-01\n", {"w:terms-worse"}),
        (ACTIVITY, f'{ACTIVITY}when = [{{ fact = "level", is = "gold" }}]\n', {"w:terms-worse"}),
        (ACTIVITY, f"{ACTIVITY}within_days = 7\n", set()),
        ("", ACTIVITY, set()),
    ],
)
def test_what_a_version_takes_from_an_activity_is_found(before: str, after: str, codes: set[str]) -> None:
    versions = [
        parse_program(program_text(extra=before), "1"),
        parse_program(version_2("2030-01-01", None, after), "2"),
    ]
    between = [one for one in review(versions) if " to " in one.where]
    assert {f"{one.severity[0]}:{one.code}" for one in between} == codes

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


def grouped(worse: str, better: str) -> str:
    """Two rules of one group."""
    return rule(f'group = "g"\n{worse}') + f'\n[[earning.rules]]\nname = "other"\ngroup = "g"\n{better}\n'


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
        (when('fact = "first_purchase", is = true', 'fact = "band", is = "growing"'), "e:condition-impossible"),
        (when('fact = "first_purchase", is = false', 'fact = "orders", is = 0'), "e:condition-impossible"),
        (f'{ACTIVITY}customers_only = false\nwhen = [{{ fact = "orders", is = 0 }}, {{ fact = "band", is = "new" }}]',
         "e:condition-impossible"),
        (when('fact = "items", at_least = 0'), "w:condition-always"),
        (when('fact = "items", at_least = 3', 'fact = "items", at_least = 5'), "w:condition-twice"),
        (rule('points = 5\nuntil = 1989-12-31\nbudget = { points = 9, owner = "x" }'), "e:rule-over"),
        (rule('points = 5\nhours = ["12:00", "12:00"]'), "e:rule-no-hours"),
        (
            rule('points = 5\nfrom = 2026-05-04\nuntil = 2026-05-06\nwhen = [{ fact = "weekday", is = "sunday" }]'),
            "e:rule-no-day",
        ),
        (
            rule('points = 5\nfrom = 2026-05-04\nuntil = 2026-05-06\nwhen = [{ fact = "weekday", one_of = ["monday", '
                 '"sunday"] }, { fact = "weekday", one_of = ["tuesday", "sunday"] }]'),
            "e:rule-no-day",
        ),
        (
            rule('points = 5\nuntil = 2026-01-31\nwhen = [{ fact = "currency", is = "EUR" }]')
            + '\n[[rates]]\ncurrency = "EUR"\nfrom = 2026-02-01\nrate = "1.1"',
            "e:unknown-currency",
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
        (
            rule('points_per_unit = "2"\nbudget = { points = 199, owner = "x" }\n'
                 'when = [{ fact = "basket", at_least = 100 }]'),
            "e:budget-too-small",
        ),
        (rule('points = 5\nbudget = { points = 100, owner = "x" }'), "w:budget-without-end"),
        (rule('points_per_unit = "100"\ncategories = ["tea"]'), "w:rule-gives-all"),
        (rule('points_per_unit = "2"'), "w:rules-overlap"),
        (
            rule('group = "g"\npoints = 5\ncategories = ["tea"]')
            + '\n[[earning.rules]]\nname = "most"\ngroup = "g"\npoints = 6\n',
            "e:rule-shadowed",
        ),
        (grouped("points = 5", "points = 6\nmost_per_order = 50"), "e:rule-shadowed"),
        (grouped('points_per_unit = "1"\nmost_per_order = 50', "points = 60"), "e:rule-shadowed"),
        (grouped('points_per_unit = "1"\nwhen = [{ fact = "basket", below = 50 }]', "points = 60"), "e:rule-shadowed"),
        (grouped('points = 5\nhours = ["23:00", "01:00"]', 'points = 6\nhours = ["22:00", "02:00"]'),
         "e:rule-shadowed"),
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
        ('\n[[benefits]]\nname = " "\nlayer = "basic"', "e:name-empty"),
        (f'{STARS}{ACTIVITY}wallet = "stars"{REWARD}wallet = "stars"\nkind = "gift"\npoints = 6',
         "e:reward-out-of-reach"),
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
        (PLAIN, f"{PLAIN}\nuntil = 2026-01-31" + rule('multiplier = "2"\nfrom = 2026-02-01'), "e:multiplier-alone"),
        (PLAIN, f'{PLAIN}\nhours = ["10:00", "12:00"]' + rule('multiplier = "2"\nhours = ["12:00", "14:00"]'),
         "e:multiplier-alone"),
        (PLAIN, f'{PLAIN}\ngroup = "g"' + rule('multiplier = "2"\ngroup = "g"'), "e:multiplier-alone"),
        (WALLET, 'expires_on = "12-31"\nactivates_after_days = 14', "w:expiry-before-activation"),
        ('{ name = "regular" }', '{ name = "regular", gift = 5 }', "e:gift-never"),
        ("[levels]", '[levels]\ngift_wallet = "points"', "w:levels-unused"),
        ("[levels]", '[levels]\nwallet = "points"', "w:levels-unused"),
        ('{ name = "complaint" }', '{ name = "complaint", at_least = 3 }', "w:cause-figure-unused"),
        ('name = "cart"', 'name = " "', "e:name-empty"),
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
        (
            "[levels]",
            '[levels]\nfast_track = [{ level = "gold", orders = 5, within_days = 90 }, '
            '{ level = "silver", orders = 6, within_days = 60 }]',
            "e:fast-track-useless",
        ),
    ],
)  # fmt: skip
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
    ("by", "changes", "extra", "code"),
    [
        ("points", {}, ACTIVITY, "w:level-spent"),
        ("points", {}, "\n[birthday]\npoints = 5\n", "w:level-spent"),
        ("points", {WALLET: "expires_after_days = 90"}, ACTIVITY, "w:review-forgets"),
        ("points", {"window_days = 365": "window_days = 90"}, "", "w:review-forgets"),
        ("points", {WALLET: "expires_after_days = 30\nmost_per_day = 2"}, "", "e:level-out-of-reach"),
        ("points", {PLAIN: ""}, "", "e:level-out-of-reach"),
        ("orders", {"orders = 2000": "orders = 500"}, "", "e:level-out-of-reach"),
        ("orders", {"[levels]": '[levels]\nfast_track = [{ level = "silver", orders = 100, within_days = 90 }]'}, "",
         "e:fast-track-useless"),
        ("orders", {}, "", None),
        ("points", {}, "", None),  # what orders brought counts also when it is spent, or has expired
        ("points", {WALLET: "expires_after_days = 30\nmost_per_day = 5"}, "", None),
    ],
)  # fmt: skip
def test_levels_that_cannot_be_had_or_kept_are_found(
    by: str, changes: dict[str, str], extra: str, code: str | None
) -> None:
    """Measured in what members were given and spend, what is gone at the review, or what nobody can ever have."""
    changes = {**LEVELS_BY[by], **changes, "[levels]": LEVELS_BY[by]["[levels]"] + changes.get("[levels]", "")[8:]}
    codes = found(program_text(changes, extra))
    wanted = {"w:level-spent", "w:review-forgets", "e:level-out-of-reach", "e:fast-track-useless"}
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


CAPPED = {WALLET: f"expires_after_days = 30\nmost_per_day = 10\n{VALUE[WALLET].splitlines()[1]}"}
GIFT = {'spend = "100"': 'spend = "100", gift = 500'}
STATUS = '\n[[wallets]]\nname = "status"\nkind = "status"\n'
BY_STATUS = LEVELS_BY["points"] | {"[levels]": '[levels]\nby = "points"\nwallet = "status"'}


@pytest.mark.parametrize(
    ("changes", "extra"),
    [
        (CAPPED, f'\n[birthday]\npoints = 500\n{REWARD}kind = "gift"\npoints = 600\n'),
        ({**CAPPED, **GIFT}, f'{REWARD}kind = "gift"\npoints = 600\n'),
        ({}, STARS + f'most_per_day = 9\n{ACTIVITY}wallet = "stars"\nat_most = 2\nwithin_days = 5\n'
         + f'{REWARD}wallet = "stars"\nkind = "gift"\npoints = 20\n'),
        (BY_STATUS, STATUS + rule('points_per_unit = "1"\nwallet = "status"')),
        (BY_STATUS, f'{STATUS}{ACTIVITY}wallet = "status"\nat_most = 40\nwithin_days = 60\n'.replace("= 5", "= 50", 1)),
        (LEVELS_BY["points"], ""),
        ({WALLET: f'expires_on = "12-31"\nexpires_years = 2\nactivates_on_delivery = true\n'
          f'{VALUE[WALLET].splitlines()[1]}'}, ""),
        ({}, grouped('points_per_unit = "1"\ncategories = ["tea"]', "points = 10")),
        ({}, grouped("points = 5", 'points = 10\nuntil = 2030-01-01\nbudget = { points = 1000, owner = "x" }')),
        ({}, grouped('points = 5\nhours = ["22:00", "06:00"]', 'points = 6\nhours = ["20:00", "05:00"]')),
        ({PLAIN: f'{PLAIN}\nhours = ["22:00", "02:00"]'}, rule('multiplier = "2"\nhours = ["01:00", "03:00"]')),
        ({PLAIN: f'{PLAIN}\ncategories = ["tea"]'}, rule('multiplier = "2"\ncategories = ["coffee"]')),
        ({}, when('fact = "first_purchase", is = true', 'fact = "band", is = "new"')),
        ({}, when('fact = "orders", at_least = 4', 'fact = "orders", below = 5')),
        ({"[levels]": '[levels]\nfast_track = [{ level = "silver", orders = 3, within_days = 90 }, '
          '{ level = "gold", orders = 6, within_days = 90 }]'}, ""),
        ({'{ name = "complaint" }': '{ name = "complaint", within_days = 9 }'}, "\n[guests]\nclaim_within_days = 60\n"),
    ],
)  # fmt: skip
def test_nothing_is_found_in_unusual_programs(changes: dict[str, str], extra: str) -> None:
    """What looks like a mistake and is none: gifts beyond caps, levels by activities, hours over midnight."""
    assert found(program_text({**VALUE, **changes}, LEVELS + extra)) == set()


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


BAG = f'{REWARD}points = 9\nkind = "gift"\n'
WRAP = '\n[[benefits]]\nname = "wrap"\nlayer = "basic"\nquantity = 2\nrenews = "month"\n'
LOUNGE = '\n[[benefits]]\nname = "lounge"\nlayer = "level"\nlevels = ["silver", "gold"]\n'
EURO = '\n[[rates]]\ncurrency = "EUR"\nfrom = 1980-01-01\nrate = "1.1"\n'
TEN = rule("points = 10")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (BAG, f'{BAG}when = [{{ fact = "level", is = "gold" }}]', "bag: it asks for more than before"),
        (BAG, f"{BAG}until = 2031-01-01", "bag: it ends on 2031-01-01, earlier"),
        (BAG, f"{BAG}from = 2031-01-01", "bag: it begins on 2031-01-01, later"),
        (BAG, f"{BAG}stock = 5", "bag: there are 5 in all instead of no limit"),
        (WRAP, "", "benefits, wrap: the benefit is gone"),
        (WRAP, WRAP.replace("quantity = 2", "quantity = 1"), "wrap: it can be used 1 instead of 2 times"),
        (WRAP, WRAP.replace("month", "year"), "wrap: it renews by year instead of month"),
        (LOUNGE, LOUNGE.replace('"silver", ', ""), "lounge: members of silver no longer have it"),
        ("\n[birthday]\npoints = 5\n", "", "birthday: the gift is gone"),
        ("\n[birthday]\npoints = 5\n", "\n[birthday]\npoints = 4\n", "birthday: it brings 4 instead of 5"),
        ("", "\n[guests]\n", "guests: what guests order earns nothing"),
        (EURO, "", "rates: EUR has no rate any more"),
        (TEN, f'{TEN}hours = ["10:00", "12:00"]\n', "more: its hours leave out some of before"),
        (TEN, f'{TEN}group = "g"\n', "more: it is in group g, where only the best rule counts"),
        (TEN, f'{TEN}until = 2031-01-01\nbudget = {{ points = 90, owner = "x" }}\n', "its budget is 90 instead of no"),
        ("\n[redemption]\ngrace_days = 9\n", "", "redemption.grace_days: points that come back hold 0 instead of 9"),
        (BAG, BAG.replace("= 9", "= 8"), None),
        (WRAP, WRAP.replace("quantity = 2", "quantity = 3"), None),
        (LOUNGE, LOUNGE.replace('"silver"', '"black gold", "silver"'), None),
        ("", f"{EURO}{WRAP}{LOUNGE}{BAG}{TEN}", None),
    ],
)  # fmt: skip
def test_what_a_version_takes_beside_is_told(before: str, after: str, told: str | None) -> None:
    """Of rewards, benefits, birthdays, guests, currencies and rules; and nothing of what is kinder."""
    _assert_told({}, before, {}, after, told)


SILVER = 'spend = "100"'
LEVELS_SAY = "[levels]"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {LEVELS_SAY: '[levels]\non_new_version = "review"'}, "all levels are reviewed on 2030-01-01"),
        ({SILVER: f"{SILVER}, gift = 5"}, {}, "levels.steps, silver: its gift is 0 instead of 5 points"),
        ({LEVELS_SAY: '[levels]\ndowngrade = "one-step"'}, {}, "levels.downgrade: members can fall by several levels"),
        ({LEVELS_SAY: "[levels]\nfollow_refunds = false"}, {}, "levels.follow_refunds: an order that is given back"),
        ({LEVELS_SAY: '[levels]\nfast_track = [{ level = "gold", orders = 3, within_days = 60 }]'},
         {LEVELS_SAY: '[levels]\nfast_track = [{ level = "gold", orders = 3, within_days = 59 }]'},
         "levels.fast_track, gold: 3 orders within 60 days no longer lead there"),
        ({WALLET: f'{WALLET}\nrounding = "half-up"'}, {}, "points are rounded down instead of half-up"),
        ({WALLET: f"{WALLET}\nleast_per_order = 5"}, {}, "least_per_order is none instead of 5"),
        ({}, {'[[wallets]]': '[[wallets]]\nname = "stars"\nexpires_after_days = 9\n\n[[wallets]]'},
         "wallets: stars is the first: what names no wallet goes there"),
        ({}, {WALLET: "expires_inactive_days = 90"}, "whoever was not active for so long loses all points"),
        ({}, {"epoch = 1990-01-01": "effects_from = 2031-01-01"}, "nobody is told of anything"),
        ({}, {LEVELS_SAY: '[levels]\ndowngrade = "one-step"', SILVER: f"{SILVER}, gift = 5"}, None),
    ],
)  # fmt: skip
def test_what_a_version_takes_from_standing_is_told(
    before: dict[str, str], after: dict[str, str], told: str | None
) -> None:
    _assert_told(before, "", after, "", told)


def _assert_told(before: dict[str, str], extra: str, after: dict[str, str], more: str, told: str | None) -> None:
    versions = [
        parse_program(program_text(before, extra), "1"),
        parse_program(version_2("2030-01-01", after, more), "2"),
    ]
    between = [str(one) for one in review(versions) if " to " in one.where]
    assert any(told in one for one in between) if told else not between, between

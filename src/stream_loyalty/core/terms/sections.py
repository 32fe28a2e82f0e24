"""The sections of the members' terms: each says, in the language of `speech`, what one part of the program means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from stream_loyalty.core.program import Program
from stream_loyalty.core.program.activities import Activity
from stream_loyalty.core.program.wallets import EarnRule, Reward, Wallet
from stream_loyalty.core.terms.speech import Speech, cell
from stream_loyalty.core.terms.standing import benefits, levels, stages

Section = Callable[[Program, Speech], Iterator[str]]


def earning(program: Program, speech: Speech) -> Iterator[str]:
    """Each rule in words, by wallet."""
    if not program.earning.rules:
        yield speech("earning.none")
        return
    yield speech("earning.base" if program.earning.gift_card_categories else "earning.base-cards")
    others = sorted({rate.currency for rate in program.rates} - {program.base_currency})
    if others:
        yield speech("earning.rates", currencies=speech.listed(map(speech.currency, others)))
    else:
        yield speech("earning.one-currency", currency=speech.currency(program.base_currency))
    for wallet in program.wallets:
        rules = program.rules_of_wallet.get(wallet.name, ())
        if not rules:
            continue
        yield from _wallet_heading(wallet, program, speech)
        for rule in rules:
            yield f"- {speech('named', name=rule.name, what=_rule(rule, speech) + speech('stop'))}"
        yield ""
        yield speech(f"rounding.{wallet.rounding}")
        for phrase, points in (
            ("wallet.least", wallet.least_per_order),
            ("wallet.most-per-order", wallet.most_per_order),
            ("wallet.most-per-day", wallet.most_per_day),
        ):
            if points is not None:
                yield speech(phrase, points=speech.count("points", points))
    if sum(rule.multiplier is not None for rule in program.earning.rules) > 1:
        yield ""
        yield speech(f"multipliers.{program.earning.multipliers}")
    if program.guests is not None:
        yield ""
        yield speech("earning.guests", days=speech.count("days", program.guests.claim_within_days))


def activities(program: Program, speech: Speech) -> Iterator[str]:
    """What brings points beside orders, how often and to whom."""
    for activity in program.activities:
        what = speech("semicolon").join(_activity(activity, program, speech)) + speech("stop")
        yield f"- {speech('named', name=activity.name, what=what)}"
    if program.activities:
        yield ""
        yield speech("activities.at-once")
    for wallet in program.wallets:
        if wallet.most_per_day is not None and wallet.name in program.wallet_of_activity.values():
            most = speech.count("points", wallet.most_per_day)
            yield speech("activities.most-per-day", points=most, wallet=wallet.name)


def _activity(activity: Activity, program: Program, speech: Speech) -> Iterator[str]:
    yield speech(
        "activity.points", points=speech.count("points", activity.points), what=speech(f"did.{activity.event}")
    )
    if len(program.wallets) > 1:
        yield speech("activity.wallet", wallet=program.wallet_named(activity.wallet).name)
    times = speech.count("times", activity.at_most)
    if activity.within_days is None:
        yield speech("activity.in-all", times=times)
    else:
        yield speech("activity.within", times=times, days=speech.count("days", activity.within_days))
    if activity.customers_only:
        yield speech("activity.customers")
    if activity.when:
        yield speech("rule.if", conditions=speech.conditions(activity.when))
    yield from _window(activity, speech)


def _wallet_heading(wallet: Wallet, program: Program, speech: Speech) -> Iterator[str]:
    yield ""
    if len(program.wallets) > 1:
        yield f"### {speech(f'wallet.{wallet.kind}', name=wallet.name)}"
        yield ""


def _rule(rule: EarnRule, speech: Speech) -> str:
    return speech("semicolon").join([_brings(rule, speech), *_limits(rule, speech)])


def _brings(rule: EarnRule, speech: Speech) -> str:
    if rule.points is not None:
        return speech("rule.points", points=speech.count("points", rule.points))
    if rule.multiplier is not None:
        return speech("rule.multiplier", times=speech.number(rule.multiplier))
    rate = rule.points_per_unit or Decimal(0)
    units = 1 / rate
    if rate < 1 and units == int(units):  # 1 point for each 10 rather than 0.1 for each 1
        return speech("rule.per-unit", points=speech.count("points", 1), money=speech.money(units))
    points = speech.count("points", int(rate)) if rate == int(rate) else speech("points.other", number=rate.normalize())
    return speech("rule.per-unit", points=points, money=speech.money(1))


def _limits(rule: EarnRule, speech: Speech) -> Iterator[str]:
    for phrase, names in (
        ("rule.products", rule.products),
        ("rule.categories", rule.categories),
        ("rule.brands", rule.brands),
    ):
        if names:
            yield speech(phrase, names=speech.listed(names, "any"))
    if rule.when:
        yield speech("rule.if", conditions=speech.conditions(rule.when))
    yield from _window(rule, speech)
    if rule.hours:
        since, until = rule.hours
        yield speech("rule.hours", since=f"{since:%H:%M}", until=f"{until:%H:%M}")
    if rule.most_per_order is not None:
        yield speech("rule.most", points=speech.count("points", rule.most_per_order))
    if rule.budget is not None:
        yield speech("rule.budget", points=speech.count("points", rule.budget.points))
    if rule.group is not None:
        yield speech("rule.group", group=rule.group)


def _window(dated: EarnRule | Reward | Activity, speech: Speech) -> Iterator[str]:
    if dated.since and dated.until:
        yield speech("rule.between", since=speech.date(dated.since), until=speech.date(dated.until))
    elif dated.since:
        yield speech("rule.from", since=speech.date(dated.since))
    elif dated.until:
        yield speech("rule.until", until=speech.date(dated.until))


def spending(program: Program, speech: Speech) -> Iterator[str]:
    """From when on each wallet's points can be spent."""
    for wallet in program.wallets:
        yield _of_wallet(wallet, speech("gap").join(_spending(wallet, speech)), program, speech)


def _spending(wallet: Wallet, speech: Speech) -> Iterator[str]:
    if not wallet.redeemable:
        yield speech("spending.status")
        return
    days = wallet.activates_after_days
    if wallet.activates_on_delivery:
        yield speech("spending.after-delivery" if days else "spending.on-delivery", days=speech.count("days", days))
    else:
        yield speech("spending.after" if days else "spending.at-once", days=speech.count("days", days))
    if wallet.unit_value is not None:
        yield speech("spending.value", money=speech.money(wallet.unit_value))


def _of_wallet(wallet: Wallet, what: str, program: Program, speech: Speech) -> str:
    return what if len(program.wallets) == 1 else f"- {speech('named', name=wallet.name, what=what)}"


def expiry(program: Program, speech: Speech) -> Iterator[str]:
    """When each wallet's points expire."""
    for wallet in program.wallets:
        yield _of_wallet(wallet, _expiry(wallet, program, speech), program, speech)


def _expiry(wallet: Wallet, program: Program, speech: Speech) -> str:
    if wallet.expires_after_days is not None:
        return speech("expiry.days", days=speech.count("days", wallet.expires_after_days))
    if wallet.expires_inactive_days is not None:
        phrase = "expiry.inactive-at-all" if program.activities else "expiry.inactive"
        return speech(phrase, days=speech.count("days", wallet.expires_inactive_days))
    if wallet.expires_on is None:
        return speech("expiry.never")
    month, day = map(int, wallet.expires_on.split("-"))
    date = speech("month-day", month=speech(f"month.{month}"), day=day)
    phrase = "expiry.on-next" if wallet.expires_years == 1 else "expiry.on-later"
    return speech(phrase, date=date, years=wallet.expires_years)


def catalog(program: Program, speech: Speech) -> Iterator[str]:
    """What points buy, and how a reward is asked for."""
    redemption = program.redemption
    if redemption.catalog:
        yield speech("catalog.head")
        for reward in redemption.catalog:
            terms = speech("semicolon").join(_reward_terms(reward, program, speech))
            yield speech(
                "catalog.row",
                name=cell(reward.name),
                points=f"{reward.points:,}",
                what=_worth(reward, speech),
                terms=cell(terms),
            )
        yield ""
    if not redemption.free and not redemption.catalog:
        return
    free = "catalog.free" if redemption.catalog else "catalog.checkout"
    yield speech(free if redemption.free else "catalog.only")
    hours = redemption.confirm_within_hours
    yield speech("catalog.at-once") if hours is None else speech("catalog.confirm", hours=speech.count("hours", hours))


def _worth(reward: Reward, speech: Speech) -> str:
    kind = speech(f"kind.{reward.kind}")
    return kind if reward.value is None else speech("catalog.worth", kind=kind, money=speech.money(reward.value))


def _reward_terms(reward: Reward, program: Program, speech: Speech) -> Iterator[str]:
    yield speech("rule.if", conditions=speech.conditions(reward.when)) if reward.when else speech("catalog.everyone")
    yield from _window(reward, speech)
    if reward.stock is not None:
        yield speech("catalog.stock", stock=f"{reward.stock:,}")
    if sum(wallet.redeemable for wallet in program.wallets) > 1:
        yield speech("catalog.wallet", wallet=program.wallet_named(reward.wallet).name)


def refunds(program: Program, speech: Speech) -> Iterator[str]:
    """What becomes of points when an order is given back."""
    yield speech("refunds.taken")
    yield speech("refunds.debt")
    grace = program.redemption.grace_days
    yield speech("refunds.grace", days=speech.count("days", grace)) if grace else speech("refunds.spent")
    yield speech("refunds.level" if program.levels.follow_refunds else "refunds.level-kept")
    if program.levels.follow_refunds and any(step.gift for step in program.levels.steps):
        yield speech("refunds.gift")


def privacy(program: Program, speech: Speech) -> Iterator[str]:
    """What is done with a member's data, and what the member can ask for."""
    if program.consent.purposes:
        yield speech("privacy.purposes", purposes=speech.listed(map(speech.purpose, program.consent.purposes)))
    yield speech("privacy.granted" if program.silence.unknown_consent_is_granted else "privacy.asked")
    yield speech("privacy.withdraw")
    for section, phrase in (
        (program.churn, "privacy.profile"),
        (program.rfmx, "privacy.scores"),
        (program.replenishment, "privacy.cycles"),
    ):
        if section is not None:
            yield speech(phrase)
    yield speech("privacy.rights")
    yield speech("privacy.why")


def changes(program: Program, speech: Speech) -> Iterator[str]:
    """How terms change."""
    yield speech("changes.ahead")
    if program.inactive_days:
        yield speech("changes.inactive")
    yield speech(f"changes.{program.levels.on_new_version}")


SECTIONS: tuple[tuple[str, Section], ...] = (
    ("earning", earning),
    ("activities", activities),
    ("spending", spending),
    ("expiry", expiry),
    ("catalog", catalog),
    ("stages", stages),
    ("levels", levels),
    ("benefits", benefits),
    ("refunds", refunds),
    ("privacy", privacy),
    ("changes", changes),
)

"""The phrases of the terms in English."""

from __future__ import annotations

from types import MappingProxyType

_MONTHS = "January February March April May June July August September October November December"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

PHRASES = MappingProxyType(
    {f"month.{number}": name for number, name in enumerate(_MONTHS.split(), 1)}
    | {f"weekday.{name.lower()}": name for name in _WEEKDAYS}
    | {
        "title": "{name}: terms of membership",
        "scope": (
            "Version {version}, in force from {date}. Days and hours are those of {zone}; "
            "amounts are in {currency}."
        ),
        "zone": "the time zone {name}",
        "date": "{day} {month} {year}",
        "money": "{amount} {currency}",
        "comma": ", ",
        "and": " and ",
        "also": " and ",
        "or": " or ",
        "any": " or ",
        "gap": " ",
        "semicolon": "; ",
        "stop": ".",
        "named": "**{name}**: {what}",
        "days.one": "{number} day",
        "days.other": "{number} days",
        "hours.one": "{number} hour",
        "hours.other": "{number} hours",
        "points-of": "{points} of {wallet}",
        "points.one": "{number} point",
        "points.other": "{number} points",
        "truth.True": "yes",
        "truth.False": "no",
        # conditions
        "if.level.is": "your level is {value}",
        "if.band.is": "your stage of membership is {value}",
        "if.high_value.yes": "you are among our members of high value",
        "if.high_value.no": "you are not among our members of high value",
        "if.channel.is": "you order through {value}",
        "if.coupon.is": "you use the coupon {value}",
        "if.currency.is": "you pay in {value}",
        "if.basket.is": "what earns points in your order comes to {value}, cents aside",
        "if.basket.at_least": "what earns points in your order comes to at least {value}",
        "if.basket.below": "what earns points in your order comes to less than {value}",
        "if.items.is": "your order has exactly this many pieces: {value}",
        "if.items.at_least": "your order has at least this many pieces: {value}",
        "if.items.below": "your order has fewer pieces than {value}",
        "if.first_purchase.yes": "it is your first purchase",
        "if.first_purchase.no": "it is not your first purchase",
        "if.orders.is": "you have exactly this many orders so far: {value}",
        "if.orders.at_least": "you have at least this many orders so far: {value}",
        "if.orders.below": "you have fewer orders so far than {value}",
        "if.weekday.is": "you order on {value}",
        "if.other.is": "{fact} is {value}",
        "if.other.at_least": "{fact} is at least {value}",
        "if.other.below": "{fact} is below {value}",
        # earning
        "earning": "How you earn points",
        "earning.base": (
            "Points are earned on products after discounts. Taxes, shipping, gift cards and what you pay with points "
            "earn nothing. Of an order of which we know the total alone, the total counts."
        ),
        "earning.base-cards": (
            "Points are earned on products after discounts. Taxes, shipping and what you pay with points earn nothing. "
            "Of an order of which we know the total alone, the total counts."
        ),
        "earning.rates": (
            "Orders in {currencies} are converted at the program's rate of their day; orders in other currencies earn "
            "nothing."
        ),
        "earning.one-currency": "Only orders in {currency} earn points.",
        "earning.none": "Orders earn no points.",
        "earning.guests": (
            "What you ordered as a guest earns nothing at first. It earns as of the day of the order "
            "once we know within {days} that the guest was you."
        ),
        "wallet.spendable": "{name}: points to spend",
        "wallet.status": "{name}: points that show your status",
        "wallet.partner": "{name}: points that you share between us and our partners",
        "rule.per-unit": "{points} for each {money}",
        "rule.points": "{points} for an order",
        "rule.multiplier": "{times} times the points of the rules before this one",
        "rule.products": "only for the products {names}",
        "rule.categories": "only for products of the categories {names}",
        "rule.brands": "only for products of the brands {names}",
        "rule.if": "if {conditions}",
        "rule.between": "from {since} until {until}, both included",
        "rule.from": "from {since} on",
        "rule.until": "until {until}, included",
        "rule.hours": "for orders from {since} to before {until}",
        "rule.most": "at most {points} by this rule for an order",
        "rule.budget": (
            "as long as the {points} of the campaign last (an order that would get more than are left gets none)"
        ),
        "rule.group": "of the rules marked {group}, only the one that brings you most counts",
        "rounding.down": "Each rule's points are rounded down to whole points for each order.",
        "rounding.half-up": "Each rule's points are rounded to the nearest whole point for each order.",
        "rounding.up": "Each rule's points are rounded up to whole points for each order.",
        "wallet.least": "An order that earns anything earns at least {points}.",
        "wallet.most-per-order": "An order earns at most {points}.",
        "wallet.most-per-day": "On one day you earn at most {points}.",
        "multipliers.add": "Where several multipliers apply, what they add is summed up.",
        "multipliers.best": "Where several multipliers apply, only the one that brings you most counts.",
        # activities
        "activities": "Points for what you do",
        "activities.at-once": "These points are yours at once, and expire as those of an order of that day would.",
        "activities.most-per-day": (
            "On one day you get at most {points} in {wallet}, for orders and for what you do together. Something for "
            "which not all of its points are left brings none."
        ),
        "activity.points": "{points} when you {what}",
        "activity.wallet": "credited to {wallet}",
        "activity.in-all": "{times} in all",
        "activity.within": "at most {times} within {days}",
        "activity.customers": "for members with an order",
        # spending
        "spending": "When you can spend points",
        "spending.status": "These points buy nothing; they only show your status.",
        "spending.at-once": "As soon as the order is booked.",
        "spending.after": "{days} after the order.",
        "spending.on-delivery": "As soon as all parcels of the order have arrived.",
        "spending.after-delivery": "{days} after all parcels of the order have arrived.",
        "spending.value": "One point is worth {money} in our books; points cannot be paid out in cash.",
        # expiry
        "expiry": "When points expire",
        "expiry.never": "They do not expire.",
        "expiry.days": "Each order's points expire {days} after the order; those that expire first are spent first.",
        "expiry.inactive": "All of them expire when you have neither ordered nor redeemed points for {days}.",
        "expiry.inactive-at-all": (
            "All of them expire when you have neither ordered nor redeemed points, nor earned any for what you do, for "
            "{days}."
        ),
        "expiry.on-next": (
            "They expire at the end of the next {date}, also where it is the day of the order; those that expire first "
            "are spent first."
        ),
        "expiry.on-later": (
            "They expire at the end of {date}, at its occurrence number {years} from the day of the order on; those "
            "that expire first are spent first."
        ),
        "month-day": "{day} {month}",
        # catalog
        "catalog": "What points buy",
        "catalog.head": "| reward | points | what it is | for whom and when |\n|---|---:|---|---|",
        "catalog.row": "| {name} | {points} | {what} | {terms} |",
        "catalog.everyone": "all members",
        "catalog.stock": "while stocks last ({stock} in all)",
        "catalog.wallet": "paid with {wallet}",
        "kind.voucher": "voucher",
        "kind.discount": "discount",
        "kind.gift": "gift",
        "kind.donation": "donation",
        "kind.collectible": "digital collectible",
        "catalog.worth": "{kind} worth {money}",
        "catalog.free": "Points can also be spent at the checkout without choosing a reward.",
        "catalog.checkout": "Points can be spent at the checkout.",
        "catalog.only": "Points buy the rewards of this catalog and nothing else.",
        "catalog.at-once": "Points are taken off as soon as you redeem them.",
        "catalog.confirm": (
            "When you redeem points, they are set aside first. If the redemption is not confirmed within {hours}, they "
            "are yours again, as far as they have not expired meanwhile."
        ),
        # stages
        "stages": "Stages of membership",
        "stages.first": "from your first purchase on.",
        "stages.from": "from day {day} after your first purchase on.",
        "stages.top": "Members of high value are the {percent} % of our customers whose orders are worth most.",
        "stages.high-value": "Members of high value are the customers whose orders are worth most in all.",
        # levels
        "levels": "Levels",
        "levels.head": "| level | what it takes |\n|---|---|",
        "levels.row": "| {name} | {what} |",
        "levels.all": "every member",
        "levels.spend": "{money} spent within {days}",
        "levels.points": "{points} within {days}",
        "levels.orders": "{count} orders within {days}",
        "levels.up-points": (
            "You rise as soon as the points of the last {days} suffice; what is taken back does not count."
        ),
        "levels.spent": "Points count also when you have spent them or they have expired.",
        "levels.held": (
            "Points from orders count also when you have spent them or they have expired; points that you got "
            "otherwise count as long as you have them."
        ),
        "levels.fast-track": "With {orders} orders within {days} you rise to {level} at once.",
        "levels.gift": "For reaching {level} you get {points}, once.",
        "levels.gifts": (
            "Who rises by several levels at once gets the gift of the level that is reached. Gifts can be spent at "
            "once, and expire as points of an order of that day would."
        ),
        "levels.grace": "If they do not suffice, you keep the level for {days} more, so that you can make up for it.",
        "levels.one-step": "You fall by one level at a time.",
        "levels.freeze": (
            "If you cannot shop for a time, during a parental leave for instance, tell us: we put the review off, for "
            "up to {days}."
        ),
        "levels.up-spend": (
            "You rise as soon as your orders of the last {days} suffice. What counts is the total of each order, with "
            "taxes and shipping, less what is given back; orders in a currency that earns nothing do not count."
        ),
        "levels.up-orders": (
            "You rise as soon as you have enough orders of the last {days}; orders that you return do not count."
        ),
        "levels.holds-spend": (
            "A level holds for {days} from the day on which you reach or renew it. Then we look at your orders again: "
            "you keep the level, or you get the one that they suffice for."
        ),
        "levels.holds-orders": (
            "A level holds for {days} from the day on which you reach or renew it. Then we count your orders again: "
            "you keep the level, or you get the one that they suffice for."
        ),
        "levels.holds-points": (
            "A level holds for {days} from the day on which you reach or renew it. Then we look at your points again: "
            "you keep the level, or you get the one that they suffice for."
        ),
        # benefits
        "benefits": "Benefits",
        "benefits.basic": "for every member with an order",
        "benefits.level": "for members whose level is {levels}",
        "benefits.scene": "for members who {what} {times} within {days}",
        "benefits.year": "{times} in a calendar year",
        "benefits.month": "{times} in a calendar month",
        "benefits.never": "{times} in all",
        "times.one": "{number} time",
        "times.other": "{number} times",
        "did.Checked In": "check in",
        "did.Product Shared": "share a product",
        "did.Content Published": "publish something about us",
        "did.Content Featured": "have something featured by us",
        "did.Challenge Joined": "join a challenge",
        "did.Friend Invited": "invite a friend",
        "did.Item Recycled": "hand something in for recycling",
        "did.Vote Cast": "vote",
        "did.Community Joined": "join a community",
        "did.Session Attended": "attend a session",
        "did.Product Reviewed": "review a product",
        "did.NPS Answered": "tell us whether you would recommend us",
        "did.Profile Updated": "tell us your birthday",
        "benefits.birthday": (
            "For your birthday you get {points}, once in a calendar year, if you have an order; they can be spent at "
            "once, and expire as points of an order of that day would. Tell us the day: we keep the month and the day, "
            "and no year."
        ),
        # refunds
        "refunds": "Returns and refunds",
        "refunds.taken": (
            "When you return an order or part of it, the points that it brought are taken back in the same measure. "
            "Points of it that have expired are not taken back again."
        ),
        "refunds.debt": (
            "If you have spent those points already, the points you earn next make up for them first. You never have "
            "to pay for them."
        ),
        "refunds.spent": (
            "Points that you spent on what you return come back to you in the same measure, with the expiry that they "
            "had."
        ),
        "refunds.grace": (
            "Points that you spent on what you return come back to you in the same measure with the expiry that they "
            "had, and hold for at least {days}."
        ),
        "refunds.level": "A level that an order brought goes when the order is returned; what you held before stays.",
        "refunds.gift": "The gift for reaching it goes too, and comes again when you reach the level again.",
        "refunds.level-kept": "Your level stays until its review.",
        # privacy
        "privacy": "Your data and your rights",
        "privacy.purposes": "We ask for your consent to these uses of your data, each by itself: {purposes}.",
        "privacy.granted": (
            "As long as you have not told us about marketing, we assume that we may write to you; you can object at "
            "any time."
        ),
        "privacy.asked": "Without your consent to marketing, we do not write to you for that purpose.",
        "privacy.withdraw": "You can withdraw your consent at any time, without losing points or levels by it.",
        "privacy.profile": (
            "From your orders we estimate whether you are about to stop buying, so that we can ask why and make "
            "you an offer. The points that you earn do not depend on that estimate."
        ),
        "privacy.scores": (
            "We score how recently, how often and for how much you buy, and how you take part in what we do. The "
            "points that you earn do not depend on these scores."
        ),
        "privacy.cycles": (
            "From your orders we estimate when something that you buy again and again runs out, so that we can remind "
            "you."
        ),
        "privacy.rights": (
            "You can see what we hold about you, have it corrected, take a copy with you, and have it erased. When it "
            "is erased, your membership and your points end."
        ),
        "privacy.why": "You can ask about each order why it earned what it did, or why it did not.",
        "purpose.marketing": "messages about offers",
        "purpose.profiling": "a profile of what you like",
        "purpose.sharing": "sharing data with our partners",
        # changes
        "changes": "Changes of these terms",
        "changes.ahead": (
            "New terms take effect on a day in the future and not backwards: an order counts by the terms of its day."
        ),
        "changes.inactive": (
            "Only the time without activity after which points expire is that of the terms in force, also for points "
            "that you have."
        ),
        "changes.keep": "You keep your level until its review.",
        "changes.review": "Your level is reviewed on the day on which new terms take effect.",
    }
)  # fmt: skip

"""The retention report in words and figures for people: sentences, and the rows of its table."""

from __future__ import annotations

from stream_loyalty.contracts.money import EXPONENTS
from stream_loyalty.reports.charts import percent
from stream_loyalty.reports.effect import ENOUGH, ENOUGH_AMOUNTS
from stream_loyalty.reports.retention import Estimate, Group, Retention

HEAD = (
    "",
    "Alerted",
    "Recall",
    "Held out",
    "Recall",
    "Difference in points",
    "More customers",
    "More revenue",
)  # of `rows`; the first six say the most
BY = {"band": "By age band", "value": "By value", "cause": "By cause", "action": "By action"}


def headline(report: Retention) -> str:
    """What came out, in a sentence that stands for itself."""
    if report.overall is None:
        return "Nothing can be compared yet."
    more, difference = report.overall.incremental_buyers, report.overall.difference
    if more.value is None or difference.low is None or difference.high is None:
        return "It is too early to say what acting brings."
    if difference.low <= 0 <= difference.high:
        return "So far no difference between acting and doing nothing is certain."
    which = "more" if more.value > 0 else "fewer"
    return f"Acting brought back about {abs(more.value):,.0f} {which} customers than doing nothing."


def sentences(report: Retention) -> list[str]:
    """The findings in plain words, the most important first; what is missing, and what to do about it."""
    if report.overall is None:
        return _missing(report)
    return [
        *_recall(report, report.overall),
        *_revenue(report, report.overall),
        *([f"The retention team took on {report.acknowledged:,} of their alerts."] if report.acknowledged else []),
        *_left_out(report),
    ]


def rows(report: Retention) -> list[list[str]]:
    """Rows under `HEAD`; those of one cell are headings."""
    if report.overall is None:
        return []
    found = [_row(report.overall, report.currency)]
    for by, groups in report.groups.items():
        found += [[BY[by]], *(_row(group, report.currency) for group in groups)]
    return found


def money(minor: float, currency: str) -> str:
    """Minor units as people read them; whole units from a thousand on."""
    exponent = EXPONENTS[currency]
    amount = minor / 10**exponent
    return f"{amount:,.{0 if abs(amount) >= 1_000 else exponent}f} {currency}"


def share(value: float) -> str:
    """A share with one decimal, whatever it is: 0.4 -> 40.0 %."""
    return f"{value * 100:.1f} %"


def _missing(report: Retention) -> list[str]:
    if report.not_drawn:
        return [
            f"{report.not_drawn:,} alerts were measured, but none of them could have been held out: the program's "
            "hold-out is off.",
            "Without customers who are left alone nobody knows who would have come back anyway. Give the program a "
            "hold-out (10 percent is its default) and measure from then on.",
        ]
    if report.open:
        return [
            f"{report.open:,} alerts are out or held out, and the window of none of them is over yet.",
            "Each is measured at the end of its window, whether the customer bought or not. Read the report again "
            "then; a replay goes further with --advance-to.",
        ]
    return [
        "These decisions hold no alert about a silent customer.",
        "One is raised when a customer has not bought for the days that the program says (60 by default) and may be "
        "written to. Let the engine run on, or replay events over a longer time.",
    ]


def _recall(report: Retention, overall: Group) -> list[str]:
    treated, held_out, difference = overall.treated, overall.held_out, overall.difference
    days = " or ".join(map(str, report.window_days))
    said = []
    if treated.recall.value is not None and held_out.recall.value is not None:
        said.append(
            f"Of {treated.alerts:,} alerts {share(treated.recall.value)} bought again within {days} "
            f"days. Of {held_out.alerts:,} who were left alone on purpose {share(held_out.recall.value)} did."
        )
    if difference.low is None:
        said.append(
            f"The comparison begins with {ENOUGH} measured alerts in each group; now there are {treated.alerts:,} "
            f"alerted and {held_out.alerts:,} held out."
        )
        return said
    certain = f"with {percent(report.level)} certainty, however often the report is read"
    said.append(f"The difference is {_points(difference)} percentage points {certain}.")
    beat, recall = percent(report.beat), share(treated.recall.value or 0)
    if overall.beats is None:
        said.append(f"Whether recall beats {beat} is not certain yet: it lies {_between(treated.recall)}.")
    else:
        said.append(
            f"Recall of {recall} is {'above' if overall.beats else 'below'} the {beat} to beat, with certainty."
        )
    return said


def _revenue(report: Retention, overall: Group) -> list[str]:
    treated, held_out, more = overall.treated, overall.held_out, overall.incremental_revenue
    if treated.revenue.value is None or held_out.revenue.value is None:
        return []
    said = (
        f"An alerted customer brought {money(treated.revenue.value, report.currency)} within the window, one held out "
        f"{money(held_out.revenue.value, report.currency)}"
    )
    if more.value is None or more.low is None or more.high is None:
        fewest = min(treated.bought, held_out.bought)
        return [
            f"{said}; how certain that is can be said from {ENOUGH_AMOUNTS} buyers in each group on, not {fewest:,}."
        ]
    low, high = (money(one, report.currency) for one in (more.low, more.high))
    return [f"{said}: a difference of {money(more.value, report.currency)} in all, between {low} and {high}."]


_WHY = {
    "no-consent": "without consent to marketing",
    "resting": "too soon after the last alert",
    "no-room": "worth less than what the team can act on",
}


def _left_out(report: Retention) -> list[str]:
    said = []
    if report.open:
        said.append(f"{report.open:,} alerts are within their window and do not count yet.")
    if report.held_back:
        reasons = ", ".join(f"{_WHY[why]} {count:,}" for why, count in report.held_back.items())
        said.append(f"{sum(report.held_back.values()):,} more alerts were held back: {reasons}.")
    if report.not_drawn:
        said.append(f"{report.not_drawn:,} alerts could not have been held out, or only that; they are left out.")
    return said


def _row(group: Group, currency: str) -> list[str]:
    revenue = group.incremental_revenue.value
    cells = ["All" if group.name == "all" else group.name]
    for arm in (group.treated, group.held_out):
        cells += [f"{arm.alerts:,}", "-" if arm.recall.value is None else share(arm.recall.value)]
    return [
        *cells,
        _with_ends(group.difference.times(100), "+.1f"),
        _with_ends(group.incremental_buyers, "+,.0f"),
        "-" if revenue is None else money(revenue, currency),
    ]


def _with_ends(one: Estimate, form: str) -> str:
    if one.value is None:
        return "-"
    ends = "too early" if one.low is None or one.high is None else f"{one.low:{form}} to {one.high:{form}}"
    return f"{one.value:{form}} ({ends})"


def _points(one: Estimate) -> str:
    low, high = (one.low or 0) * 100, (one.high or 0) * 100
    return f"{(one.value or 0) * 100:+.1f} (between {low:+.1f} and {high:+.1f})"


def _between(one: Estimate) -> str:
    return f"between {share(one.low or 0)} and {share(one.high or 0)}"

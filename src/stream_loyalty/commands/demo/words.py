"""What came out, in plain words: one line for a message of an output topic."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from stream_loyalty.contracts.topics import DEAD_LETTERS
from stream_loyalty.contracts.wire import Record


class Line(NamedTuple):
    """One thing that happened: its kind, the simulated day (nothing for a dead letter), words, and how they look."""

    kind: str
    day: str
    text: str
    style: str


_WORDS = {  # CloudEvents type -> words and style; the fields are the message's own
    "loyalty.points.earned": ("{customer} earns {points} points on {saw[base]}, {balance} in hand", "default"),
    "loyalty.points.spent": ("{customer} spends {points} points, {balance} left", "cyan"),
    "loyalty.points.expired": ("{points} points of {customer} expire, {balance} left", "magenta"),
    "loyalty.points.reversed": ("{points} points of {customer} taken back: order {order_id} was {undone}", "magenta"),
    "loyalty.points.adjusted": ("{points:+} points for {customer}, by hand: {reason}", "cyan"),
    "loyalty.points.imported": ("{customer} brings {points} points along from another program", "cyan"),
    "loyalty.points.restored": ("{points} points of {customer} come back with order {order_id}", "cyan"),
    "loyalty.points.erased": ("{points} points written off: somebody asked to be forgotten", "magenta"),
    "loyalty.level.changed": ("{after} for {customer}: {standing} (was {before})", "bold green"),
    "loyalty.level.frozen": ("{customer} stays {level} until {until:.10}", "green"),
    "loyalty.level.renewed": ("{level} again for {customer}: {saw[spend]} in a year", "green"),
    "loyalty.alert.churn-risk.raised": ("ALERT {customer} may be lost: {todo}", "bold yellow"),
    "loyalty.alert.churn-risk.withdrawn": ("alert for {customer} withdrawn: {reason}", "yellow"),
    "loyalty.alert.churn-risk.escalated": (
        "alert for {customer} is urgent: {saw[days_silent]} days",
        "bold yellow",
    ),
    "loyalty.alert.care.raised": ("{customer} is about to run out of {ref}: {todo}", "bold cyan"),
    "loyalty.alert.service.raised": ("ALERT {customer} complains: {todo}", "bold red"),
    "loyalty.alert.data-quality.raised": ("ALERT {customer}: {reasons[0]}", "red"),
}
_UNDONE = {"Order Cancelled": "cancelled", "Order Updated": "changed"}
_EARLY = "ALERT {customer} stays away with {percent} %, {reasons[0]}: {todo}"
_SILENT = "ALERT {customer} has not bought for {saw[days_silent]} days ({bought} worth {saw[lifetime_value]}): {todo}"


def line(record: Record) -> Line | None:
    """The words for a record of `loyalty.rewards`, `loyalty.alerts` or `loyalty.dead-letters`; None: there are none."""
    headers = {name: value.decode() for name, value in record.headers}
    if record.topic == DEAD_LETTERS:
        where = f"{headers['path']}: " if headers["path"] else ""
        text = f"dead letter from {headers['source_topic']}: {where}{headers['reason']}"
        return Line(headers["code"], "", text, "red")
    kind, body = headers["ce_type"], msgspec.json.decode(record.value or b"{}")
    words, style = _WORDS.get(kind, (None, "default"))
    if words is None:
        return None
    if body["rule"] == "silence.buying" and kind.endswith(".raised"):
        words = _SILENT
    elif body["rule"] == "wakeup.model" and kind.endswith(".raised"):
        words = _EARLY
    undone = _UNDONE.get(body["because"]["event"], "refunded")
    percent = round(100 * (body.get("probability") or 0))
    saw = body["saw"]
    standing = f"{saw['spend']} in a year" if "spend" in saw else "brought along from another program"
    told = {"undone": undone, "percent": percent, "bought": _orders(saw), "todo": _todo(body), "standing": standing}
    text = words.format_map(body | told)
    return Line(kind, headers["ce_time"][:10], text, style)


def _orders(saw: dict[str, Any]) -> str:
    return "1 order" if saw.get("orders") == 1 else f"{saw.get('orders')} orders"


def _todo(body: dict[str, Any]) -> str:
    """What to do, by when and by whom; of the advice the first part, without examples."""
    if "advice" not in body:
        return ""
    first = re.sub(r" \(.*?\)", "", re.split(r"[:;.]", body["advice"])[0])
    deadline = body["deadline"][:16].replace("T", " ")
    return f"{first[:1].lower()}{first[1:]} by {deadline}, owner {body['owner']}"

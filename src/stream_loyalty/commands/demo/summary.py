"""What is told at the end: sums, the check that they agree, one alert, one customer, and where to go from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from redis import Redis
from rich import box
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from stream_loyalty.commands.demo.show import PREFIX, Show
from stream_loyalty.commands.demo.tally import Alert, Tally
from stream_loyalty.contracts.topics import ALERTS, DEAD_LETTERS, REWARDS
from stream_loyalty.core.program import Program

Fields = dict[bytes, bytes]  # a customer's hash in Redis
_SEVERITIES = ("info", "warning", "critical")
_CAME_IN = {
    "earned": "earned",
    "imported": "brought along",
    "restored": "given back with orders",
    "added": "by hand",
}
_WENT_OUT = {
    "spent": "spent",
    "expired": "expired",
    "reversed": "taken back",
    "taken off": "by hand",
    "erased": "forgotten",
}
_NEXT = (
    ("a public dataset of purchases as events", "stream-loyalty convert cdnow CDNOW_master.txt --out cdnow.ndjson.gz"),
    ("the engine over them, results as files", "stream-loyalty replay cdnow.ndjson.gz --out results"),
    ("live, on your own Kafka", "stream-loyalty topics && stream-loyalty worker"),
)


def tell(out: Console, show: Show, counts: Mapping[tuple[str, ...], int]) -> bool:
    """Print the summary; `counts` are the engine's. False if the points on the topic and in Redis do not agree."""
    customers = _customers(show.redis_url)
    tally, program = show.tally, show.programs.latest
    in_redis = sum(_balance(fields, program) for fields in customers.values())
    out.print(Rule("what happened", style="dim", characters="-"))
    out.print(_facts(show, counts, customers, in_redis))
    out.print(_open_alerts(tally))
    alert = _telling(tally, customers)
    if alert is not None:
        out.print(Rule(f"one alert, as it stands on {ALERTS}", style="dim", characters="-"))
        _print_json(out, alert.event)
        _customer(out, alert.data["customer"], customers)
    out.print(Rule("what next", style="dim", characters="-"))
    for what, command in _NEXT:
        out.print(Text(f"# {what}", "dim"))
        out.print(Text(command, "bold"), soft_wrap=True)
    return tally.postings == in_redis


def _facts(show: Show, counts: Mapping[tuple[str, ...], int], customers: Mapping[str, Fields], in_redis: int) -> Table:
    tally = show.tally
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    rate = f"{show.sent / show.seconds:,.0f}/s{', slow enough to be watched' if show.on_time else ''}"
    table.add_row("events in", f"{show.sent:,} of {len(customers):,} customers in {show.seconds:.0f} s ({rate})")
    repeated = sum(count for (kind, *rest), count in counts.items() if kind == "event" and rest[-1] == "repeated")
    known = counts.get(("decision", "loyalty.input.ignored"), 0)
    table.add_row("duplicates caught", f"{repeated:,} with the message id again, {known:,} with another message id")
    letters = sum(map(len, tally.dead_letters.values()))
    table.add_row("dead letters", f"{letters:,}, kept as they came on {DEAD_LETTERS}:")
    for code, reasons in sorted(tally.dead_letters.items()):
        table.add_row("", Text(f"{len(reasons)} {code}, such as: {reasons[0]}", "dim"))
    table.add_row("levels", _levels(customers, show.programs.latest))
    table.add_row("points", _points(tally))
    table.add_row("do they agree?", _check(tally, len(customers), in_redis))
    table.add_row("alerts", _alerts(tally))
    return table


def _points(tally: Tally) -> str:
    """What came in and what went out; the shop's staff may add points or take them away."""
    points = Counter(tally.points)
    points["added" if points["adjusted"] > 0 else "taken off"] = abs(points["adjusted"])
    came, went = (
        [(points[name], words) for name, words in names.items() if points[name]] for names in (_CAME_IN, _WENT_OUT)
    )
    outstanding = sum(much for much, _ in came) - sum(much for much, _ in went)
    parts = [f"+ {much:,} {words}" for much, words in came] + [f"- {much:,} {words}" for much, words in went]
    return f"{' '.join(parts).removeprefix('+ ') or 'none'} = {outstanding:,} outstanding"


def _check(tally: Tally, customers: int, in_redis: int) -> Text:
    agree = tally.postings == in_redis
    return Text(
        f"{'yes' if agree else 'NO'}: {tally.movements:,} postings on {REWARDS} add up to {tally.postings:,}, "
        f"{customers:,} balances in Redis to {in_redis:,}",
        "bold green" if agree else "bold red",
    )


def _alerts(tally: Tally) -> str:
    withdrawn = sum(tally.withdrawn.values())
    why = "; ".join(f"{count:,} as {reason}" for reason, count in tally.withdrawn.most_common())
    return f"{sum(tally.raised.values()):,} raised - {withdrawn:,} withdrawn ({why}) = {len(tally.open):,} open:"


def _levels(customers: Mapping[str, Fields], program: Program) -> str:
    held = Counter(fields[b"level"].decode() for fields in customers.values())
    return ", ".join(f"{held[step.name]:,} {step.name}" for step in program.levels.steps)


def _open_alerts(tally: Tally) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("open", "kind", "action", "owner", "what to do"):
        table.add_column(name, justify="right" if name == "open" else "left", no_wrap=name != "what to do")
    groups = Counter((a.data["kind"], a.data["action"], a.data["owner"], a.data["advice"]) for a in tally.open.values())
    for (kind, action, owner, advice), count in groups.most_common():
        table.add_row(f"{count:,}", kind, action, owner, advice)
    return table


def _telling(tally: Tally, customers: Mapping[str, Fields]) -> Alert | None:
    """The open alert that says most: about a customer who may be lost, seen early, the gravest, with many orders."""
    risks = [
        alert
        for alert in tally.open.values()
        if alert.data["kind"] == "churn-risk" and alert.data["customer"] in customers  # not forgotten since
    ]

    def weight(alert: Alert) -> tuple[bool, int, int, str]:
        early = alert.data["probability"] is not None
        return early, _SEVERITIES.index(alert.data["severity"]), alert.data["saw"].get("orders", 0), alert.data["alert"]

    return max(risks, key=weight, default=None)


def _customer(out: Console, name: str, customers: Mapping[str, Fields]) -> None:
    out.print(Rule(f"the same customer in Redis: HGETALL {PREFIX}customer:{name}", style="dim", characters="-"))
    for field, value in sorted(customers[name].items()):
        if field != b"profile":
            out.print(f"{field.decode():<15} {value.decode()}", markup=False, highlight=False)
    out.print("profile         as JSON:", highlight=False)
    _print_json(out, msgspec.json.decode(customers[name][b"profile"]))


def _customers(redis_url: str) -> dict[str, Fields]:
    head = f"{PREFIX}customer:"
    with Redis.from_url(redis_url) as client:
        keys = sorted(client.scan_iter(f"{head}*", count=1000))
        with client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.hgetall(key)
            return {key.decode().removeprefix(head): fields for key, fields in zip(keys, pipe.execute(), strict=True)}


def _balance(fields: Fields, program: Program) -> int:
    return int(fields.get(f"balance:{program.main_wallet.name}".encode(), 0))


def _print_json(out: Console, value: Mapping[str, Any]) -> None:
    out.print("\n".join(_json(value)), markup=False, highlight=out.is_terminal, soft_wrap=True)


def _json(value: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """JSON with a line for each entry of the outermost object and of large ones in it: to be read at a glance."""
    yield "{"
    for number, (name, entry) in enumerate(value.items(), 1):
        spread = isinstance(entry, dict) and len(entry) > 6 and not indent
        text = "\n".join(_json(entry, "  ")) if spread else msgspec.json.encode(entry).decode()
        yield f'{indent}  "{name}": {text}{"," if number < len(value) else ""}'
    yield f"{indent}}}"

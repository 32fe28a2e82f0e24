"""The protocol: what counts when, what is known when, and alerts, against a plain second opinion."""

import json
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from stream_loyalty.bootstrap import replay_engine
from stream_loyalty.cli import cli
from stream_loyalty.core.history import rhythm
from stream_loyalty.engine.replay import read_events
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.models.evaluation import Evaluation, Fold
from stream_loyalty.models.lead import LeadTime

DAYS, HORIZON, EVERY = 300, 28, 7
FIRST = np.datetime64("2024-03-01")


def order(user: str, day: int, number: int, name: str = "Order Completed", **more: object) -> bytes:
    properties = {"order_id": f"{user}-{number}", "total": 20 + number, "currency": "USD", **more}
    event = {"messageId": f"{name}-{user}-{number}", "type": "track", "event": name, "userId": user}
    return json.dumps(event | {"timestamp": f"{FIRST + day}T12:00:00Z", "properties": properties}).encode()


def shop(seed: int = 1, customers: int = 120, until: int = DAYS, after: int = 10**6) -> Iterator[tuple[int, bytes]]:
    """Customers with rhythms of their own, some of whom leave; days from `after` on have another seed."""
    for customer in range(customers):
        random = Random(f"{seed}-{customer}")
        other = Random(f"other-{customer}")
        day, gap, number = random.randrange(150), random.choice((5, 12, 30)), 0
        while day < until:
            yield day, order(f"c{customer}", day, number, quantity=2)
            number += 1
            here = other if day >= after else random
            if here.random() < 0.12:
                break
            day += 1 + int(here.expovariate(1 / gap))


def evaluation(lines: list[tuple[int, bytes]], horizon: int = HORIZON) -> Evaluation:
    engine = replay_engine()
    arrivals = read_events([line for _, line in sorted(lines)], engine, 2**43)
    return Evaluation(Fold(arrivals, engine), horizon, EVERY)


def scores(run: Evaluation) -> dict[int, list[float]]:
    """Every risk given, by day."""
    given: dict[int, list[float]] = {}
    judge = run._judge

    def noting(scored, churned):
        if scored.risks is not None:
            given[scored.day - run._fold.first] = scored.risks.tolist()
        judge(scored, churned)

    run._judge = noting  # type: ignore[method-assign]
    run.run()
    return given


def test_nothing_looks_into_the_future() -> None:
    """When everything after a day is another story, every score up to that day is the same to the last bit."""
    ends = [(0, order("edge", 0, 0)), (DAYS, order("edge", DAYS, 1))]
    one = scores(evaluation([*shop(), *ends]))
    two = scores(evaluation([*shop(after=170), *ends]))
    before = [day for day in one if day < 170]
    assert len(before) > 10
    assert all(one[day] == two[day] for day in before)
    assert any(one[day] != two[day] for day in one if day > 200)


def test_what_is_learned_is_known() -> None:
    """At a checkpoint the model has learned from the checkpoints that lie a whole horizon back, and from no others."""
    run = evaluation(list(shop()))
    learned: list[tuple[int, int]] = []
    today = 0
    settle, learn = run._settle, run.champion.learn_one

    def settling(day: int) -> None:
        nonlocal today
        today = day
        settle(day)

    def learning(x, bought, day):
        learned.append((day, today))
        learn(x, bought, day)

    run._settle, run.champion.learn_one = settling, learning  # type: ignore[method-assign]
    run.run()
    assert {day for day, _ in learned} == set(run.checkpoints)
    assert all(HORIZON <= known - day < HORIZON + EVERY for day, known in learned)


def test_counted_are_second_checkpoints_from_45_percent_on() -> None:
    """Of days 0 to 300 these are 140, 154 ... 266; the last checkpoint is a horizon before the end."""
    run = evaluation([(0, order("a", 0, 0)), (DAYS, order("a", DAYS, 1))])
    assert [day - run._fold.first for day in run.counted] == list(range(140, DAYS - HORIZON + 1, 14))
    assert run.checkpoints[-1] - run._fold.first == 266


def test_the_engine_decides_what_a_purchase_is() -> None:
    """Repetitions, test orders and orders that were cancelled leave everybody's rhythm as it is; refunds do not."""
    lines = list(shop())
    noise = [(day, line) for day, line in lines[::3]]
    for n, day in enumerate(range(20, 120, 5)):
        cancelled = order(f"c{n}", day, 800, "Order Cancelled").replace(b"T12", b"T13")
        noise += [(day, order(f"c{n}", day, 900, test=True)), (day, order(f"c{n}", day, 800)), (day, cancelled)]

    def rhythms(found: list[tuple[int, bytes]]) -> dict[str, object]:
        fold = evaluation(found)._fold
        fold.to(fold.first + 200)
        return {name: rhythm(fold.customers[place].history, fold.first + 200) for name, place in fold._places.items()}

    assert rhythms(lines + noise) == rhythms(lines)
    assert rhythms([*lines, (150, order("c0", 150, 0, "Order Refunded", total=5, refund_id="r"))]) != rhythms(lines)


@pytest.mark.parametrize("days", [0, 1, 40, 62])
def test_too_few_days_are_said_so(days: int) -> None:
    """In a sentence that says how many there are and how many it takes."""
    lines = [(0, order("a", 0, 0)), (days, order("a", days, 1))]
    with pytest.raises(StreamLoyaltyError, match=f"{days + 1} days of events are too few.*from 64 days on"):
        evaluation(lines)


def test_no_events_at_all() -> None:
    with pytest.raises(StreamLoyaltyError, match="0 days of events are too few"):
        evaluation([])


def test_lead_time_is_what_a_plain_count_says() -> None:
    """Alerts one by one, over random risks."""
    rng = np.random.default_rng(3)
    lead, plain = LeadTime(begins=40, horizon=28), []
    last = np.zeros(200, np.int64)
    for day in range(7, 300, 7):
        buys = rng.random(200) < 0.1
        last[buys] = day - rng.integers(0, 7, buys.sum())
        risks = np.clip((day - last) / 60 + rng.normal(0, 0.2, 200), 0.001, 0.999)
        churned = rng.random(200) < 0.3 + risks / 2
        lead.note(day)
        seen = lead.see(day, np.arange(200), last.copy(), np.ones(200, bool), risks)
        lead.learn(seen._replace(churned=churned))
        plain += [(c, int(last[c]), day, risks[c], churned[c]) for c in range(200) if last[c] >= 40]

    def alerts(rule) -> tuple[int, int, float]:
        first: dict[tuple[int, int], tuple[bool, int]] = {}
        for customer, since, day, risk, right in plain:
            if rule(risk, day - since):
                first.setdefault((customer, since), (bool(right), day - since))
        rights = [right for right, _ in first.values()]
        return len(first), sum(rights), sum(silent for _, silent in first.values()) / max(len(first), 1)

    report = lead.report()
    assert report is not None

    def same(name: str, rule) -> None:
        count, right, mean = alerts(rule)
        assert (report[name]["alerts"], report[name]["right_alerts"]) == (count, right)
        assert report[name]["mean_silence_days"] == pytest.approx(mean)

    same("fixed_rule", lambda risk, silent: silent >= 28)
    threshold = report["matched"]["threshold"]
    same("matched", lambda risk, silent: risk >= threshold)
    aim, enough = report["fixed_rule"]["precision"], report["fixed_rule"]["right_alerts"]
    for lower in sorted({risk for *_, risk, _ in plain if risk < threshold})[::50]:
        count, right, _ = alerts(lambda risk, silent, lower=lower: risk >= lower)
        assert right / count < aim or right < enough


def test_the_command_writes_json_and_a_page(tmp_path) -> None:
    """One self-contained page, and the figures under the names that scripts read."""
    events, html = tmp_path / "events.ndjson", tmp_path / "page.html"
    events.write_bytes(b"\n".join(line for _, line in sorted(shop())))
    args = ["evaluate", "churn", str(events), "--horizon", "28", "--html", str(html), "--json"]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert set(found["model"]) == set(found["fixed_rule"]) == {"auc", "log_loss", "brier"}
    wanted = {"precision", "alerts", "right_alerts", "mean_silence_days", "median_silence_days", "silences"}
    assert found["lead_time"].keys() >= {"fixed_rule", "matched", "online"}
    assert found["lead_time"]["fixed_rule"].keys() | {"silences"} >= wanted
    page = html.read_text()
    assert page.count("<svg") >= 4
    assert "<script" not in page
    assert "src=" not in page
    table = CliRunner().invoke(cli, args[:-1])
    assert "fixed rule" in table.stdout

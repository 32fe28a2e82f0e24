"""A shop of which the truth is known, the engine, and the report: what alerts bring is found, and nothing where there
is nothing, at every day's reading."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.engine import Engine
from stream_loyalty.reports.retention import Retention, read, report
from stream_loyalty.simulate.treatment import SHOP, Outcome, live
from tests.docs.generate import ROOT, block
from tests.unit.support_core import DEFAULT, engine_of, program_text

START = parse_instant("2025-01-01T00:00:00Z")
EFFECT, NONE = SHOP._replace(responds=0.4), SHOP._replace(responds=0.0)
CHURN_SECTION = re.findall(r"\[churn\].*?(?=\n\[)", DEFAULT, flags=re.DOTALL)[0]


def engine(held_out: float = 30) -> Engine:
    """The default program without a model to score by, which takes most of the time, and a larger hold-out."""
    return engine_of(program_text({CHURN_SECTION: "", "hold_out_percent = 0": f"hold_out_percent = {held_out}"}))


def readings(lived: Outcome) -> tuple[Retention, np.ndarray]:
    """The report, and the true mean effect on the alerts that each day's reading compared."""
    found = read(lived.decisions)
    effects = np.cumsum([lived.effects[one.alert] for one in found.measured])
    told = report(found, "USD")
    counts = np.array([reading.alerts for reading in told.timeline])
    return told, effects[counts - 1] / counts


def covered(told: Retention, truth: np.ndarray) -> bool:
    """The truth lies in the interval on every day that shows one."""
    shown = [
        (one.difference, true) for one, true in zip(told.timeline, truth, strict=True) if one.difference.low is not None
    ]
    assert len(shown) > 20
    return all(one.low <= true <= one.high for one, true in shown)  # type: ignore[operator]


def share_covered(shop_effect: float, seeds: int, held_out: float = 30) -> tuple[float, float]:
    """Of the seeds, in how many the truth was inside every day, and in how many an effect was certain at the end."""
    shop, drawn = SHOP._replace(responds=shop_effect), engine(held_out)
    inside = certain = 0
    for seed in range(seeds):
        told, truth = readings(live(seed, drawn, START, shop))
        inside += covered(told, truth)
        low = told.timeline[-1].difference.low
        certain += low is not None and low > 0
    return inside / seeds, certain / seeds


def test_the_engine_and_the_shop_close_the_loop() -> None:
    """Only those alerted respond; what the engine measures is what the shop knows each of them would do."""
    lived = live(7, engine(), START, EFFECT)
    groups = Counter(
        (one.treated, bool(lived.effects[one.alert]), one.bought) for one in read(lived.decisions).measured
    )
    assert (True, True, False) not in groups  # who comes back because of an alert does, if alerted
    assert (False, True, True) not in groups  # and does not otherwise
    assert len(groups) == 6
    assert lived == live(7, engine(), START, EFFECT)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_effect_is_found_and_none_where_there_is_none(seed: int) -> None:
    told, truth = readings(live(seed, engine(), START, EFFECT))
    assert truth[-1] > 0.2
    assert covered(told, truth)
    assert told.overall is not None
    assert told.overall.difference.low is not None
    assert told.overall.difference.low > 0
    nothing, none = readings(live(seed, engine(), START, NONE))
    assert not none.any()
    assert covered(nothing, none)


def test_the_shop_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    script = block((ROOT / "docs" / "retention.md").read_text(), "run: shop")
    exec(script.replace("3_000", "300"), {})
    found = read((tmp_path / "shop" / "decisions.ndjson").read_bytes().splitlines())
    assert len(found.measured) > 200


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("responds", "held_out"), [(0.4, 30), (0.0, 30), (0.4, 10)])
def test_the_truth_is_inside_in_two_hundred_shops_read_daily(responds: float, held_out: float) -> None:
    inside, certain = share_covered(responds, seeds=200, held_out=held_out)
    print(f"inside every day in {inside:.1%}, an effect certain at the end in {certain:.1%}")
    assert inside >= 0.93
    if not responds:
        assert certain <= 0.07

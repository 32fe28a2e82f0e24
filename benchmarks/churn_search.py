"""What was tried before the churn model was chosen: the table in docs/science.md, anew. Hours for all of it.

usage: python benchmarks/churn_search.py EVENTS [--one-in N] [NAME...]

NAME: only variants whose names contain one of these; those of SLOW run only where they are named.
--one-in: only one in N customers, drawn by a hash, for what would take too long over all of them.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import forest, linear_model, optim, preprocessing

from stream_loyalty.adapters.files.events import read_lines
from stream_loyalty.bootstrap import now_ms, replay_engine
from stream_loyalty.contracts.parse import Event
from stream_loyalty.core.features import FEATURE_NAMES, RHYTHM_NAMES
from stream_loyalty.engine.replay import read_events
from stream_loyalty.models import champion
from stream_loyalty.models.champion import Champion
from stream_loyalty.models.evaluation import Evaluation, Fold
from stream_loyalty.models.kalman import KalmanLogisticRegression
from stream_loyalty.models.lead import LeadTime
from stream_loyalty.models.quality import auc, brier, log_loss

Array = NDArray[np.float64]
PLAIN = FEATURE_NAMES[: FEATURE_NAMES.index("log_last_spend")]


class Seen(NamedTuple):
    day: int
    customers: NDArray[np.int64]
    last: NDArray[np.int64]
    features: Array
    churned: NDArray[np.bool_]


class Recorder(Evaluation):
    """Sees what an evaluation sees, and learns nothing."""

    def __init__(self, fold: Fold) -> None:
        super().__init__(fold)
        self.seen: list[Seen] = []

        def pass_over(*example: object) -> None:
            pass

        self.champion.learn_one = pass_over  # type: ignore[method-assign]

    def _judge(self, scored: Any, churned: NDArray[np.bool_]) -> None:
        last = scored.day - scored.silent
        self.seen.append(Seen(scored.day, scored.customers, last, scored.features, churned))


class River:
    """A classifier of River behind its standard scaler."""

    def __init__(self, names: Sequence[str], model: Any) -> None:
        self.names, self.model = names, preprocessing.StandardScaler() | model

    def learn_one(self, x: Array, bought: bool, day: int) -> None:
        self.model.learn_one(dict(zip(self.names, x.tolist(), strict=True)), bought)

    def risks(self, rows: Array) -> Array:
        given = (self.model.predict_proba_one(dict(zip(self.names, row, strict=True))) for row in rows.tolist())
        return np.array([1.0 - p.get(True, 0.0) for p in given])


class Mean:
    """The mean of the logits of several."""

    def __init__(self, *models: Any) -> None:
        self.models = models

    def learn_one(self, x: Array, bought: bool, day: int) -> None:
        for model in self.models:
            model.learn_one(x, bought, day)

    def risks(self, rows: Array) -> Array:
        logits = [np.log(risks / (1.0 - risks)) for risks in (model.risks(rows) for model in self.models)]
        return np.asarray(1.0 / (1.0 + np.exp(-np.mean(logits, axis=0))))


class Upper:
    """A logistic regression over what other models say, which learns from what they really said at the time.

    It begins as the mean of their logits, and keeps learning for as long as the champion does.
    """

    def __init__(self, *models: Any, parts: Callable[[Array], Sequence[Array]] | None = None) -> None:
        """`parts` of one model's logits: the inputs instead of the logits themselves; they have to add up to them."""
        self.models, self._parts = models, parts or (lambda logits: (logits,))
        size = len(models) * len(self._parts(np.zeros(1)))
        self._upper = KalmanLogisticRegression(0.02)
        self._upper.learn_one(dict.fromkeys(range(size), 0.0), False)  # it learns how many there are, and nothing else
        self._upper.mean = np.array([0.0, *[1.0 / len(models)] * size])
        self._upper.covariance = np.diag([1.0, *[0.02] * size])
        self._said: dict[int, Array] = {}  # by checkpoint: [customers, inputs]
        self._day, self._row = -1, 0

    def learn_one(self, x: Array, bought: bool, day: int) -> None:
        if day != self._day:
            self._said.pop(self._day, None)
            self._upper.forget(1.0 - champion.KEPT_A_WEEK)
            self._day, self._row = day, 0
        if day in self._said:
            self._upper.learn_vector(self._said[day][self._row], bought)
            self._row += 1
        for model in self.models:
            model.learn_one(x, bought, day)

    def score(self, day: int, rows: Array) -> Array:
        said = (np.clip(model.risks(rows), 1e-6, 1.0 - 1e-6) for model in self.models)
        inputs = [part for risks in said for part in self._parts(np.log((1.0 - risks) / risks))]
        self._said[day] = np.column_stack([np.ones(len(rows)), *inputs])
        return np.asarray(1.0 / (1.0 + np.exp(self._said[day] @ self._upper.mean)))


def beta(logits: Array) -> tuple[Array, Array]:
    """The inputs of beta calibration (Kull, Silva Filho, Flach 2017): log p and -log(1 - p)."""
    return -np.logaddexp(0.0, -logits), np.logaddexp(0.0, logits)


def kalman(names: Sequence[str], kept: float = champion.KEPT_A_WEEK, variance: float | None = None) -> Champion:
    made = Champion(names, kept)
    if variance is not None:
        made._model.covariance = np.diag([1.0, *[variance] * len(names)])
        made._model.variance = variance
    return made


def adagrad(names: Sequence[str]) -> River:
    return River(names, linear_model.LogisticRegression(optim.AdaGrad(0.05)))


def ftrl(names: Sequence[str]) -> River:
    return River(names, linear_model.LogisticRegression(optim.FTRLProximal()))


def forest_of(trees: int, leaves: str = "nba") -> Callable[[Sequence[str]], River]:
    return lambda names: River(names, forest.ARFClassifier(trees, leaf_prediction=leaves, seed=1))


def without(*parts: str) -> tuple[str, ...]:
    return tuple(name for name in RHYTHM_NAMES if not any(part in name for part in parts))


VARIANTS: dict[str, tuple[Sequence[str], Callable[[Sequence[str]], Any]]] = {
    "SGD 0.01, 12 features": (PLAIN, lambda names: River(names, linear_model.LogisticRegression(optim.SGD(0.01)))),
    "AdaGrad 0.05, 12 features": (PLAIN, adagrad),
    "AdaGrad 0.05": (RHYTHM_NAMES, adagrad),
    "FTRL": (RHYTHM_NAMES, ftrl),
    "Kalman, 12 features": (PLAIN, kalman),
    "Kalman, chosen": (RHYTHM_NAMES, kalman),
    "Kalman, with neutral signals": (FEATURE_NAMES, kalman),
    "Kalman, no saturating recency": (without("recency_half"), kalman),
    "Kalman, no Weibull hazard": (without("hazard"), kalman),
    "Kalman, no BG/NBD": (without("alive"), kalman),
    "Kalman, no units with recency": (without("_units"), kalman),
    "Kalman, no squared spend": (without("squared"), kalman),
    "Kalman, keeps 1/1.02 a week": (RHYTHM_NAMES, lambda names: kalman(names, 1 / 1.02)),
    "Kalman, keeps 1/1.2 a week": (RHYTHM_NAMES, lambda names: kalman(names, 1 / 1.2)),
    "Kalman, prior variance 0.001": (RHYTHM_NAMES, lambda names: kalman(names, variance=0.001)),
    "Kalman, prior variance 0.1": (RHYTHM_NAMES, lambda names: kalman(names, variance=0.1)),
    "Kalman, logits of three memories": (
        RHYTHM_NAMES,
        lambda names: Mean(*(kalman(names, 1 / faster) for faster in (1.03, 1.07, 1.2))),
    ),
    "stacked: Kalman, AdaGrad, FTRL": (
        RHYTHM_NAMES,
        lambda names: Upper(kalman(names), adagrad(names), ftrl(names)),
    ),
    "stacked: Kalman of three memories": (
        RHYTHM_NAMES,
        lambda names: Upper(*(kalman(names, 1 / faster) for faster in (1.03, 1.07, 1.2))),
    ),
    "chosen, recalibrated: Platt": (RHYTHM_NAMES, lambda names: Upper(kalman(names))),
    "chosen, recalibrated: beta": (RHYTHM_NAMES, lambda names: Upper(kalman(names), parts=beta)),
}
SLOW: dict[str, tuple[Sequence[str], Callable[[Sequence[str]], Any]]] = {
    "adaptive random forest, 5 trees": (PLAIN, forest_of(5)),
    "adaptive random forest, 10 trees": (RHYTHM_NAMES, forest_of(10)),
    "adaptive random forest, 10 trees, shares in leaves": (RHYTHM_NAMES, forest_of(10, "mc")),
    "stacked: Kalman, forest of 10": (RHYTHM_NAMES, lambda names: Upper(kalman(names), forest_of(10)(names))),
}


def tried(recorder: Recorder, names: Sequence[str], model: Any, horizon: int = 60) -> dict[str, float]:
    """The protocol over what was recorded, with these features only; lead time where all weeks were scored."""
    columns = [FEATURE_NAMES.index(name) for name in names]
    period = recorder.checkpoints[-1] + horizon - recorder._fold.first
    lead = LeadTime(recorder._fold.first + int(0.45 * period), horizon)
    figures, learned, spent, quick = [], 0, 0.0, not isinstance(model, River)
    for scored in recorder.seen:
        while recorder.seen[learned].day + horizon <= scored.day:
            known = recorder.seen[learned]
            start = time.process_time()
            for row, churned in zip(known.features[:, columns], known.churned.tolist(), strict=True):
                model.learn_one(row, not churned, known.day)
            spent += time.process_time() - start
            learned += 1
        if learned and (quick or scored.day in recorder.counted):
            rows = scored.features[:, columns]
            risks = model.score(scored.day, rows) if isinstance(model, Upper) else model.risks(rows)
            if scored.day in recorder.counted:
                figures.append([measure(risks, scored.churned) for measure in (auc, log_loss, brier)])
            repeat = np.ones(len(risks), bool)
            lead.learn(
                lead.see(scored.day, scored.customers, scored.last, repeat, risks)._replace(churned=scored.churned)
            )
    examples = sum(len(one.churned) for one in recorder.seen[:learned])
    found = dict(zip(("AUC", "log loss", "Brier"), np.mean(figures, axis=0).tolist(), strict=True))
    matched = (lead.report() or {}).get("matched") if quick else None
    found["mean silence"] = matched["mean_silence_days"] if matched else float("nan")
    return found | {"us": spent / examples * 1e6}


def recorded(events: str, one_in: int) -> Recorder:
    engine = replay_engine()
    arrivals = read_events(read_lines([events]), engine, now_ms())
    chosen = [
        arrival
        for arrival in arrivals
        if isinstance(arrival.content, Event) and zlib.crc32(arrival.content.customer.encode()) % one_in == 0
    ]
    recorder = Recorder(Fold(chosen, engine))
    recorder.run()
    return recorder


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("events")
    parser.add_argument("--one-in", type=int, default=1)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_intermixed_args()
    variants = VARIANTS | SLOW if asked.names else VARIANTS
    recorder = recorded(asked.events, asked.one_in)
    print("| tried | features | AUC | log loss | Brier | lead time (a), days | us an example |")
    print("|---|---|---|---|---|---|---|")
    for name, (names, make) in variants.items():
        if not asked.names or any(part in name for part in asked.names):
            area, loss, score, silence, cost = tried(recorder, names, make(names)).values()
            row = f"{area:.4f} | {loss:.4f} | {score:.5f} | {silence:.1f} | {cost:.0f} |"
            print(f"| {name} | {len(names)} | {row}", flush=True)


if __name__ == "__main__":
    main()

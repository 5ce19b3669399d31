"""How good a model is, and whether that is good enough to take the champion's place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

EVEN = 0.5
"""The probability of a benign tumour above which a model is taken to say that it is one."""
METRICS: dict[str, Callable[[pd.Series[bool], np.ndarray], float]] = {
    "roc_auc": lambda target, probabilities: roc_auc_score(target, probabilities[:, 1]),
    "average_precision": lambda target, probabilities: average_precision_score(target, probabilities[:, 1]),
    "accuracy": lambda target, probabilities: accuracy_score(target, probabilities[:, 1] > EVEN),
    "f1": lambda target, probabilities: f1_score(target, probabilities[:, 1] > EVEN),
}
"""By name; each is from 0 to 1, and more is better. They take a column of probabilities for each class."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What a candidate has to show."""

    metric: str
    """One of `METRICS`."""
    threshold: float
    """The least that is good enough, champion or not."""
    margin: float
    """By how much more than the champion's a candidate's has to be, in the metric's own unit."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate says of a candidate."""

    promoted: bool
    reason: str

    @property
    def outcome(self) -> str:
        """One word for programs: `promoted` or `held`."""
        return "promoted" if self.promoted else "held"


def measure(target: pd.Series[bool], probabilities: np.ndarray) -> dict[str, float]:
    """Every metric of a model.

    Args:
        target: of n rows.
        probabilities: what the model says, an array of n rows and two columns.
    """
    return {name: float(metric(target, probabilities)) for name, metric in METRICS.items()}


def judge(gate: Gate, candidate: float, champion: float | None) -> Verdict:
    """Whether a candidate passes.

    Args:
        gate: what is asked for.
        candidate: its metric.
        champion: the champion's on the same rows; none where there is no champion.
    """
    said = f"{gate.metric} is {candidate:.4f}"
    if candidate < gate.threshold:
        return Verdict(promoted=False, reason=f"{said}, below the threshold of {gate.threshold}")
    if champion is None:
        return Verdict(promoted=True, reason=f"{said}, and there is no champion")
    compared = f"the champion's {champion:.4f}" + (f" and the margin of {gate.margin}" if gate.margin else "")
    if candidate <= champion + gate.margin:
        return Verdict(promoted=False, reason=f"{said}, not more than {compared}")
    return Verdict(promoted=True, reason=f"{said}, more than {compared}")

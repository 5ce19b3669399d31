"""From which value on something is worth a look, and from which on it is bad."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsConfig, ThresholdsMode

_GOOD, _DOUBTFUL, _BAD = "green", "orange", "red"


def none() -> ThresholdsConfig:
    """Judge nothing: the number is only news."""
    return _config(Threshold(color="text"))


def more_is_worse(*, doubtful: float | None = None, bad: float | None = None) -> ThresholdsConfig:
    """Judge a value that should be small."""
    steps = [(doubtful, _DOUBTFUL), (bad, _BAD)]
    return _config(
        Threshold(color=_GOOD), *(Threshold(value=value, color=color) for value, color in steps if value is not None)
    )


def less_is_worse(*, good: float, doubtful: float | None = None) -> ThresholdsConfig:
    """Judge a value that should be large."""
    steps = [(doubtful, _DOUBTFUL), (good, _GOOD)]
    return _config(
        Threshold(color=_BAD), *(Threshold(value=value, color=color) for value, color in steps if value is not None)
    )


def _config(*steps: Threshold) -> ThresholdsConfig:
    return ThresholdsConfig(mode=ThresholdsMode.ABSOLUTE, steps=list(steps))

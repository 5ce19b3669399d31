"""How a step hands its results on: lines on standard output, which DolphinScheduler makes parameters of."""

from __future__ import annotations

import sys

from mlflow_client import dolphin_tags


def hand_on(**values: str) -> None:
    """Prints `${setValue(name=value)}` in a task of DolphinScheduler, and `name=value` elsewhere."""
    form = "${{setValue({}={})}}" if dolphin_tags() else "{}={}"
    for name, value in values.items():
        sys.stdout.write(form.format(name, value) + "\n")
    sys.stdout.flush()

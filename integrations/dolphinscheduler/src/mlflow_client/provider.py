"""What MLflow loads (entry point `mlflow.run_context_provider`): puts the task's tags on every run it creates."""

from __future__ import annotations

import os

from mlflow_client.context import forget_placeholders
from mlflow_client.tags import dolphin_tags


class DolphinRunContextProvider:
    """A `mlflow.tracking.context.abstract_context.RunContextProvider` by its methods alone.

    MLflow makes it in the middle of its own import, which an exception would end: nothing here can fail.
    """

    def __init__(self) -> None:
        forget_placeholders(os.environ)

    def in_context(self) -> bool:
        """Whether this process is a task of DolphinScheduler; installed alone, the package does nothing."""
        return bool(dolphin_tags())

    def tags(self) -> dict[str, str]:
        """The task's tags; what the user gives counts before them."""
        return dolphin_tags()

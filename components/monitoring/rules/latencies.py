"""Quantiles of how long things take. No alert looks at them: an objective counts what is too slow, see `objectives`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.model import RecordingRule
from components.monitoring.rules.scope import MINUTE

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

QUANTILES = (0.5, 0.95, 0.99)
REQUEST_SECONDS = "namespace_quantile:mlflow_http_request_duration_seconds:histogram_quantile5m"
STEP_SECONDS = "namespace_step_quantile:mlflow_canary_step_duration_seconds:histogram_quantile30m"
"""Over half an hour, since a step has one sample a minute."""


def recordings(scope: RuleScope) -> list[RecordingRule]:
    """Record the quantiles that dashboards show."""
    requests = scope.series("mlflow_http_request_duration_seconds_bucket", 'job="mlflow"')
    steps = scope.series("mlflow_canary_step_duration_seconds_bucket")
    served = f"sum by (namespace, le) (rate({requests}[{scope.window(5 * MINUTE)}]))"
    walked = f"sum by (namespace, step, le) (rate({steps}[{scope.window(30 * MINUTE)}]))"
    return [
        RecordingRule(
            record=record, expr=f"histogram_quantile({quantile:g}, {seconds})", labels={"quantile": f"{quantile:g}"}
        )
        for record, seconds in ((REQUEST_SECONDS, served), (STEP_SECONDS, walked))
        for quantile in QUANTILES
    ]

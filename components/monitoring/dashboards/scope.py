"""What every module of dashboards needs to write a query.

Three kinds of series, by what tells whose they are:

- what Prometheus scrapes from the platform's pods has the labels of its target, `job` and `instance`,
- what the rules record has lost them on purpose, and kept the namespace,
- what Kubernetes tells of the platform has the labels of who told it. Deployments are named like jobs, so that the
  variable `job` selects them too, and pods by the names that Deployments give them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.monitoring.rules.experience import number, ratio
from components.monitoring.rules.server import SERVER

if TYPE_CHECKING:
    from components.monitoring.rules import AlertSettings, Watched

OURS = f"{SERVER}(-.+)?"
"""Jobs and Deployments of the platform; its namespace may hold those of others too."""
_NAMESPACE = 'namespace="$namespace"'


@dataclass(frozen=True, kw_only=True)
class DashboardScope:
    """What there is to show, and by which thresholds people judge it."""

    settings: AlertSettings
    watched: Watched


def scraped(metric: str, *matchers: str) -> str:
    """Select series of the platform's own targets."""
    return _select(metric, 'job=~"$job"', 'instance=~"$instance"', *matchers)


def recorded(record: str, *matchers: str) -> str:
    """Select what the rules record, alerts included."""
    return _select(record, *matchers)


def deployments(metric: str, *matchers: str) -> str:
    """Select what kube-state-metrics tells of the platform's Deployments."""
    return _select(metric, f'deployment=~"{OURS}"', 'deployment=~"$job"', *matchers)


def pods(metric: str, *matchers: str) -> str:
    """Select what kubelet or kube-state-metrics tells of the pods of these Deployments."""
    return _select(metric, f'pod=~"{SERVER}-.+"', 'pod=~"($job)-[a-z0-9]+-[a-z0-9]+"', *matchers)


def containers(metric: str, *matchers: str) -> str:
    """Select what is told of containers; the kubelet counts each again as a part of its pod."""
    return pods(metric, 'container!=""', *matchers)


def share(record: str, window: str, *matchers: str) -> str:
    """Select the share of bad ones within a window; where nothing happened, nothing was bad."""
    return f"({recorded(ratio(record, window), *matchers)} >= 0 or 0 * {recorded(number(record, window), *matchers)})"


def rate(series: str) -> str:
    """Take the rate of a counter over the interval that suits the picture."""
    return f"rate({series}[$__rate_interval])"


def _select(metric: str, *matchers: str) -> str:
    return f"{metric}{{{', '.join((_NAMESPACE, *matchers))}}}"

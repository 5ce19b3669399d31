"""Arguments of the component `Monitoring`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from components.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from components.contracts import MetricsEndpoint
    from components.monitoring.rules import Group


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """What Grafana is to show, and by what its sidecar finds it."""

    files: Mapping[str, str]
    """JSON by name."""
    label: str
    label_value: str
    folder: str | None
    """None: Grafana's own choice."""


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Arguments of `Monitoring`."""

    namespace: pulumi.Input[str]
    """Flows into every object, so that they wait for the namespace."""
    server: MetricsEndpoint
    """Behind the Service of this name."""
    others: Sequence[MetricsEndpoint]
    """At ports that no Service has."""
    rules: Sequence[Group]
    """What Prometheus records and when it alerts; empty for nothing."""
    scrape_seconds: int
    discovery_labels: Mapping[str, str]
    """By which Prometheus selects monitors and rules, beside the recommended labels."""
    dashboards: DashboardArgs | None = None
    """None: no dashboards."""


MonitoringScope: TypeAlias = Scope[MonitoringArgs]

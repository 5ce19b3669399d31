"""What people choose from at the top of a dashboard, as dashboard-linter wants it."""

from __future__ import annotations

from grafana_foundation_sdk.models import dashboard

from components.monitoring.dashboards.panels import DATASOURCE
from components.monitoring.dashboards.scope import OURS
from components.monitoring.rules.server import SERVER


def variables(namespace: str) -> list[dashboard.VariableModel]:
    """Make the variables; `namespace` is where people begin."""
    ours = f'namespace="$namespace", job=~"{OURS}"'
    return [
        dashboard.VariableModel(
            type_val=dashboard.VariableType.DATASOURCE,
            name="datasource",
            label="Data source",
            query="prometheus",
            current=dashboard.VariableOption(text="default", value="default"),
        ),
        _query("namespace", f'label_values(up{{job="{SERVER}"}}, namespace)', current=namespace),
        _query("job", f"label_values(up{{{ours}}}, job)"),
        _query("instance", f'label_values(up{{{ours}, job=~"$job"}}, instance)'),
    ]


def _query(name: str, query: str, current: str | None = None) -> dashboard.VariableModel:
    """Make a variable of a label's values; without `current`, any number of them, and at first all."""
    every = current is None
    chosen = dashboard.VariableOption(text=current, value=current)
    return dashboard.VariableModel(
        type_val=dashboard.VariableType.QUERY,
        name=name,
        label=name.capitalize(),
        query=query,
        datasource=DATASOURCE,
        refresh=dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED,
        sort=dashboard.VariableSort.ALPHABETICAL_ASC,
        multi=every,
        include_all=every,
        all_value=".+" if every else None,
        current=dashboard.VariableOption(text=["All"], value=["$__all"]) if every else chosen,
    )

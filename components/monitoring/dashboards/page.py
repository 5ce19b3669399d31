"""A dashboard out of rows of panels: grid and links."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from components.monitoring.dashboards.variables import variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

TAG = "mlflow"
"""Of every dashboard of the platform; the links between them go by it."""
_COLUMNS = 24
_REFRESH = "1m"


@dataclass(frozen=True, kw_only=True)
class Row:
    """Panels with a headline; without a panel, it is left out."""

    title: str
    looks: Sequence[Look]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A dashboard."""

    name: str
    """Part of its address in Grafana, so it never changes."""
    title: str
    description: str
    rows: Sequence[Row]
    since: str
    """How far it looks back unless somebody says otherwise, such as 6h."""

    def json(self, scope: DashboardScope) -> str:
        """Write the dashboard as Grafana reads it."""
        built = dashboard.Dashboard(
            uid=f"mlflow-{self.name}",
            title=self.title,
            description=self.description,
            tags=[TAG],
            editable=False,
            timezone="browser",
            graph_tooltip=dashboard.DashboardCursorSync.CROSSHAIR,
            time=dashboard.DashboardDashboardTime(from_val=f"now-{self.since}", to="now"),
            refresh=_REFRESH,
            templating=dashboard.DashboardDashboardTemplating(list_val=variables(scope.watched.namespace)),
            annotations=dashboard.AnnotationContainer(list_val=[]),
            links=_links(scope.settings.runbook_url),
            panels=list(self._panels(scope)),
        )
        return json.dumps(built, cls=JSONEncoder, indent=1, sort_keys=True) + "\n"

    def _panels(self, scope: DashboardScope) -> Iterator[dashboard.Panel | dashboard.RowPanel]:
        """Put the panels into the grid, line after line, and number them."""
        # The step of a picture is never shorter than that of the scrapes, and $__rate_interval holds four of them.
        step = f"{scope.watched.scrape_seconds}s"
        number, x, y, height = 0, 0, 0, 0
        for row in self.rows:
            if not row.looks:
                continue
            number, x, y, height = number + 1, 0, y + height, 0
            place = dashboard.GridPos(x=x, y=y, w=_COLUMNS, h=1)
            yield dashboard.RowPanel(title=row.title, id_val=number, grid_pos=place, panels=[])
            y += place.h
            for look in row.looks:
                if x + look.width > _COLUMNS:
                    x, y, height = 0, y + height, 0
                number += 1
                alone = x == 0 and look is row.looks[-1] and look.stretches
                width = _COLUMNS if alone else look.width
                place = dashboard.GridPos(x=x, y=y, w=width, h=look.height)
                yield look.panel(number=number, place=place, step=step, links=_advice(look, scope))
                x, height = x + width, max(height, look.height)


def _links(runbook_url: str) -> list[dashboard.DashboardLink]:
    others = dashboard.DashboardLink(
        title="MLflow",
        type_val=dashboard.DashboardLinkType.DASHBOARDS,
        tags=[TAG],
        include_vars=True,
        keep_time=True,
    )
    return [others, _link("Runbook", runbook_url)] if runbook_url else [others]


def _advice(look: Look, scope: DashboardScope) -> list[dashboard.DashboardLink]:
    url = scope.settings.runbook_url
    return [_link(f"Runbook: {alert.value}", f"{url}#{alert.value.lower()}") for alert in look.alerts if url]


def _link(title: str, url: str) -> dashboard.DashboardLink:
    return dashboard.DashboardLink(
        title=title, type_val=dashboard.DashboardLinkType.LINK, url=url, icon="doc", target_blank=True
    )

"""The two kinds of panels: a figure that is judged at one look, and a chart that says since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import common, dashboard, prometheus, stat, timeseries

from components.monitoring.dashboards import thresholds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.monitoring.rules import AlertName

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True, kw_only=True)
class Query:
    """PromQL, and how its series are called."""

    expr: str
    legend: str
    """A template: `{{pod}}` stands for the value of the label."""

    def target(self, ref_id: str, *, now: bool) -> prometheus.Dataquery:
        """Write the query for a panel, of now or of the whole time."""
        return prometheus.Dataquery(
            ref_id=ref_id,
            expr=self.expr,
            legend_format=self.legend,
            instant=now,
            range_val=not now,
            editor_mode=prometheus.QueryEditorMode.CODE,
            datasource=DATASOURCE,
        )


@dataclass(frozen=True, kw_only=True)
class Look:
    """A panel, but for its place on a dashboard."""

    kind: str
    """Grafana's name of it."""
    title: str
    description: str
    targets: Sequence[prometheus.Dataquery]
    options: stat.Options | timeseries.Options
    defaults: dashboard.FieldConfig
    width: int
    """Columns, of 24."""
    height: int
    """Rows of 30 pixels."""
    stretches: bool
    """Over the whole width, where it would have a line for itself."""
    alerts: Sequence[AlertName]
    """Those that watch what is seen here; the panel leads to their sections of the runbook."""

    def panel(
        self, *, number: int, place: dashboard.GridPos, step: str, links: list[dashboard.DashboardLink]
    ) -> dashboard.Panel:
        """Make the panel of a dashboard."""
        return dashboard.Panel(
            type_val=self.kind,
            id_val=number,
            title=self.title,
            description=self.description,
            targets=[*self.targets],
            options=self.options,
            field_config=dashboard.FieldConfigSource(defaults=self.defaults, overrides=[]),
            datasource=DATASOURCE,
            grid_pos=place,
            interval=step,
            links=links,
        )


def figure(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str,
    judged: dashboard.ThresholdsConfig | None = None,
    decimals: int | None = None,
    when_empty: str | None = None,
    alerts: Sequence[AlertName] = (),
) -> Look:
    """Show what is now.

    Args:
        title: What is counted.
        description: What it means, and when to worry.
        query: Of one number.
        unit: Of Grafana's (`grafana_foundation_sdk.models.units`).
        judged: Colours; by default none.
        decimals: As many as the unit usually has where None.
        when_empty: Shown where there is no value, if that is no fault.
        alerts: Those that watch the same.
    """
    return Look(
        kind="stat",
        title=title,
        description=description,
        targets=[query.target("A", now=True)],
        options=stat.Options(
            graph_mode=common.BigValueGraphMode.NONE,
            color_mode=common.BigValueColorMode.BACKGROUND if judged else common.BigValueColorMode.NONE,
            reduce_options=common.ReduceDataOptions(values=False, calcs=["lastNotNull"], fields=""),
        ),
        defaults=dashboard.FieldConfig(
            unit=unit,
            decimals=decimals,
            no_value=when_empty,
            thresholds=judged or thresholds.none(),
            color=dashboard.FieldColor(mode=dashboard.FieldColorModeId.THRESHOLDS),
        ),
        width=4,
        height=4,
        stretches=False,
        alerts=alerts,
    )


def chart(
    title: str,
    description: str,
    *queries: Query,
    unit: str,
    judged: dashboard.ThresholdsConfig | None = None,
    stacked: bool = False,
    at_most: float | None = None,
    alerts: Sequence[AlertName] = (),
) -> Look:
    """Show how it came to be.

    Args:
        title: What is counted.
        description: What it means, and when to worry.
        queries: Each gives a line for each of its series.
        unit: Of Grafana's.
        judged: Drawn as horizontal lines; by default none.
        stacked: Whether the lines add up to something.
        at_most: End of the axis, where one is known.
        alerts: Those that watch the same.
    """
    style = common.GraphFieldConfig(
        draw_style=common.GraphDrawStyle.LINE,
        line_width=1,
        fill_opacity=30 if stacked else 5,
        show_points=common.VisibilityMode.NEVER,
        stacking=common.StackingConfig(
            mode=common.StackingMode.NORMAL if stacked else common.StackingMode.NONE, group="A"
        ),
        thresholds_style=common.GraphThresholdsStyleConfig(
            mode=common.GraphThresholdsStyleMode.DASHED if judged else common.GraphThresholdsStyleMode.OFF
        ),
    )
    return Look(
        kind="timeseries",
        title=title,
        description=description,
        targets=[query.target(chr(ord("A") + index), now=False) for index, query in enumerate(queries)],
        options=timeseries.Options(
            legend=common.VizLegendOptions(
                display_mode=common.LegendDisplayMode.LIST, placement=common.LegendPlacement.BOTTOM, show_legend=True
            ),
            tooltip=common.VizTooltipOptions(mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING),
        ),
        defaults=dashboard.FieldConfig(
            unit=unit,
            min_val=0,
            max_val=at_most,
            thresholds=judged or thresholds.none(),
            color=dashboard.FieldColor(mode=dashboard.FieldColorModeId.PALETTE_CLASSIC),
            custom=style,
        ),
        width=12,
        height=8,
        stretches=True,
        alerts=alerts,
    )

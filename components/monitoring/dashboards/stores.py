"""Panels about database and bucket that several dashboards have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import thresholds
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import scraped
from components.monitoring.rules import AlertName

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look


def readable(source: str) -> Look:
    """Show how old the numbers of a store are, by which people see whether to believe the rest of the page."""
    success = scraped("mlflow_exporter_last_success_timestamp_seconds", f'source="{source}"')
    return figure(
        "Numbers from",
        f"How long ago the exporter last read the {source}. It withholds numbers that are too old.",
        Query(expr=f"time() - max({success})", legend="ago"),
        unit=units.Seconds,
        alerts=[AlertName.EXPORTER_FAILING],
    )


def bucket() -> list[Look]:
    """Show how much the bucket holds."""
    size = scraped("mlflow_bucket_bytes")
    return [
        chart(
            "Artifacts stored",
            "Size of the objects in the bucket, as clients see it. Overwritten and deleted ones take space beside it "
            "until the bucket's lifecycle ends them.",
            Query(expr=f"max({size})", legend="bytes"),
            unit=units.BytesIEC,
        ),
        chart(
            "Objects",
            "Number of objects in the bucket.",
            Query(expr=f"max({scraped('mlflow_bucket_objects')})", legend="objects"),
            unit=units.Short,
        ),
    ]


def bucket_size() -> Look:
    """Show the size of the bucket."""
    return figure(
        "Bucket size",
        "Objects as clients see them; overwritten and deleted ones take space beside it.",
        Query(expr=f"max({scraped('mlflow_bucket_bytes')})", legend="bytes"),
        unit=units.BytesIEC,
    )


def listed_whole() -> Look:
    """Show whether what is told of the bucket is all of it."""
    complete = scraped("mlflow_bucket_scan_complete")
    return figure(
        "Bucket listed whole",
        "1 when the exporter's last look saw the whole bucket. 0: it holds more than is shown here; raise "
        "exporterBucketPages.",
        Query(expr=f"min({complete})", legend="complete"),
        unit=units.Short,
        judged=thresholds.less_is_worse(good=1),
    )

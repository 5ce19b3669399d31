"""What is in the model registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grafana_foundation_sdk.models import units

from components.monitoring.dashboards import stores
from components.monitoring.dashboards.page import Page, Row
from components.monitoring.dashboards.panels import Query, chart, figure
from components.monitoring.dashboards.scope import scraped

if TYPE_CHECKING:
    from components.monitoring.dashboards.panels import Look
    from components.monitoring.dashboards.scope import DashboardScope

_MODELS = "mlflow_registered_models"
_VERSIONS = "mlflow_model_versions"


def model_registry(scope: DashboardScope) -> Page:
    """Make the page of registered models; only the exporter knows of them."""
    return Page(
        name="model-registry",
        title="MLflow / Model registry",
        description="Registered models and their versions. Prompts, which MLflow keeps among them, are not counted.",
        since="7d",
        rows=[
            Row(title="Now", looks=_now() if scope.watched.exporter else []),
            Row(title="Growth", looks=_growth() if scope.watched.exporter else []),
        ],
    )


def _now() -> list[Look]:
    models, versions = f"sum({scraped(_MODELS)})", f"sum({scraped(_VERSIONS)})"
    return [
        figure(
            "Registered models",
            "Models in the registry.",
            Query(expr=models, legend="models"),
            unit=units.Short,
        ),
        figure(
            "Versions",
            "Versions of all models, except deleted ones.",
            Query(expr=versions, legend="versions"),
            unit=units.Short,
        ),
        figure(
            "Versions of a model",
            "On average. A number that grows without end asks for a clean-up.",
            Query(expr=f"{versions} / clamp_min({models}, 1)", legend="on average"),
            unit=units.Short,
            decimals=1,
        ),
        figure(
            "Models, last day",
            "By how many the registry grew within a day.",
            Query(expr=f"sum(delta({scraped(_MODELS)}[1d]))", legend="more than a day ago"),
            unit=units.Short,
            decimals=0,
        ),
        figure(
            "Versions, last day",
            "By how many versions the registry grew within a day.",
            Query(expr=f"sum(delta({scraped(_VERSIONS)}[1d]))", legend="more than a day ago"),
            unit=units.Short,
            decimals=0,
        ),
        stores.readable("database"),
    ]


def _growth() -> list[Look]:
    return [
        chart(
            "Registered models",
            "Models in the registry.",
            Query(expr=f"sum({scraped(_MODELS)})", legend="models"),
            unit=units.Short,
        ),
        chart(
            "Versions",
            "Versions of all models, except deleted ones.",
            Query(expr=f"sum({scraped(_VERSIONS)})", legend="versions"),
            unit=units.Short,
        ),
        chart(
            "Registered within an hour",
            "By how many versions the registry grew within an hour; deleting makes it shrink and counts as none.",
            Query(expr=f"clamp_min(sum(delta({scraped(_VERSIONS)}[1h])), 0)", legend="versions"),
            unit=units.Short,
        ),
        chart(
            "Database",
            "Size of the database, which holds the registry beside experiments and runs.",
            Query(expr=f"max({scraped('mlflow_database_size_bytes')})", legend="bytes"),
            unit=units.BytesIEC,
        ),
    ]

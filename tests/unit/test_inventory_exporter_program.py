"""The program that runs inside the exporter's pod, without its database and its bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import MagicMock, patch

import psycopg2  # type: ignore[import-untyped]
import pytest

from components.inventory_exporter.program.bucket import bucket_client, look_at_bucket
from components.inventory_exporter.program.database import look_at_database
from components.inventory_exporter.program.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

ROWS = [
    ("experiments", "active", None, 2, None),
    ("runs", "active", "FINISHED", 5, None),
    ("runs", "deleted", "FAILED", 3, 1_700_000_000_500),
    ("runs", "deleted", "KILLED", 1, 1_600_000_000_000),
    ("registered_models", None, None, 4, None),
    ("model_versions", None, None, 9, None),
    ("database_size", None, None, 1234, None),
    ("database_connections", None, None, 6, None),
    ("database_connection_limit", None, None, 80, None),
]
ENVIRONMENT = {
    "EXPORTER_PORT": "9465",
    "EXPORTER_SERVER_ROLE": "mlflow",
    "EXPORTER_DATABASE_SECONDS": "60",
    "EXPORTER_BUCKET": "mlflow-artifacts",
    "EXPORTER_BUCKET_SECONDS": "600",
    "EXPORTER_BUCKET_PAGES": "1000",
}


def told(metrics: list[Metric]) -> dict[str, float]:
    return {
        "".join([sample.name, *(f",{name}={value}" for name, value in sample.labels.items())]): sample.value
        for metric in metrics
        for sample in metric.samples
    }


@pytest.fixture
def connection() -> Iterator[MagicMock]:
    connection = MagicMock()
    connection.cursor.return_value.__enter__.return_value.fetchall.return_value = ROWS
    with patch.object(psycopg2, "connect", return_value=connection):
        yield connection


def test_every_row_becomes_a_series(connection: MagicMock) -> None:
    seen = told(look_at_database("mlflow"))

    assert {name: value for name, value in seen.items() if value} == {
        "mlflow_experiments,lifecycle_stage=active": 2,
        "mlflow_runs,status=FINISHED,lifecycle_stage=active": 5,
        "mlflow_runs,status=FAILED,lifecycle_stage=deleted": 3,
        "mlflow_runs,status=KILLED,lifecycle_stage=deleted": 1,
        "mlflow_registered_models": 4,
        "mlflow_model_versions": 9,
        "mlflow_deleted_runs_oldest_timestamp_seconds": 1_600_000_000,
        "mlflow_database_size_bytes": 1234,
        "mlflow_database_connections": 6,
        "mlflow_database_connection_limit": 80,
    }
    connection.close.assert_called_once_with()


def test_what_mlflow_has_none_of_is_told_as_zero(connection: MagicMock) -> None:
    counts = connection.cursor.return_value.__enter__.return_value
    counts.fetchall.return_value = [row for row in ROWS if row[0] not in {"experiments", "runs"}]
    seen = told(look_at_database("mlflow"))

    assert len([name for name in seen if name.startswith("mlflow_runs,")]) == 10
    assert seen["mlflow_experiments,lifecycle_stage=deleted"] == 0
    assert seen["mlflow_deleted_runs_oldest_timestamp_seconds"] == 0


def test_a_run_that_is_not_deleted_any_more_is_not_the_oldest_deleted_one(connection: MagicMock) -> None:
    restored = ("runs", "active", "FINISHED", 1, 1_500_000_000_000)
    connection.cursor.return_value.__enter__.return_value.fetchall.return_value = [*ROWS[2:], restored]

    assert told(look_at_database("mlflow"))["mlflow_deleted_runs_oldest_timestamp_seconds"] == 1_600_000_000


def test_the_database_is_asked_once_for_reading_with_a_time_limit(connection: MagicMock) -> None:
    look_at_database("mlflow")
    statements = connection.cursor.return_value.__enter__.return_value.execute.call_args_list

    connection.set_session.assert_called_once_with(readonly=True)
    assert statements[0].args == ("SET LOCAL statement_timeout = %s", (10_000,))
    assert [call.args[1] for call in statements[1:]] == [{"role": "mlflow"}]


def test_the_connection_is_closed_also_when_the_query_fails(connection: MagicMock) -> None:
    connection.cursor.return_value.__enter__.return_value.execute.side_effect = psycopg2.OperationalError
    with pytest.raises(psycopg2.OperationalError):
        look_at_database("mlflow")

    connection.close.assert_called_once_with()


class Pages:
    """A client of S3 whose bucket has so many full pages."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.fetched = 0

    def get_paginator(self, operation: str) -> Pages:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        assert arguments == {"Bucket": "mlflow-artifacts", "PaginationConfig": {"PageSize": 1000}}
        for number in range(1, self.number + 1):
            self.fetched += 1
            yield {"Contents": [{"Size": 10}] * 1000, "IsTruncated": number < self.number}


def test_every_page_of_the_bucket_is_counted() -> None:
    assert told(look_at_bucket(Pages(3), "mlflow-artifacts", 10)) == {
        "mlflow_bucket_objects": 3000,
        "mlflow_bucket_bytes": 30_000,
        "mlflow_bucket_scan_complete": 1,
    }


def test_a_listing_ends_at_its_last_page_and_says_that_it_is_not_the_whole() -> None:
    pages = Pages(5)

    assert told(look_at_bucket(pages, "mlflow-artifacts", 2)) == {
        "mlflow_bucket_objects": 2000,
        "mlflow_bucket_bytes": 20_000,
        "mlflow_bucket_scan_complete": 0,
    }
    assert pages.fetched == 2


def test_a_bucket_of_exactly_so_many_pages_was_seen_as_a_whole() -> None:
    assert told(look_at_bucket(Pages(2), "mlflow-artifacts", 2))["mlflow_bucket_scan_complete"] == 1


def test_an_empty_bucket_is_a_whole_one() -> None:
    client = MagicMock()
    client.get_paginator.return_value.paginate.return_value = [{"IsTruncated": False}]

    assert set(told(look_at_bucket(client, "mlflow-artifacts", 2)).values()) == {0, 1}


@pytest.mark.parametrize(("endpoint", "style"), [("https://minio:9000", "path"), (None, "auto")])
def test_only_aws_has_a_host_name_for_each_bucket(
    endpoint: str | None, style: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    client = bucket_client(endpoint)

    assert client.meta.config.s3["addressing_style"] == style
    assert client.meta.endpoint_url == (endpoint or "https://s3.eu-west-1.amazonaws.com")


def test_the_settings_are_read_from_the_environment() -> None:
    assert Settings.of({**ENVIRONMENT, "EXPORTER_BUCKET_ENDPOINT": "https://minio:9000"}) == Settings(
        port=9465,
        server_role="mlflow",
        database_seconds=60,
        bucket="mlflow-artifacts",
        bucket_endpoint="https://minio:9000",
        bucket_seconds=600,
        bucket_pages=1000,
        backups=None,
    )
    assert Settings.of(ENVIRONMENT).bucket_endpoint is None


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_setting_is_an_error(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.of({key: value for key, value in ENVIRONMENT.items() if key != name})

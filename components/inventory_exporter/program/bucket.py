"""What the bucket holds: objects and bytes.

S3 has no call that tells them, so a look lists the whole bucket, a thousand objects at a time. That is expensive: each
thousand is a request, some 50 ms of this program's CPU (measured) and what it costs the object store; at AWS, a million
objects every ten minutes come to 0.7 dollars a day. So a look is rare, and has an end: after so many pages, what was
found until then is told, with `mlflow_bucket_scan_complete` 0. Only current objects count: overwritten and deleted
ones, which the bucket keeps for a while, would take a listing of every version.

The key is in the file that `AWS_SHARED_CREDENTIALS_FILE` names, the authority in that of `AWS_CA_BUNDLE`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.session import Session  # type: ignore[import-untyped]
from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_PAGE_SIZE = 1000
"""The most that S3 answers with at one time."""


def bucket_client(endpoint: str | None) -> Any:
    """Make a client; it opens no connection yet."""
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"total_max_attempts": 2},
        # MinIO has no host name for each bucket.
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    session = Session()
    # Nobody asks when an object was made; turning its time into a date is most of what a page costs.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=str)
    return session.create_client("s3", endpoint_url=endpoint, config=config)


def look_at_bucket(client: Any, bucket: str, most_pages: int) -> list[Metric]:
    """List the bucket.

    Args:
        client: Of botocore.
        bucket: Its name.
        most_pages: After so many the look ends, complete or not.

    Raises:
        botocore.exceptions.BotoCoreError: It could not be reached.
        botocore.exceptions.ClientError: It refused.
    """
    objects, size, complete = 0, 0, False
    paginator = client.get_paginator("list_objects_v2")
    pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": _PAGE_SIZE})
    # The range comes first: the other way round, a page that is not counted would be fetched too.
    for _, page in zip(range(most_pages), pages, strict=False):
        found = page.get("Contents", [])
        objects += len(found)
        size += sum(entry["Size"] for entry in found)
        complete = not page["IsTruncated"]
    return [
        GaugeMetricFamily("mlflow_bucket_objects", "Objects in the artifact bucket", objects),
        GaugeMetricFamily("mlflow_bucket_bytes", "Size of the objects in the artifact bucket", size),
        GaugeMetricFamily(
            "mlflow_bucket_scan_complete", "1 when the last look saw the whole bucket, or else 0", complete
        ),
    ]

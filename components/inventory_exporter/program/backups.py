"""How the backups go, as the backup program tells it in the bucket of backups.

`status/<command>.json` is the result of a command's last run, whatever came of it, and `status/<command>.ok.json` that
of its last success (`mlflow_backup.result`). A look gets these ten small objects and nothing else, by a key that
may do nothing else. What there is no object of has never been run, and gets no series.

`pitr` is the receiver of the database server's log. It never ends and tells every minute how it goes: each time is a
run, which took as long as the receiver has been there.

To a key without a right to list, S3 answers "access denied" where there is nothing, too (reference of `GetObject`). So
a refusal counts as nothing where the same look got another object, and as a failure where it got none.

Key and authority are files of their own: the bucket should be another server's than that of the artifacts.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]
from botocore.session import Session  # type: ignore[import-untyped]
from prometheus_client.core import GaugeMetricFamily

from .results import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from prometheus_client.metrics_core import Metric

    from .settings import BackupSettings

_COMMANDS = ("create", "verify", "prune", "drill", "pitr")
_PARTS = {"database": "details.dump_bytes", "artifacts": "details.artifact_bytes"}
"""What a backup holds, and where the result of `create` has its size before encryption."""
_LOG = (
    ("lag_seconds", "Age of the newest moment that the log in the bucket covers, at the end of the last run of pitr"),
    ("base_age_seconds", "Age of the newest base backup, at the end of the last run of pitr"),
    ("slot_retained_bytes", "Log that the database server keeps for its receiver, at the last run of pitr"),
)
"""What the result of `pitr` has in its details, and what it is. A lag or an age is null where there is none yet."""
_MOST_BYTES = 2**20
"""Read of one object; a result has about a kilobyte, that of a `prune` that keeps many backups some tens."""
_ABSENT = frozenset({"NoSuchKey", "404"})
_REFUSED = frozenset({"AccessDenied", "403"})


def backups_client(settings: BackupSettings) -> Any:
    """Make a client; it opens no connection yet."""
    config = Config(
        connect_timeout=5,
        read_timeout=10,
        retries={"total_max_attempts": 2},
        # MinIO has no host name for each bucket.
        s3={"addressing_style": "path" if settings.endpoint else "auto"},
    )
    session = Session()
    # What the environment says to every client is about the artifact bucket.
    session.set_config_variable("credentials_file", settings.credentials_file)
    return session.create_client(
        "s3",
        region_name=settings.region,
        endpoint_url=settings.endpoint,
        # True: the public authorities, whatever AWS_CA_BUNDLE says.
        verify=settings.authority_file or True,
        config=config,
    )


def look_at_backups(client: Any, bucket: str) -> list[Metric]:
    """Get the results of every command's last run and last success.

    Args:
        client: Of botocore.
        bucket: Its name.

    Raises:
        botocore.exceptions.BotoCoreError: It could not be reached.
        botocore.exceptions.ClientError: It failed, or refused every object that it did not say is missing.
        NoResultError: An object is not the result of a command.
    """
    found = _get(client, bucket, [f"{command}{good}" for command in _COMMANDS for good in ("", ".ok")])
    last = {command: found[command] for command in _COMMANDS if command in found}
    good = {command: found[f"{command}.ok"] for command in _COMMANDS if f"{command}.ok" in found}
    newest = good.get("create")
    return [
        _gauge("last_run_timestamp_seconds", "Unix time when the last run ended", last, lambda run: run.time("ended")),
        _gauge("last_run_success", "1 when the last run succeeded, or else 0", last, lambda run: run.flag("ok")),
        _gauge(
            "last_success_timestamp_seconds",
            "Unix time when the last run that succeeded ended",
            good,
            lambda run: run.time("ended"),
        ),
        _gauge(
            "last_success_duration_seconds",
            "Seconds that the last run that succeeded took",
            good,
            lambda run: run.number("duration_seconds"),
        ),
        _gauge(
            "last_success_bytes",
            "Bytes that the last run that succeeded wrote (create), read (verify, drill) or freed (prune), or of "
            "the newest base backup (pitr)",
            good,
            lambda run: run.number("bytes"),
        ),
        _gauge(
            "last_success_objects",
            "Artifacts of the backup that the last run that succeeded was about, or objects that it removed (prune)",
            good,
            lambda run: run.number("objects"),
        ),
        *_data(newest),
        *_log(last.get("pitr")),
    ]


def _get(client: Any, bucket: str, names: Sequence[str]) -> dict[str, Result]:
    """Get what is there."""
    found: dict[str, Result] = {}
    refusal: ClientError | None = None
    for name in names:
        key = f"status/{name}.json"
        try:
            answer = client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code not in _ABSENT | _REFUSED:
                raise
            refusal = error if code in _REFUSED else refusal
        else:
            with closing(answer["Body"]) as body:
                found[name] = Result(key, body.read(_MOST_BYTES))
    if refusal is not None and not found:
        raise refusal
    return found


def _gauge(
    name: str, documentation: str, results: Mapping[str, Result], value: Callable[[Result], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"mlflow_backup_{name}", documentation, labels=["command"])
    for command, result in results.items():
        family.add_metric([command], value(result))
    return family


def _data(newest: Result | None) -> tuple[Metric, Metric]:
    """Tell what the newest good backup holds: as of when, and how much."""
    taken = GaugeMetricFamily(
        "mlflow_backup_data_timestamp_seconds", "Unix time of what the newest good backup holds", labels=[]
    )
    size = GaugeMetricFamily(
        "mlflow_backup_data_bytes", "Size of what the newest good backup holds, before encryption", labels=["part"]
    )
    # A platform that had nothing to back up yet has a success, and no backup.
    if newest is not None and newest.has("created"):
        taken.add_metric([], newest.time("created"))
        for part, field in _PARTS.items():
            size.add_metric([part], newest.number(field))
    return taken, size


def _log(last: Result | None) -> list[Metric]:
    """Tell how far the log of the database server is shipped, and how much of it waits there."""
    families: list[Metric] = []
    for field, documentation in _LOG:
        family = GaugeMetricFamily(f"mlflow_backup_log_{field}", documentation, labels=[])
        if last is not None and last.tells(f"details.{field}"):
            family.add_metric([], last.number(f"details.{field}"))
        families.append(family)
    return families

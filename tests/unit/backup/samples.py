"""A backup's parts as a test needs them."""

from __future__ import annotations

from mlflow_backup.archive.inventory import Entry
from mlflow_backup.archive.layout import Artifact, BackupId
from mlflow_backup.archive.manifest import Dump, File, Manifest, Totals

ID = BackupId("20261126T190000Z-0a1b2c")
RECIPIENTS = ("0" * 16,)
ARTIFACTS = [Artifact("1/run/artifacts/model.bin", "0123", 10), Artifact("1/run/artifacts/größe.txt", "4567", 0)]
ENTRIES = [
    Entry(artifact, bytes([number]) * 32, artifact.name(RECIPIENTS)) for number, artifact in enumerate(ARTIFACTS, 1)
]
MANIFEST = Manifest(
    id=ID,
    platform="mlflow.example.com/mlflow",
    source_bucket="mlflow-artifacts",
    started="2026-11-26T19:00:00+00:00",
    created="2026-11-26T19:00:01+00:00",
    tool="1.0",
    postgresql_server="15.14",
    postgresql_client="15.14",
    mlflow_revision="dc11669786a5",
    tables={"public.runs": 3},
    dump=Dump(bytes=100, sha256="a" * 64, plaintext_bytes=90, plaintext_sha256="b" * 64),
    artifacts=Totals(count=2, bytes=10, new_count=1, new_bytes=10),
    objects=File(bytes=50, sha256="c" * 64),
    recipients=RECIPIENTS,
    missing=(),
    inventory=File(bytes=60, sha256="d" * 64),
    ended="2026-11-26T19:00:09+00:00",
)

"""Other keys of the bucket by another version, with the real engine on a real MinIO.

A user stands for the server's pods: it takes over whatever key the component hands out, and on the way tries the old
one and the new one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from minio.error import S3Error

from tests.integration.plugin_harness import Engine, Project
from tests.integration.plugin_minio import Store, store

__all__ = ["store"]  # a fixture: importing it makes it known here

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "mlflow-artifacts"

PROGRAM = """
from pathlib import Path
import urllib3
from minio import Minio
from minio.error import S3Error
from components.artifact_bucket import ArtifactBucket, ArtifactBucketArgs

given = json.loads(Path("given.json").read_text())
made = ArtifactBucket("artifacts", ArtifactBucketArgs(
    bucket="mlflow-artifacts", user="mlflow-artifacts", endpoint="https://127.0.0.1", region="us-east-1",
    noncurrent_days=30, key_version=given["version"], ca_certificate=None, peers=[], protect=True, reader=True,
), opts)

def answer(key, secret):
    pool = urllib3.PoolManager(ca_certs=given["authority"], retries=False)
    client = Minio(given["address"], access_key=key, secret_key=secret, region="us-east-1", http_client=pool)
    try:
        list(client.list_objects("mlflow-artifacts"))
    except S3Error as error:
        return error.code
    return "welcome"

async def try_both(update):
    tried = {}
    for which, inputs in (("old", update.old_inputs), ("new", update.new_inputs)):
        tags = await pulumi.Output.from_input(inputs["tags"]).future()
        tried[which] = answer(tags["key"], tags["secret"])
    Path("tried.json").write_text(json.dumps(tried))

minio.IamUser(
    "pods", name="pods", tags={"key": made.access.access_key, "secret": made.access.secret_key},
    disable_user=given["disabled"],
    opts=pulumi.ResourceOptions(provider=server, hooks=pulumi.ResourceHookBinding(after_update=[try_both])),
)
keys = [made.access.access_key, made.access.secret_key, made.reader.access_key, made.reader.secret_key]
pulumi.export("keys", pulumi.Output.json_dumps(keys))
"""


@pytest.fixture
def project(engine: Engine, store: Store, tmp_path: Path) -> Iterator[Project]:
    made = Project(engine, tmp_path, store.header())
    made.environment["PYTHONPATH"] = str(ROOT)
    yield made
    store.clean()


def give(project: Project, store: Store, *, version: int, disabled: Any = False) -> None:
    given = {"version": version, "disabled": disabled}
    given |= {"address": f"127.0.0.1:{store.port}", "authority": str(store.authority)}
    (project.folder / "given.json").write_text(json.dumps(given))
    project.program(PROGRAM)


def deploy(project: Project, store: Store, version: int) -> tuple[str, ...]:
    """Bring the stack to a version of the keys; return the server's and the reader's."""
    give(project, store, version=version)
    project.up()
    project.settled()
    return tuple(json.loads(project.run("stack", "output", "keys", "--show-secrets")))


def refusal(store: Store, key: str, secret: str) -> str | None:
    """Say by what code a key is refused."""
    try:
        list(store.client(key, secret).s3.list_objects(BUCKET))
    except S3Error as error:
        return error.code
    return None


def test_another_version_makes_keys_that_work_before_the_old_ones_end(project: Project, store: Store) -> None:
    old = deploy(project, store, 1)
    store.put(BUCKET, "before", *old[:2])

    new = deploy(project, store, 2)

    assert json.loads((project.folder / "tried.json").read_text()) == {"old": "welcome", "new": "welcome"}
    assert not set(old) & set(new)
    for key in (old[:2], old[2:]):
        assert refusal(store, *key) == "InvalidAccessKeyId"
    for key in (new[:2], new[2:]):
        assert refusal(store, *key) is None
    store.put(BUCKET, "after", *new[:2])
    with pytest.raises(S3Error, match="AccessDenied"):
        store.put(BUCKET, "by-the-reader", *new[2:])


def test_an_earlier_version_is_other_keys_too(project: Project, store: Store) -> None:
    first, second, third = (deploy(project, store, version) for version in (1, 2, 1))

    assert len({first, second, third}) == 3
    assert [refusal(store, *keys[:2]) for keys in (first, second, third)] == ["InvalidAccessKeyId"] * 2 + [None]


def test_an_update_that_fails_ends_no_key_until_one_succeeds(project: Project, store: Store) -> None:
    old = deploy(project, store, 1)
    give(project, store, version=2, disabled="not a truth value")
    project.up(fails=True)
    assert refusal(store, *old[:2]) is None

    new = deploy(project, store, 2)

    assert refusal(store, *old[:2]) == "InvalidAccessKeyId"
    assert refusal(store, *new[:2]) is None

"""What the judges are given: no secret, nothing that the API server added, every container."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.judges import manifests

if TYPE_CHECKING:
    from pathlib import Path


def test_the_values_of_a_secret_are_not_written(tmp_path: Path) -> None:
    value = base64.b64encode(b"correct-horse").decode()
    secret = {"kind": "Secret", "metadata": {"name": "x"}, "data": {"a": value}, "stringData": {"b": "correct-horse"}}

    text = manifests.write([secret], tmp_path / "objects.yaml").read_text()

    assert "correct-horse" not in text
    assert value not in text
    (read,) = yaml.safe_load_all(text)
    assert (set(read["data"]), set(read["stringData"])) == ({"a"}, {"b"})


def test_every_other_object_is_written_as_it_is(tmp_path: Path) -> None:
    objects = [
        {"kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"title": "a \U0001f4c8 chart\n---\n"}},
        {"kind": "Service", "metadata": {"name": "y"}, "spec": {"ports": [{"port": 5000}]}},
    ]

    text = manifests.write(objects, tmp_path / "objects.yaml").read_text(encoding="utf-8")

    assert list(yaml.safe_load_all(text)) == objects


def test_a_live_object_loses_what_the_api_server_added() -> None:
    live = {
        "kind": "Service",
        "metadata": {"name": "mlflow", "labels": {"app": "mlflow"}, "uid": "1", "managedFields": [], "generation": 2},
        "spec": {"type": "ClusterIP"},
        "status": {"loadBalancer": {}},
    }

    assert manifests.as_applied(live) == {
        "kind": "Service",
        "metadata": {"name": "mlflow", "labels": {"app": "mlflow"}},
        "spec": {"type": "ClusterIP"},
    }


def test_the_containers_of_everything_that_makes_pods_are_found() -> None:
    pod = {"initContainers": [{"name": "first"}], "containers": [{"name": "second"}]}
    makers: list[dict[str, Any]] = [
        {"kind": "Pod", "spec": pod},
        {"kind": "Deployment", "spec": {"template": {"spec": pod}}},
        {"kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}},
    ]

    assert [[each["name"] for each in manifests.containers(maker)] for maker in makers] == [["first", "second"]] * 3
    assert list(manifests.containers({"kind": "ConfigMap"})) == []

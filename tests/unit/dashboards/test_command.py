"""`make dashboards`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandbox import ownership, processes
from sandbox.commands import dashboards as command
from sandbox.dashboard_pages import cluster
from sandbox.errors import SandboxError
from tests.unit.dashboards.boards import boards

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.dashboard_pages.prometheus import Prometheus
    from tests.unit.dashboards.canned import Canned


SOME = ("model-registry", "experiment-tracking")


class Kubectl:
    """Answers with ConfigMaps, and remembers how it was asked."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.items = [{"data": {f"mlflow-{name}.json": json.dumps(boards()[name])}} for name in SOME]

    def __call__(self, argv: list[object], **_: object) -> str:
        self.words = [str(word) for word in argv]
        return json.dumps({"items": self.items})


@pytest.fixture
def kubectl(tmp_path: Path, prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
    made = Kubectl()
    monkeypatch.setattr(processes, "output_of", made)
    monkeypatch.setattr(ownership, "demand_no_others", lambda: None)
    monkeypatch.setattr(command, "PROMETHEUS_URL", prometheus.url)
    monkeypatch.setattr(command, "FOLDER", tmp_path / "dashboards")
    return made


def test_it_reads_what_grafana_would_find_in_any_namespace(kubectl: Kubectl) -> None:
    assert set(cluster.boards()) == {f"mlflow-{name}" for name in SOME}
    assert {"configmaps", "--all-namespaces", "--selector=grafana_dashboard=1"} <= set(kubectl.words)


@pytest.mark.usefixtures("kubectl")
def test_it_says_where_the_pictures_are_and_which_panels_are_empty(
    canned: Canned, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    canned.result = lambda query: [] if "mlflow_bucket_objects" in query else [({}, 1)]
    command.run()
    told = capsys.readouterr().out

    assert f"{tmp_path}/dashboards/mlflow-model-registry.png: 10 panels" in told
    assert '  NO DATA: MLflow / Experiment tracking, panel "Objects": max(mlflow_bucket_objects{' in told
    assert told.endswith("dashboards/index.html\n")


def test_a_cluster_without_dashboards_is_an_error_with_its_cure(kubectl: Kubectl) -> None:
    kubectl.items = []

    with pytest.raises(SandboxError, match="no ConfigMap with label grafana_dashboard=1") as told:
        command.run()
    assert "pulumi config set dashboards true" in told.value.cure


@pytest.mark.usefixtures("kubectl")
def test_without_a_prometheus_nobody_asks_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "PROMETHEUS_URL", "http://127.0.0.1:9")

    with pytest.raises(SandboxError, match="does not answer") as told:
        command.run()
    assert told.value.cure == "make up MONITORING=1"


@pytest.mark.usefixtures("kubectl")
def test_a_query_that_fails_ends_it(canned: Canned) -> None:
    canned.refuses = "mlflow_model_versions"

    with pytest.raises(SandboxError, match="Prometheus refused a query"):
        command.run()

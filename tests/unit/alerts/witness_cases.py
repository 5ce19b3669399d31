from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import (
    CADVISOR,
    KUBE_STATE_METRICS,
    deployment,
    exporter,
    last_round,
    source_up,
    up,
)

SILENT = "Prometheus gets no numbers from {}, and alerts that rest on them stay silent."
NO_ROUND = Firing(
    severity="warning",
    description=(
        "The canary of data-platform has finished no round lately: nobody would notice a fault before the users."
    ),
)


def no_target(job: str, **labels: str) -> Firing:
    return Firing(severity="warning", description=SILENT.format(job), labels={"job": job, **labels})


def unread(source: str) -> Firing:
    return Firing(
        severity="warning",
        description=(
            f"The exporter of data-platform cannot read the {source}: its numbers are missing from dashboards and "
            "alerts."
        ),
        labels={"source": source},
    )


CASES = (
    Case(
        sentence="Prometheus does not select the server's monitor",
        alert=AlertName.TARGET_MISSING,
        but={up("mlflow", "mlflow-1"): None, up("mlflow", "mlflow-2"): None},
        minutes=6,
        fires=(no_target("mlflow"),),
    ),
    Case(
        sentence="a gateway pod does not answer",
        alert=AlertName.TARGET_MISSING,
        but={up("mlflow-gateway", "mlflow-gateway-2"): "1+0x9 0+0xN"},
        minutes=16,
        fires=(
            Firing(
                severity="warning",
                description=SILENT.format("mlflow-gateway (pod mlflow-gateway-2)"),
                labels={"job": "mlflow-gateway", "pod": "mlflow-gateway-2"},
            ),
        ),
    ),
    Case(
        sentence="the exporter is gone",
        alert=AlertName.TARGET_MISSING,
        but={up("mlflow-exporter", "mlflow-exporter-1"): "1+0x9 stale"},
        minutes=16,
        fires=(no_target("mlflow-exporter"),),
    ),
    Case(
        sentence="nobody scrapes kube-state-metrics or the kubelet",
        alert=AlertName.TARGET_MISSING,
        but={KUBE_STATE_METRICS: None, CADVISOR: None},
        minutes=6,
        fires=(
            no_target("kube-state-metrics"),
            no_target("kubelet", metrics_path="/metrics/cadvisor"),
        ),
    ),
    Case(
        sentence="no pod of the server is ready, which another alert tells",
        alert=AlertName.TARGET_MISSING,
        but={
            up("mlflow", "mlflow-1"): None,
            up("mlflow", "mlflow-2"): None,
            deployment("status_replicas_available", "mlflow"): "0+0xN",
        },
        minutes=30,
    ),
    Case(
        sentence="a pod of the server starts",
        alert=AlertName.TARGET_MISSING,
        but={up("mlflow", "mlflow-3"): "_x10 0 0 1+0xN"},
        minutes=16,
    ),
    Case(
        sentence="the canary is gone",
        alert=AlertName.CANARY_MISSING,
        but={last_round(): "0+60x9 stale"},
        minutes=13,
        fires=(NO_ROUND,),
    ),
    Case(
        sentence="the canary hangs",
        alert=AlertName.CANARY_MISSING,
        but={last_round(): "0+60x9 540+0xN"},
        minutes=18,
        fires=(NO_ROUND,),
    ),
    Case(
        sentence="the canary hangs, with everything five times as fast",
        alert=AlertName.CANARY_MISSING,
        but={last_round(): "0+10x9 90+0xN"},
        minutes=3.2,
        seconds=10,
        environment=DRILL,
        fires=(NO_ROUND,),
    ),
    Case(
        sentence="the canary was replaced and has not finished its first round",
        alert=AlertName.CANARY_MISSING,
        but={last_round(): "0+60x28 0 0 1860+60xN"},
        minutes=30,
    ),
    Case(
        sentence="a slow round takes three minutes",
        alert=AlertName.CANARY_MISSING,
        but={last_round(): "0+60x9 540+0x2 720+60xN"},
        minutes=12,
    ),
    Case(
        sentence="the exporter cannot reach the bucket",
        alert=AlertName.EXPORTER_FAILING,
        but={source_up("bucket"): "1+0x9 0+0xN"},
        minutes=21,
        fires=(unread("bucket"),),
    ),
    Case(
        sentence="a query of the exporter hangs, and what it knew has become too old",
        alert=AlertName.EXPORTER_FAILING,
        but={exporter("database_size_bytes"): f"{10**8}+0x9 stale"},
        minutes=21,
        fires=(unread("database"),),
    ),
    Case(
        sentence="one refresh fails",
        alert=AlertName.EXPORTER_FAILING,
        but={source_up("database"): "1+0x9 0+0x4 1+0xN"},
        minutes=21,
    ),
)

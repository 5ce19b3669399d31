"""The sizes of the deployment guide: what their commands set holds, and their figures are what the program computes."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stacks import capacity, checks
from stacks.config_reader import ConfigError
from stacks.settings import load_settings
from tests import runbook
from tests.unit import stack_files
from tests.unit.guides.deployment import SECTIONS, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration

SMALL, LARGE = (dict(runbook.settings(block)) for block in blocks("Sizes"))
SIZES: dict[str, dict[str, Any]] = {"small": dict(SMALL), "medium": {}, "large": dict(LARGE)}
ROWS = {
    cells[0]: cells[1:]
    for line in SECTIONS["Sizes"].splitlines()
    if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0] in SIZES
}
LIMIT = "databaseConnectionLimit"
_MIB = 2**20
_LARGEST_JOB = Decimal(512 * _MIB)
"""Half a GiB."""


@dataclass(frozen=True)
class Ask:
    """What a pod asks for."""

    cores: Decimal
    memory: Decimal
    """Bytes."""


def containers(resource: Registration) -> Sequence[Any]:
    spec = resource.spec
    if resource.type.endswith(":CronJob"):
        spec = spec["jobTemplate"]["spec"]
    found: Sequence[Any] = spec["template"]["spec"]["containers"]
    return found


def ask(resource: Registration) -> Ask:
    requests = [each["resources"]["requests"] for each in containers(resource)]
    return Ask(
        sum((checks.amount(each["cpu"]) for each in requests), Decimal()),
        sum((checks.amount(each["memory"]) for each in requests), Decimal()),
    )


def always_running(made: Recording, most: int) -> Iterator[Ask]:
    """What each pod asks for that never ends; of the server as many as there may be."""
    for resource in made.of_type(":Deployment"):
        pods = most if resource.name == "mlflow-deployment" else resource.spec["replicas"]
        yield from [ask(resource)] * int(pods)


@pytest.mark.parametrize("size", SIZES)
def test_the_figures_of_a_size_are_what_the_program_computes(size: str, deployed: Deploy, tmp_path: Path) -> None:
    settings = load_settings(stack_files.reader("prod", tmp_path, **SIZES[size]))
    scaling = settings.scaling
    most = max(scaling.replicas, scaling.max_replicas)
    counts = sorted({scaling.replicas, most})
    pods = list(always_running(deployed("prod", **SIZES[size]), most))

    assert ROWS[size] == [
        " to ".join(map(str, counts)),
        " to ".join(str(count * scaling.workers) for count in counts),
        str(capacity.connections_needed(scaling)),
        f"{capacity.memory_needed(scaling.workers)} MiB",
        f"{checks.amount(settings.resources.memory_limit) / 2**30} GiB",
        f"{sum(each.cores for each in pods) * 1000:.0f}m",
        f"{sum(each.memory for each in pods) / _MIB} MiB",
    ]


@pytest.mark.parametrize("size", ["small", "large"])
def test_the_connections_of_a_size_are_those_that_an_update_would_ask_for(size: str, tmp_path: Path) -> None:
    allowed = int(SIZES[size][LIMIT])
    with pytest.raises(ConfigError, match=rf"{LIMIT}: .* raise it to {allowed} \("):
        load_settings(stack_files.reader("prod", tmp_path, **{**SIZES[size], LIMIT: allowed - 1}))


def test_medium_is_the_default() -> None:
    assert SIZES["medium"] == {}
    assert "`medium` is the default." in SECTIONS["Sizes"]


@pytest.mark.parametrize("size", SIZES)
def test_jobs_ask_for_half_a_gib_at_most(size: str, deployed: Deploy) -> None:
    made = deployed("prod", **SIZES[size])
    jobs = [*made.of_type(":Job"), *made.of_type(":CronJob")]

    assert max(ask(each).memory for each in jobs) == _LARGEST_JOB


def test_the_measured_figures_are_those_that_the_program_reckons_with() -> None:
    text = SECTIONS["Sizes"]

    assert f"{capacity._PARENT_MIB} MiB for a pod and {capacity._WORKER_MIB} MiB for each process" in text


@pytest.mark.parametrize("size", SIZES)
def test_the_gateways_let_through_what_the_processes_answer(size: str, deployed: Deploy) -> None:
    made = deployed("prod", **SIZES[size])
    values = stack_files.schema() | {key: {"default": value} for key, value in SIZES[size].items()}
    through = int(values["gatewayReplicas"]["default"]) * int(values["gatewayRequestsPerSecond"]["default"])

    assert made.called("gateway-deployment").spec["replicas"] == int(values["gatewayReplicas"]["default"])
    assert through >= 100 * int(ROWS[size][1].split()[-1])


def test_a_rollout_of_one_pod_is_without_an_outage(deployed: Deploy) -> None:
    spec = deployed("prod", **SIZES["small"]).called("mlflow-deployment").spec

    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}

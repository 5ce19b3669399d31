"""An update that gives the pods other credentials ends when the old pods have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.mlflow_server import handover
from tests.unit import engine, stack_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.engine import Recording

FINISHED = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
ROLLING = {"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "unavailableReplicas": 1}


def deployment(*secrets: str, image: str = "mlflow:1") -> dict[str, Any]:
    volumes: list[dict[str, Any]] = [{"name": name, "secret": {"secretName": name}} for name in secrets]
    volumes.append({"name": "tmp", "emptyDir": {}})
    return {"spec": {"template": {"spec": {"volumes": volumes, "containers": [{"image": image}]}}}}


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds of every wait, none of which takes any."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(handover, "asyncio", SimpleNamespace(sleep=note))
    return noted


def update(
    before: dict[str, Any],
    now: dict[str, Any],
    status: dict[str, Any] | None,
    hook: Callable[[pulumi.ResourceHookArgs], Any] | None = None,
    shown: Callable[[Any], Any] = lambda value: value,
) -> None:
    """Call a hook as the engine does.

    Args:
        before: What the program wanted the last time.
        now: What it wants.
        status: Of the Deployment, after the last time; None: nobody knows.
        hook: By default one that waits for 85 seconds.
        shown: What the engine makes of the values.
    """

    def program() -> dict[str, pulumi.Input[Any]]:
        (waiting,) = [hook] if hook else handover.after_old_pods(85).after_update or []
        old_outputs = None if status is None else {**before, "status": status}
        inputs = {"old_inputs": shown(before), "new_inputs": shown(now), "old_outputs": old_outputs}
        return {"ended": waiting(pulumi.ResourceHookArgs("urn", "id", "mlflow-deployment", "type", **inputs))}

    engine.run(program)


@pytest.mark.parametrize("now", [("database-2", "bucket-1"), ("database-1", "bucket-2"), ("database-2", "bucket-2")])
def test_other_credentials_wait_until_the_last_old_pod_is_gone(now: tuple[str, str], pauses: list[float]) -> None:
    update(deployment("database-1", "bucket-1"), deployment(*now), FINISHED)

    assert pauses == [85]


@pytest.mark.parametrize("status", [FINISHED, {}, None])
def test_a_rollout_with_the_same_credentials_waits_for_nothing(
    status: dict[str, Any] | None, pauses: list[float]
) -> None:
    update(deployment("database-1"), deployment("database-1", image="mlflow:2"), status)

    assert pauses == []


def test_an_update_that_goes_on_where_another_failed_waits_for_the_old_pods_of_that_one(pauses: list[float]) -> None:
    update(deployment("database-2"), deployment("database-2"), ROLLING)

    assert pauses == [85]


@pytest.mark.parametrize(("now", "waits"), [("database-1", []), ("database-2", [85])])
def test_values_that_the_engine_holds_for_secret_are_compared_all_the_same(
    now: str, waits: list[float], pauses: list[float]
) -> None:
    update(
        deployment("database-1"),
        deployment(now),
        FINISHED,
        shown=lambda inputs: {"spec": pulumi.Output.secret(inputs["spec"])},
    )

    assert pauses == waits


def test_the_servers_pods_have_as_long_as_kubernetes_gives_them(stack: Recording, pauses: list[float]) -> None:
    server = stack.called("mlflow-deployment")
    (name,) = server.after_update

    update(deployment("database-1"), deployment("database-2"), FINISHED, stack.hooks[name])

    seconds = server.spec["template"]["spec"]["terminationGracePeriodSeconds"]
    assert pauses == [seconds]
    assert f"the {seconds} seconds" in (stack_files.ROOT / "docs" / "runbook.md").read_text()


def test_only_the_server_waits(stack: Recording) -> None:
    assert [resource.name for resource in stack if resource.after_update] == ["mlflow-deployment"]

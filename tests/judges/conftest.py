"""What the judges look at: the objects that the program makes of every stack."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.conftest import deployed, deployed_anew
from tests.unit.policies.test_stacks import STACKS

if TYPE_CHECKING:
    from sandbox.judges.manifests import Stacks
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Registration

__all__ = ["deployed", "deployed_anew"]  # fixtures: importing them makes them known here


@pytest.fixture(scope="session", autouse=True)
def _there(judges: None) -> None:
    """Every test here has a judge judge."""


@pytest.fixture(scope="session")
def rendered(deployed: Deploy) -> Stacks:
    """The Kubernetes objects of every stack that the policies are tried on; the judges may change none."""
    return {
        case: [_manifest(each) for each in deployed(stack, **overrides) if _is_object(each)]
        for case, (stack, overrides) in STACKS.items()
    }


@pytest.fixture
def service(rendered: Stacks) -> dict[str, Any]:
    """A Service, to be spoiled."""
    return _one(rendered, "Service")


@pytest.fixture
def deployment(rendered: Stacks) -> dict[str, Any]:
    """The server's Deployment, to be spoiled."""
    return _one(rendered, "Deployment")


def _one(stacks: Stacks, kind: str) -> dict[str, Any]:
    found = next(each for each in stacks["dev"] if each["kind"] == kind)
    return copy.deepcopy(dict(found))


def _is_object(registered: Registration) -> bool:
    return registered.custom and registered.type.startswith("kubernetes:")


def _manifest(registered: Registration) -> dict[str, Any]:
    """An object as it is handed to the API server, where the provider makes up a name if it has none."""
    return registered.inputs | {"metadata": {"name": f"{registered.name}-1a2b3c4d", **registered.metadata}}

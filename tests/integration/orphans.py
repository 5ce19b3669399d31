"""What a stack has made and does not know of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.integration.cluster import kubectl

if TYPE_CHECKING:
    from tests.integration.stacks import Stack

KINDS = (
    "configmaps,cronjobs,deployments,horizontalpodautoscalers,ingresses,jobs,networkpolicies,poddisruptionbudgets,"
    "secrets,serviceaccounts,services,statefulsets"
)
MADE_BY_PULUMI = "app.kubernetes.io/managed-by=pulumi"


def orphans(of: Stack, namespace: str) -> list[str]:
    """Kind and name of the Kubernetes objects that the program makes and the state does not have.

    A role, a database, a bucket and a user have fixed names: where the state did not have one, the next update would
    have failed with "already exists".
    """
    resources = [each for each in of.deployment().get("resources", []) if each["type"].startswith("kubernetes:")]
    known = {(each["inputs"]["kind"], each["outputs"]["metadata"]["name"]) for each in resources}
    printed = kubectl("get", KINDS, f"--namespace={namespace}", f"--selector={MADE_BY_PULUMI}", "--output=json")
    found = {
        (each["kind"], each["metadata"]["name"])
        for each in json.loads(printed)["items"]
        if not each["metadata"].get("ownerReferences")  # by a controller
    }
    return sorted(f"{kind} {name}" for kind, name in found - known)

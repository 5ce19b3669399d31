"""What the pod is given: the recipe, the token and the authorities that it trusts, each as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components import immutable
from components.mounts import Mount, config_map_mount, scratch_mount, secret_mount

if TYPE_CHECKING:
    from components.metadata_ingestion.args import IngestionScope

_BASE = "/etc/mlflow-ingestion"
_RECIPE_DIR = f"{_BASE}/recipe"
_RECIPE = "recipe.yaml"
RECIPE_FILE = f"{_RECIPE_DIR}/{_RECIPE}"
_TOKEN_DIR = f"{_BASE}/token"
_TOKEN = "token"  # noqa: S105 - the name of a file
_AUTHORITIES_DIR = f"{_BASE}/authorities"
_AUTHORITY = "datahub.pem"
TEMPORARY_DIR = "/tmp"  # noqa: S108 - an emptyDir of the pod's own, not a directory that is shared with anybody
_TEMPORARY_SIZE = "64Mi"
_SOURCE = "mlflow_ingestion.source.PlatformSource"
"""DataHub's source for MLflow, with what it leaves out (images/ingestion)."""
_FAIL_SAFE_PERCENT = 75.0
"""Of what DataHub was told the last time. When more is gone, that is a fault rather than a wish: nothing is removed."""


def mounts(scope: IngestionScope) -> list[Mount]:
    """Make the objects behind the pod's files, and mount them."""
    datahub = scope.args.datahub
    recipe = immutable.config_map(scope, "recipe", {_RECIPE: _recipe(scope)})
    made = [
        config_map_mount("recipe", recipe, _RECIPE_DIR),
        scratch_mount("tmp", TEMPORARY_DIR, _TEMPORARY_SIZE),
    ]
    if datahub.token is not None:
        made.append(secret_mount("token", immutable.secret(scope, "token", _TOKEN, datahub.token), _TOKEN_DIR))
    if datahub.ca_certificate:
        authority = immutable.config_map(scope, "authorities", {_AUTHORITY: datahub.ca_certificate})
        made.append(config_map_mount("authorities", authority, _AUTHORITIES_DIR))
    return made


def _recipe(scope: IngestionScope) -> pulumi.Output[str]:
    """Write a recipe of DataHub's. Nothing in it is secret."""
    args = scope.args
    sink: dict[str, Any] = {"server": args.datahub.url}
    if args.datahub.token is not None:
        # The provider's name tells of its first use; it reads a file, anew for every request.
        sink["auth"] = {"type": "k8s_oidc", "config": {"token_file": f"{_TOKEN_DIR}/{_TOKEN}"}}
    if args.datahub.ca_certificate:
        sink["ca_certificate_path"] = f"{_AUTHORITIES_DIR}/{_AUTHORITY}"
    stateful = {"enabled": True, "remove_stale_metadata": True, "fail_safe_threshold": _FAIL_SAFE_PERCENT}
    recipe = {
        "pipeline_name": args.pipeline,
        "source": {
            "type": _SOURCE,
            "config": {
                "tracking_uri": args.server.url,
                "base_external_url": args.public_url,
                "env": args.environment,
                "stateful_ingestion": stateful,
            },
        },
        "sink": {"type": "datahub-rest", "config": sink},
    }
    # JSON is YAML.
    return pulumi.Output.json_dumps(recipe, indent=2)

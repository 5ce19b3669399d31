"""The API server itself: what it refuses or warns of, asked with a dry run that keeps nothing."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError
from sandbox.judges import manifests
from sandbox.judges.report import Finding, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.judges.manifests import Manifest, Stacks

NAME = "api-server"
_SECONDS = 60.0
_DRY_RUN = (
    *("kubectl", "apply", "--filename=-", "--dry-run=server", "--validate=strict"),
    # As the engine applies them; the fields are the engine's, which is no reason to refuse them.
    *("--server-side", "--field-manager=judge", "--force-conflicts"),
)
_WARNING = "Warning: "
_REFUSALS = ("Error from server", " is invalid: ", "no matches for kind")
"""What the API server says of an object, as against what kubectl says of the way to it."""


def judge(stacks: Stacks) -> Report:
    """Ask for each object, one by one, as the program hands it over: Secrets with their values.

    Raises:
        SandboxError: the API server does not answer.
    """
    findings = (finding for objects in stacks.values() for each in objects for finding in _findings(each))
    return Report(NAME, manifests.count(stacks), manifests.unit(stacks), frozenset(findings))


def _findings(manifest: Manifest) -> Iterator[Finding]:
    name = manifests.identity(manifest)
    try:
        done = subprocess.run(
            _DRY_RUN, input=json.dumps(manifest), capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        raise SandboxError(f"the API server did not judge {name}: {type(error).__name__}") from error
    for line in done.stderr.splitlines():
        if line.startswith(_WARNING):
            yield Finding(NAME, "warning", name, line.removeprefix(_WARNING))
    if done.returncode == 0:
        return
    if not any(said in done.stderr for said in _REFUSALS):
        raise SandboxError(f"the API server did not judge {name}", detail=done.stderr[-2000:])
    yield Finding(NAME, "refused", name, " ".join(done.stderr.split()))

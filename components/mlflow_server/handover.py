"""The wait between a rollout with other credentials and the end of the old ones.

Pulumi deletes the old login and the old key when everything else is done. For Pulumi a rollout is done once the last
old pod has been told to stop, but that pod still answers for a while, and still needs them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping


def after_old_pods(seconds: int) -> pulumi.ResourceHookBinding:
    """Let an update of the Deployment end when the old pods have, where they have credentials of their own.

    It waits by the clock, since pods that have been told to stop are in no status of the Deployment.

    Args:
        seconds: After which Kubernetes kills a pod that has been told to stop.
    """

    async def wait(update: pulumi.ResourceHookArgs) -> None:
        # What the engine holds for a secret is an Output.
        before, now, status = [
            await pulumi.Output.from_input(part).future() or {}
            for part in (update.old_inputs, update.new_inputs, (update.old_outputs or {}).get("status"))
        ]
        if _secrets(before) != _secrets(now) or _is_unfinished(status):
            pulumi.log.info(f"old pods have {seconds} s to finish, before their credentials end")
            await asyncio.sleep(seconds)

    return pulumi.ResourceHookBinding(after_update=[wait])


def _secrets(inputs: Mapping[str, Any]) -> set[str]:
    """Name what the pods mount; a Secret never changes, so another content has another name."""
    volumes = inputs["spec"]["template"]["spec"]["volumes"]
    return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}


def _is_unfinished(status: Mapping[str, Any]) -> bool:
    """Say whether a Deployment was in the middle of a rollout, whose old pods then end in the update after it."""
    return bool(status.get("unavailableReplicas")) or status.get("updatedReplicas") != status.get("replicas")

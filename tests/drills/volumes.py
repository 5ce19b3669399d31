"""Volumes as an administrator makes them where the cluster has nobody who would provide any."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox import paths
from sandbox.parts.part import NODE_NAME
from tests.integration.cluster import NAMESPACE, kubectl

if TYPE_CHECKING:
    from collections.abc import Iterator

STORAGE_CLASS = "by-hand"
CAPACITY = "1Ti"
"""More than any claim asks for."""


@contextmanager
def by_hand(claim: str) -> Iterator[str]:
    """A folder of the node for a claim of class `STORAGE_CLASS`; what is left of either goes with the block.

    Args:
        claim: its name.

    Yields:
        The claim's storage class.
    """
    folder = paths.STATE / "volumes" / claim
    folder.mkdir(parents=True)
    on_the_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE_NAME]}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": claim},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": CAPACITY},
            "claimRef": {"namespace": NAMESPACE, "name": claim},
            "local": {"path": str(folder)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_the_node]}]}},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
        },
    }
    try:
        kubectl("apply", "--filename=-", stdin=json.dumps(volume))
        yield STORAGE_CLASS
    finally:
        kubectl("delete", "persistentvolumeclaim", claim, f"--namespace={NAMESPACE}", "--ignore-not-found")
        kubectl("delete", "persistentvolume", claim, "--ignore-not-found")
        shutil.rmtree(folder)

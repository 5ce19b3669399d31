"""Labels of every Kubernetes object.

Selectors get the immutable subset only: a version in a selector would force a replacement at each release.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT_IN_A_LABEL = re.compile(r"[^A-Za-z0-9._-]")
_LABEL_LENGTH = 63
_DIGEST_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The recommended labels of one part of the platform, plus `app: mlflow`, which other systems select by."""

    instance: str
    component: str
    """What the object does; it keeps Jobs out of the server's selector."""
    version: str | None = None

    @property
    def selector(self) -> dict[str, str]:
        """The subset that never changes in the life of an object."""
        return {
            "app": "mlflow",
            "app.kubernetes.io/name": "mlflow",
            "app.kubernetes.io/instance": self.instance,
            "app.kubernetes.io/component": self.component,
        }

    @property
    def all(self) -> dict[str, str]:
        """What the metadata of an object carries."""
        labels = {
            **self.selector,
            "app.kubernetes.io/part-of": "mlflow-platform",
            "app.kubernetes.io/managed-by": "pulumi",
        }
        if self.version:
            labels["app.kubernetes.io/version"] = self.version
        return labels


def version_of(image: str) -> str:
    """Say in a label's alphabet which version an image reference names: its tag, or else the head of its digest."""
    name, _, digest = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    version = tag if colon else digest.rpartition(":")[2][:_DIGEST_LENGTH]
    return _NOT_IN_A_LABEL.sub("-", version)[:_LABEL_LENGTH].strip("._-") or "unknown"

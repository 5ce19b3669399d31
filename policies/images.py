"""What containers run: always the same bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from policies.resource import Resource, mapping, sequence, shown
from policies.rule import Rule, Violation
from policies.workloads import containers, pods

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REFERENCE = re.compile(
    r"([\w.-]+(:\d+)?/)?[\w.-]+(/[\w.-]+)*(:(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?"
)
_FLOATING = re.compile(
    r"(latest|main|master|head|edge|nightly|stable|mainline|dev|develop|snapshot|rolling|canary)(-.*)?", re.IGNORECASE
)
"""Tags that are moved on purpose, also before a variant such as `-alpine`."""


def _unpinned(image: object) -> str | None:
    """Say why a reference names other bytes tomorrow; None when it does not."""
    found = _REFERENCE.fullmatch(image) if isinstance(image, str) else None
    if found is None:
        return "is no reference to an image"
    if found["digest"]:
        return None
    if found["tag"] is None:
        return "has neither a tag nor a digest, which means latest"
    return f"has the tag {found['tag']}, which moves" if _FLOATING.fullmatch(found["tag"]) else None


def _pinned(resources: Sequence[Resource]) -> Iterator[Violation]:
    for container in containers(resources):
        image = container.fields.get("image")
        why = _unpinned(image)
        if why:
            yield Violation(container.pod.resource, f"{container.label}: image {shown(image)} {why}")
    for pod in pods(resources):
        for volume in map(mapping, sequence(pod.spec.get("volumes"))):
            image = mapping(volume.get("image")).get("reference")
            why = _unpinned(image) if "image" in volume else None
            if why:
                yield Violation(pod.resource, f"volume {volume.get('name')!r}: image {shown(image)} {why}")


RULES = (
    Rule(
        name="images-pinned",
        description="Every image is pinned by the tag of a release, or by a digest.",
        remediation="name a release, such as registry.example.com/mlflow:3.17.2, or its digest (@sha256:...)",
        check=_pinned,
    ),
)

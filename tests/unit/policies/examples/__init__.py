"""Examples of every rule: resources that violate it, and resources that keep it. A module for each concern."""

from __future__ import annotations

from tests.unit.policies.examples import images, networks, pods, routes, secrets, storage, tls

EXAMPLES = tuple(
    example for concern in (pods, images, secrets, storage, tls, routes, networks) for example in concern.EXAMPLES
)

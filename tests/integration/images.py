"""The server's image under a second name, as a new version would have one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandbox import processes
from sandbox.parts.containerd import SOCKET
from sandbox.supervisor import client
from sandbox.toolchain import tools

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def another_name(image: str) -> Iterator[str]:
    """The node knows the image by this name too, for the length of a block."""
    name = f"{image.rpartition(':')[0]}:another-version"
    containerd = client.inside([tools.locate()["ctr"], f"--address={SOCKET}", "--namespace=k8s.io", "images"])
    processes.output_of([*containerd, "tag", "--force", image, name], what="naming an image")
    yield name
    processes.output_of([*containerd, "remove", name], what="forgetting an image's name")

"""`make up`: from whatever state the machine is in to a serving MLflow."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import engine_layout, ownership, paths, platform, rehearsal, smoke, stack
from sandbox.addons import Addons
from sandbox.errors import SandboxError
from sandbox.images import (
    PROGRAMS,
    BuiltImage,
    ImageStore,
    build_binary_image,
    build_envoy,
    build_mlflow,
    build_program,
)
from sandbox.images.mlflow import mlflow_key, mlflow_version
from sandbox.images.monitoring import build_monitoring_images
from sandbox.locking import exclusive
from sandbox.monitoring_stack import MonitoringStack
from sandbox.network import INGRESS_ADDRESS, NODE_ADDRESS
from sandbox.parts.part import API_SERVER_URL, Surroundings
from sandbox.progress import Progress
from sandbox.toolchain import host, tools

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from sandbox.pki import Authority
    from sandbox.toolchain.tools import Toolchain

BINARY_IMAGES = {"pause": "1", "coredns": "1.13.1", "traefik": "3.7.15"}
"""Images of one executable each, and the version that names them."""


def run() -> None:
    """Prepares the tools, starts the sandbox, deploys stack dev, tests it and tells how to go on."""
    progress = Progress()
    host.demand_suitable()
    with exclusive(paths.LOCK, wait=False, doing=f"make up in {paths.CLONE}"):
        ownership.claim()
        monitoring = with_monitoring()
        toolchain, images = prepare(progress, monitoring=monitoring)
        with ThreadPoolExecutor(max_workers=1) as background:
            authority = stack.AUTHORITY
            authority.ensure()
            progress.say("engine", "laying out the engine, its plugins and the stack")
            image = images["mlflow"].reference
            engine = background.submit(prepare_engine, toolchain, authority, image, monitoring=monitoring)
            start_platform(toolchain, authority, images, progress, monitoring=monitoring)
            for origin in engine.result():
                progress.say("engine", origin)
        deploy(progress)


def with_monitoring() -> bool:
    """Whether `make` was called with MONITORING=1."""
    wanted = os.environ.get("MONITORING", "0")
    if wanted not in {"", "0", "1"}:
        raise SandboxError(f"MONITORING is {wanted!r}", "make up MONITORING=1, or leave it out")
    return wanted == "1"


def prepare(
    progress: Progress, *, monitoring: bool = False, programs: bool = False
) -> tuple[Toolchain, dict[str, BuiltImage]]:
    """Has every tool and image in the cache; builds what is missing, tools and the large image side by side."""
    host.extend_path()
    image = ImageStore(paths.CACHE).image("mlflow", mlflow_version(), mlflow_key())
    host.demand_disk(cold=not (tools.is_complete(monitoring=monitoring) and image.archive.exists()))
    host.install_packages(progress)
    with ThreadPoolExecutor(max_workers=1) as background:
        mlflow = background.submit(
            build_mlflow,
            cache=paths.CACHE,
            python=Path(sys.executable),
            progress=lambda message: progress.say("image", message),
        )
        mlflow.add_done_callback(lambda built: _tell_failure(built, progress))
        tools.build(progress, monitoring=monitoring)
        toolchain = tools.locate(monitoring=monitoring)
        images = {
            name: build_binary_image(name, version, toolchain[name], cache=paths.CACHE)
            for name, version in BINARY_IMAGES.items()
        }
        images["envoy"] = build_envoy(cache=paths.CACHE)
        if monitoring:
            images |= build_monitoring_images(toolchain.programs, cache=paths.CACHE)
        images["mlflow"] = mlflow.result()
    if programs:
        for recipe in PROGRAMS:
            images[recipe.name] = build_program(
                recipe,
                cache=paths.CACHE,
                python=Path(sys.executable),
                progress=lambda message: progress.say("image", message),
            )
    return toolchain, images


def _tell_failure(built: Future[BuiltImage], progress: Progress) -> None:
    # At once: it ends `make up` only when the tools are done, which may take many minutes.
    if error := built.exception():
        progress.say("image", f"failed, and the tools are built to their end first: {error}")


def prepare_engine(
    toolchain: Toolchain, authority: Authority, image: str, *, monitoring: bool = False
) -> Sequence[str]:
    """Lays out engine and stack, and says where each plugin came from."""
    origins = engine_layout.install_engine(toolchain)
    stack.ensure(authority, image, monitoring=monitoring)
    return [f"{origin.name} plugin {origin.version}: {origin.origin} ({origin.reason})" for origin in origins]


def surroundings(toolchain: Toolchain, authority: Authority, images: dict[str, BuiltImage]) -> Surroundings:
    """What the parts need."""
    return Surroundings(toolchain.programs, authority, stack.SECRETS, images["pause"].reference)


def start_platform(
    toolchain: Toolchain,
    authority: Authority,
    images: dict[str, BuiltImage],
    progress: Progress,
    *,
    monitoring: bool = False,
) -> None:
    """Starts the sandbox's parts and add-ons."""
    authority.kubeconfig(stack.KUBECONFIG, server=API_SERVER_URL, user="admin", group="system:masters")
    references = {name: image.reference for name, image in images.items()}
    addons = Addons(
        toolchain["kubectl"],
        stack.KUBECONFIG,
        toolchain.custom_resources,
        references,
        edge_hosts=[rehearsal.value(key) for key in ("accessTeamDomain", "host")],
        ingress_host=stack.HOST,
    )
    hosts = {stack.HOST: INGRESS_ADDRESS}
    watching = MonitoringStack(addons.kubectl_output, references) if monitoring else None
    around = surroundings(toolchain, authority, images)
    platform.start(around, addons, list(images.values()), hosts, progress, monitoring=watching)


def deploy(progress: Progress) -> None:
    """Runs `pulumi up` and the smoke test."""
    progress.say("pulumi", f"pulumi up on stack {stack.STACK}")
    changed = stack.up()
    tracking_uri = f"http://{stack.HOST}"
    # A second call on a running platform changes nothing, so it only reads what the first one wrote.
    address = None if changed else smoke.find_a_run(tracking_uri)
    if address is None:
        progress.say("smoke", f"logging a run through {tracking_uri}")
        begun = time.monotonic()
        address = smoke.log_a_run(tracking_uri)
        seconds = time.monotonic() - begun
        progress.say("smoke", f"run, metrics, artifact and model written and read back in {seconds:.0f} s")
    else:
        progress.say("smoke", "nothing changed, and the last run and its artifact are there")
    print(
        f"""
MLflow serves at {tracking_uri} (and https://{stack.HOST}, trusted by {stack.CA_FILE})
  the last run    {address}
  a shell         eval "$(make -s env)"     then mlflow, kubectl and pulumi work as they are
  the state       make status
  to stop         make down
The node is {NODE_ADDRESS}; logs are in {paths.LOGS}.""",
        file=sys.stderr,
    )

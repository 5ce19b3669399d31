"""What the machine must be, and the Debian packages that it must have."""

from __future__ import annotations

import fnmatch
import importlib.util
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths, processes
from sandbox.errors import SandboxError
from sandbox.toolchain import python_env

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.progress import Progress

GIB = 1024**3
DISK_COLD_GIB = 36
"""Measured: 30 GiB of Go modules, compiled packages, image layers and wheels at the height of a cold build, of which 4
are the monitoring stack's."""
DISK_PYTHON_GIB = 3
"""The Python environment and what pip unpacks on the way."""
DISK_WARM_GIB = 6
"""Images unpacked, databases, logs."""
LOCK_SECONDS = 300
"""A fresh machine may be installing its own updates."""
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
MARK = "# mlflow-platform, while it installs packages"
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER_POLICY = Path("/etc/postgresql-common/createcluster.conf")
POSTGRESQL_FOLDER = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class DebianPackage:
    """A package, the versions of it that were tested, and a program by which to see that it is there."""

    name: str
    version: str
    """As apt's glob: Debian's point releases move the last part."""
    program: str


PACKAGES = (
    DebianPackage("buildah", "1.28.2*", "buildah"),
    DebianPackage("conntrack", "1:1.4.7*", "conntrack"),
    DebianPackage("containerd", "1.6.20*", "containerd"),
    DebianPackage("containernetworking-plugins", "1.1.1*", "/usr/lib/cni/ptp"),
    DebianPackage("debootstrap", "1.0.128*", "debootstrap"),
    DebianPackage("file", "1:5.44*", "file"),
    DebianPackage("iproute2", "6.1.0*", "ip"),
    DebianPackage("ipset", "7.17*", "ipset"),
    DebianPackage("iptables", "1.8.9*", "iptables"),
    DebianPackage("nftables", "1.0.6*", "nft"),
    DebianPackage("postgresql-15", "15.*", str(POSTGRESQL_FOLDER / "postgres")),
    DebianPackage("runc", "1.1.5*", "runc"),
    DebianPackage("util-linux", "2.38.1*", "unshare"),
)
PYTHON_VENV = DebianPackage("python3-venv", "3.11.*", "")
BROWSER = (
    # Debian serves only the newest Chromium: any pin would be gone within weeks.
    DebianPackage("chromium", "*", "chromium"),
    DebianPackage("chromium-driver", "*", "chromedriver"),
    DebianPackage("libnss3-tools", "2:3.87*", "certutil"),
)
"""For the tests that a person would do by hand; what only serves has no use for it."""
RUNBOOK_READER = (
    DebianPackage("curl", "7.88.1*", "curl"),
    DebianPackage("jq", "1.6*", "jq"),
    DebianPackage("openssl", "3.0.*", "openssl"),
)
"""For the tests that run the commands of the guides."""
RULE_CHECKER = (DebianPackage("prometheus", "2.42*", "promtool"),)
"""For the tests of the alerting rules."""
LOAD_GENERATOR = (DebianPackage("wrk", "4.1.0*", "wrk"),)
"""For the benchmarks."""


def demand_suitable() -> None:
    """Raises a SandboxError when this machine cannot hold the sandbox at all."""
    elsewhere = "use a cluster of your own instead: docs/deployment.md"
    if sys.platform != "linux":
        raise SandboxError(f"the sandbox runs on Linux, and this is {sys.platform}", elsewhere)
    if os.geteuid() != 0:
        raise SandboxError(
            "the sandbox needs root: it makes namespaces, mounts and links", f"run it with sudo, or {elsewhere}"
        )
    if sys.version_info < python_env.OLDEST_SUPPORTED:
        raise SandboxError(
            f"Python {sys.version_info.major}.{sys.version_info.minor} is too old",
            "install Python 3.11 or newer and have `python3` mean it",
        )


def demand_disk(*, cold: bool) -> None:
    """Raises a SandboxError when the disks of the cache and of the sandbox's data are too full.

    Args:
        cold: whether tools or images have still to be built.
    """
    purpose = "a first build" if cold else "the sandbox"
    demand_space(paths.CACHE, DISK_COLD_GIB if cold else 1, purpose)
    demand_space(paths.STATE.parent, DISK_WARM_GIB, purpose)


def demand_space(place: Path, needed: int, purpose: str) -> None:
    """Raises a SandboxError when the disk of a folder has less than `needed` GiB free."""
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free / GIB
    if free < needed:
        raise SandboxError(
            f"{place} has {free:.1f} GiB free and needs {needed} GiB for {purpose}",
            "free some space, or set XDG_CACHE_HOME to a folder on a larger disk for the cache",
        )


def extend_path() -> None:
    """Adds the system's folders and PostgreSQL's to this process's PATH: root's PATH lacks some of them."""
    known = os.environ.get("PATH", "").split(os.pathsep)
    known += [folder for folder in (*SYSTEM_FOLDERS, str(POSTGRESQL_FOLDER)) if folder not in known]
    os.environ["PATH"] = os.pathsep.join(known)


def _is_there(package: DebianPackage) -> bool:
    if package == PYTHON_VENV:
        return importlib.util.find_spec("ensurepip") is not None
    return shutil.which(package.program) is not None


def _untested(present: Sequence[DebianPackage]) -> list[tuple[DebianPackage, str]]:
    """Those packages that are installed in another version than the tested one, with that version.

    A program that no package brought stays unmentioned: whoever put it there knows why.
    """
    query = ["dpkg-query", "--show", "--showformat=${Package} ${Version}\\n", *(package.name for package in present)]
    told = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    versions = dict(line.split(" ", 1) for line in told if not line.endswith(" "))
    return [
        (package, versions[package.name])
        for package in present
        if package.name in versions and not fnmatch.fnmatchcase(versions[package.name], package.version)
    ]


def install_packages(progress: Progress, wanted: Sequence[DebianPackage] = PACKAGES) -> None:
    """Installs the Debian packages whose programs are not there, and starts none of their services.

    Raises:
        SandboxError: a package cannot be had; carries apt's last lines.
    """
    missing = [package for package in wanted if not _is_there(package)]
    for package, version in _untested([package for package in wanted if package not in missing]):
        progress.say("debian", f"{package.name} {version} is installed; {package.version} is what was tested")
    if not missing:
        return
    log = paths.CACHE / "logs" / "debian-packages.log"
    cure = "check that the Debian registry is reachable (apt-get update) and that this is Debian 12, then run it again"
    names = [package.name for package in missing]
    with progress.step("debian", f"installing {' '.join(names)} (log: {log})"), _services_kept_off():
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        # After an installation that was killed, apt refuses everything until this is done. It fails while another one
        # is under way: apt waits for that one, and has the last word.
        with suppress(SandboxError):
            processes.run_logged(["dpkg", "--configure", "--pending"], log, what="dpkg --configure", env=environment)
        processes.run_logged(["apt-get", "update"], log, what="apt-get update", cure=cure, env=environment)
        processes.run_logged(
            ["apt-get", "install", "--yes", "--no-install-recommends", f"-oDPkg::Lock::Timeout={LOCK_SECONDS}"]
            + [f"{package.name}={package.version}" for package in missing],
            log,
            what=f"installing {' '.join(names)}",
            cure=cure,
            env=environment,
        )
    still = [package.name for package in missing if not _is_there(package)]
    if still:
        raise SandboxError(
            f"{' '.join(still)} installed, but their programs are not on the PATH", detail=processes.tail(log)
        )


@contextmanager
def _services_kept_off() -> Iterator[None]:
    """Lets Debian's packages neither start a service nor make a PostgreSQL cluster of their own."""
    remove_leftovers()
    for place, text, mode in (
        (SERVICE_POLICY, f"#!/bin/sh\n{MARK}\nexit 101\n", 0o755),
        (CLUSTER_POLICY, f"{MARK}\ncreate_main_cluster = false\n", 0o644),
    ):
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(mode)
    try:
        yield
    finally:
        remove_leftovers()


def remove_leftovers() -> None:
    """Removes what an installation, which may have been killed, put between Debian's packages and their services."""
    for place in (SERVICE_POLICY, CLUSTER_POLICY):
        if place.exists() and MARK in place.read_text(errors="replace"):
            place.unlink()


def install_python_venv(progress: Progress) -> None:
    """Debian's python3 comes without the module that makes environments."""
    install_packages(progress, [PYTHON_VENV])

"""What the machine must be, told before anything is done, and the Debian packages that it gets."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox import network, paths
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.toolchain import host
from sandbox.toolchain.host import DebianPackage

if TYPE_CHECKING:
    from pathlib import Path

WANTED = [DebianPackage("sample-tool", "1.2*", "sample-program"), DebianPackage("coreutils", "9*", "true")]

# Notes its arguments and whether services would be started, and installs what it is asked for.
APT = """#!/bin/sh
echo "apt-get $@" >> "$NOTES"
case "$1" in
update) exit ${UPDATE_FAILS:-0} ;;
install) "$POLICY"; echo "services: $?" >> "$NOTES"
         cat "$CLUSTERS" >> "$NOTES"
         printf '#!/bin/sh\\n' > "$BIN/sample-program"; chmod 755 "$BIN/sample-program" ;;
esac
"""


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    for name, script in (("apt-get", APT), ("dpkg", '#!/bin/sh\necho "dpkg $@" >> "$NOTES"\n')):
        (bin_folder / name).write_text(script)
        (bin_folder / name).chmod(0o755)
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(host, "SERVICE_POLICY", tmp_path / "sbin" / "policy-rc.d")
    monkeypatch.setattr(host, "CLUSTER_POLICY", tmp_path / "etc" / "createcluster.conf")
    monkeypatch.setenv("PATH", f"{bin_folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("BIN", str(bin_folder))
    monkeypatch.setenv("POLICY", str(host.SERVICE_POLICY))
    monkeypatch.setenv("CLUSTERS", str(host.CLUSTER_POLICY))
    return tmp_path / "notes"


def test_a_missing_package_is_installed_in_its_pinned_version_and_starts_no_service(notes: Path) -> None:
    host.install_packages(Progress(), WANTED)
    assert notes.read_text().splitlines() == [
        "dpkg --configure --pending",
        "apt-get update",
        f"apt-get install --yes --no-install-recommends -oDPkg::Lock::Timeout={host.LOCK_SECONDS} sample-tool=1.2*",
        "services: 101",
        host.MARK,
        "create_main_cluster = false",
    ]
    assert not host.SERVICE_POLICY.exists()
    assert not host.CLUSTER_POLICY.exists()


def test_nothing_is_asked_of_debian_when_every_program_is_there(notes: Path) -> None:
    host.install_packages(Progress(), WANTED[1:])
    assert not notes.exists()


def test_an_administrator_s_own_policy_stays_as_it_is(notes: Path) -> None:
    host.SERVICE_POLICY.parent.mkdir()
    host.SERVICE_POLICY.write_text("#!/bin/sh\nexit 104\n")
    host.SERVICE_POLICY.chmod(0o755)
    host.install_packages(Progress(), WANTED)
    assert "services: 104" in notes.read_text()
    assert host.SERVICE_POLICY.read_text() == "#!/bin/sh\nexit 104\n"


def test_another_installation_under_way_is_left_to_apt_to_wait_for(notes: Path) -> None:
    dpkg = notes.parent / "bin" / "dpkg"
    dpkg.write_text("#!/bin/sh\nexit 2\n")
    host.install_packages(Progress(), WANTED)
    assert "apt-get install" in notes.read_text()


@pytest.mark.usefixtures("notes")
def test_what_a_killed_installation_left_is_removed() -> None:
    for place in (host.SERVICE_POLICY, host.CLUSTER_POLICY):
        place.parent.mkdir()
        place.write_text(f"{host.MARK}\n")
    host.remove_leftovers()
    assert not host.SERVICE_POLICY.exists()
    assert not host.CLUSTER_POLICY.exists()


@pytest.mark.usefixtures("notes")
def test_an_unreachable_debian_registry_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATE_FAILS", "100")
    with pytest.raises(SandboxError, match="apt-get update failed with exit code 100") as failed:
        host.install_packages(Progress(), WANTED)
    assert "Debian registry is reachable" in failed.value.cure
    assert not host.SERVICE_POLICY.exists()


@pytest.mark.usefixtures("notes")
def test_a_package_that_brings_another_program_than_expected_is_named() -> None:
    with pytest.raises(SandboxError, match="odd-tool installed, but their programs are not on the PATH"):
        host.install_packages(Progress(), [DebianPackage("odd-tool", "1*", "odd-program")])


def test_without_root_it_is_refused_with_two_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SandboxError, match="the sandbox needs root") as refused:
        host.demand_suitable()
    assert "sudo" in refused.value.cure
    assert "docs/deployment.md" in refused.value.cure


def test_another_system_than_linux_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="runs on Linux, and this is darwin") as refused:
        host.demand_suitable()
    assert "docs/deployment.md" in refused.value.cure


def test_an_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    version = type("version_info", (tuple,), {"major": 3, "minor": 9})((3, 9, 2, "final", 0))
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(SandboxError, match=r"Python 3\.9 is too old") as refused:
        host.demand_suitable()
    assert "Python 3.11" in refused.value.cure


@pytest.mark.parametrize(
    ("cold", "free_gib", "refused"),
    [
        (True, host.DISK_COLD_GIB - 1, True),
        (True, host.DISK_COLD_GIB + 1, False),
        (False, host.DISK_WARM_GIB - 1, True),
        (False, host.DISK_WARM_GIB + 1, False),
    ],
)
def test_a_full_disk_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cold: bool, free_gib: int, refused: bool
) -> None:
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(paths, "STATE", tmp_path / "state")
    usage = shutil.disk_usage(tmp_path)._replace(free=free_gib * host.GIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    if not refused:
        host.demand_disk(cold=cold)
        return
    with pytest.raises(SandboxError, match=f"has {free_gib}.0 GiB free and needs") as full:
        host.demand_disk(cold=cold)
    assert "XDG_CACHE_HOME" in full.value.cure


def test_system_folders_are_added_to_the_path_once_and_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/own:/usr/bin")
    host.extend_path()
    host.extend_path()
    folders = os.environ["PATH"].split(os.pathsep)
    assert folders[:2] == ["/own", "/usr/bin"]
    assert {"/usr/sbin", str(host.POSTGRESQL_FOLDER)} <= set(folders)
    assert len(folders) == len(set(folders))


def test_a_web_proxy_is_kept_out_of_the_way_to_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert network.without_proxy() == {}
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "intranet.example")
    direct = network.without_proxy()["no_proxy"].split(",")
    assert {"intranet.example", ".local", network.NODE_ADDRESS} <= set(direct)


def test_a_package_of_another_version_than_the_tested_one_is_told_and_used(
    notes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    dpkg_query = tmp_path / "bin" / "dpkg-query"
    dpkg_query.write_text("#!/bin/sh\necho coreutils 10.4-1\necho sample-tool 1.2.3\necho gone ''\n")
    dpkg_query.chmod(0o755)
    (tmp_path / "bin" / "sample-program").symlink_to("/bin/true")
    host.install_packages(Progress(), WANTED)
    told = [line for line in capfd.readouterr().err.splitlines() if "tested" in line]
    assert len(told) == 1
    assert "coreutils 10.4-1 is installed; 9* is what was tested" in told[0]
    assert not notes.exists()

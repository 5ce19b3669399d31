"""What the sandbox changes on the host, it puts back exactly."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import cgroups, network, processes, sysctls
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "hosts"
    monkeypatch.setattr(network, "HOSTS_FILE", place)
    return place


OURS = {"mlflow.local": network.INGRESS_ADDRESS}


@pytest.mark.parametrize(
    "original",
    [
        b"127.0.0.1 localhost\n::1 localhost\n",
        b"127.0.0.1 localhost",
        b"",
        b"127.0.0.1\tlocalhost\r\n\r\n# caf\xe9 \x0b\x0c\n\n\n",
        b"10.0.0.1 mlflow.local # somebody's own\n",
    ],
)
def test_the_hosts_file_is_restored_byte_for_byte(hosts: Path, original: bytes) -> None:
    hosts.write_bytes(original)
    network.publish({"mlflow.local": network.INGRESS_ADDRESS, "other.local": network.EDGE_ADDRESS})
    assert hosts.read_bytes().endswith(original)
    network.withdraw()
    assert hosts.read_bytes() == original


def test_a_published_name_comes_first_and_once(hosts: Path) -> None:
    hosts.write_text("10.0.0.1 mlflow.local\n")
    inode = hosts.stat().st_ino
    network.publish(OURS)
    network.publish(OURS)
    assert hosts.read_text().splitlines() == [
        f"{network.INGRESS_ADDRESS} mlflow.local {network.HOSTS_MARK}",
        "10.0.0.1 mlflow.local",
    ]
    assert hosts.stat().st_ino == inode


def test_an_edit_by_somebody_else_meanwhile_stays(hosts: Path) -> None:
    hosts.write_text("127.0.0.1 localhost\n")
    network.publish(OURS)
    hosts.write_text(hosts.read_text() + "10.0.0.7 new\n")
    network.withdraw()
    assert hosts.read_text() == "127.0.0.1 localhost\n10.0.0.7 new\n"


@pytest.mark.parametrize(
    ("route", "in_use"),
    [
        ({"dst": "198.18.0.0/16", "dev": "tun0"}, True),
        ({"dst": "198.19.4.0/24", "dev": "vpn"}, True),
        ({"dst": "198.18.254.0/24", "dev": network.HOST_LINK}, False),
        ({"dst": "198.17.0.0/16", "dev": "tun0"}, False),
        ({"dst": "default", "dev": "eth0"}, False),
    ],
)
def test_a_network_that_uses_the_sandbox_s_addresses_is_named(
    monkeypatch: pytest.MonkeyPatch, route: dict[str, str], *, in_use: bool
) -> None:
    monkeypatch.setattr(processes, "output_of", lambda *_, **__: json.dumps([route]))
    if not in_use:
        network.demand_free_range()
        return
    with pytest.raises(SandboxError, match=r"198\.18\.0\.0/15 is in use") as refused:
        network.demand_free_range()
    assert f"{route['dst']} on {route['dev']}" in refused.value.problem
    assert "take that network down" in refused.value.cure


def test_no_link_is_removed_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "if_nameindex", lambda: [(1, "lo")])
    monkeypatch.setenv("PATH", "/nonexistent")
    network.disconnect()


def test_kernel_settings_are_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def setting(name: str) -> Path:
        return tmp_path / name.replace("/", "-")

    monkeypatch.setattr(sysctls, "RECORD", tmp_path / "state" / "sysctls.json")
    monkeypatch.setattr(sysctls, "_setting", setting)
    setting("kernel/panic").write_text("0\n")
    setting("vm/overcommit_memory").write_text("2\n")
    sysctls.remember()
    setting("kernel/panic").write_text("10\n")
    sysctls.remember()
    sysctls.restore()
    assert setting("kernel/panic").read_text().strip() == "0"
    assert setting("vm/overcommit_memory").read_text() == "2\n"


class Hierarchy:
    """A control group hierarchy of plain folders, whose groups go with their files once no process is in them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ended: list[int] = []

    def group(self, name: str, *pids: int) -> Path:
        place = self.root / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))
        return place

    def kill(self, pid: int, number: int) -> None:
        assert number == signal.SIGKILL
        self.ended.append(pid)
        for file in self.root.rglob("cgroup.procs"):
            file.write_text(file.read_text().replace(f"{pid}\n", ""))

    def remove(self, group: Path) -> None:
        if (group / "cgroup.procs").read_text():
            raise OSError(errno.EBUSY, "Device or resource busy")
        (group / "cgroup.procs").unlink()
        os.rmdir(group)  # noqa: PTH106 - Path.rmdir is what this stands in for


@pytest.fixture
def hierarchy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hierarchy:
    found = Hierarchy(tmp_path)
    monkeypatch.setattr(cgroups, "MOUNT", tmp_path)
    monkeypatch.setattr(cgroups, "_hierarchies", lambda: [tmp_path])
    return found


def test_controllers_that_a_group_lacks_are_handed_on_and_no_others(hierarchy: Hierarchy) -> None:
    for place in (hierarchy.root, hierarchy.group(cgroups.ROOT.strip("/"))):
        (place / "cgroup.controllers").write_text("cpu memory pids\n")
        (place / "cgroup.subtree_control").write_text("cpu\n")
    cgroups.prepare()
    assert (hierarchy.root / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_a_machine_that_hands_on_no_controllers_is_told_so(
    hierarchy: Hierarchy, monkeypatch: pytest.MonkeyPatch
) -> None:
    (hierarchy.root / "cgroup.controllers").write_text("cpu\n")
    control = hierarchy.root / "cgroup.subtree_control"
    control.write_text("")
    write = type(control).write_text

    def refuse(path: Path, text: str, *rest: Any) -> int:
        if path == control:
            raise OSError(errno.EBUSY, "Device or resource busy")
        return write(path, text, *rest)

    monkeypatch.setattr(type(control), "write_text", refuse)
    with pytest.raises(SandboxError, match=r"cannot hand on its controllers \(cpu\): Device or resource busy") as told:
        cgroups.prepare()
    assert "--cgroupns=host" in told.value.cure


def test_processes_of_the_group_are_ended_and_other_groups_left_alone(
    hierarchy: Hierarchy, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = cgroups.ROOT.strip("/")
    for name in (ours, f"{ours}/kubepods"):
        hierarchy.group(name)
    hierarchy.group(f"{ours}/kubepods/pod1", 4242)
    others = hierarchy.group("system", 1)
    monkeypatch.setattr(os, "kill", hierarchy.kill)

    def remove(group: Path) -> None:
        hierarchy.remove(group)

    monkeypatch.setattr(type(others), "rmdir", remove)
    cgroups.remove()
    assert hierarchy.ended == [4242]
    assert not (hierarchy.root / ours).exists()
    assert others.exists()

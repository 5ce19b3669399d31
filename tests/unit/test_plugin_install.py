"""Where language host and plugins are laid out, and which build of a plugin is taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from sandbox.engine.install import (
    STAND_INS,
    VERSIONS,
    PluginError,
    PluginOrigin,
    install_language_host,
    install_plugins,
)
from sandbox.engine.plugins.cloudflare.provider import CloudflareProvider
from sandbox.engine.plugins.minio.provider import MinioProvider
from sandbox.engine.plugins.postgresql.provider import PostgresqlProvider


def executable(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def plugin(home: Path, name: str) -> Path:
    return home / "plugins" / f"resource-{name}-v{VERSIONS[name]}" / f"pulumi-resource-{name}"


@pytest.fixture
def kubernetes(tmp_path: Path) -> Path:
    return executable(tmp_path / "built" / "pulumi-resource-kubernetes")


def by_name(origins: list[PluginOrigin]) -> dict[str, PluginOrigin]:
    return {origin.name: origin for origin in origins}


def test_the_versions_are_those_that_the_installed_sdks_ask_for() -> None:
    for name, version in VERSIONS.items():
        spec = util.find_spec(f"pulumi_{name}")
        assert spec is not None
        assert spec.origin is not None
        manifest = json.loads(Path(spec.origin).with_name("pulumi-plugin.json").read_text())
        assert manifest["version"] == version
    providers = (CloudflareProvider, MinioProvider, PostgresqlProvider)
    assert {provider.name: provider.version for provider in providers} == {name: VERSIONS[name] for name in STAND_INS}


def test_stand_ins_are_laid_out_and_start(tmp_path: Path, kubernetes: Path) -> None:
    origins = by_name(install_plugins(tmp_path / "home", Path(sys.executable), None, kubernetes=kubernetes))
    assert {name: origin.origin for name, origin in origins.items()} == {
        "cloudflare": "stand-in",
        "kubernetes": "built",
        "minio": "stand-in",
        "postgresql": "stand-in",
    }
    with subprocess.Popen([origins["minio"].path, "127.0.0.1:1"], stdout=subprocess.PIPE, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdigit()
        process.terminate()
        assert process.wait(5) == 0
    written = origins["minio"].path.stat()
    again = by_name(install_plugins(tmp_path / "home", Path(sys.executable), None, kubernetes=kubernetes))
    assert again == origins
    assert again["minio"].path.stat() == written


def test_an_official_plugin_of_the_users_home_is_linked(tmp_path: Path, kubernetes: Path) -> None:
    home, official = tmp_path / "home", tmp_path / "official"
    install_plugins(home, Path(sys.executable), None, kubernetes=kubernetes)
    binary = executable(plugin(official, "postgresql"))
    origins = by_name(install_plugins(home, Path(sys.executable), official, kubernetes=kubernetes))
    assert origins["postgresql"].origin == "official"
    assert str(binary) in origins["postgresql"].reason
    assert origins["postgresql"].path.readlink() == binary
    assert not origins["postgresql"].path.parent.is_symlink()
    binary.unlink()
    origins = by_name(install_plugins(home, Path(sys.executable), official, kubernetes=kubernetes))
    assert origins["postgresql"].origin == "stand-in"


def test_a_half_installed_official_plugin_is_not_taken(tmp_path: Path, kubernetes: Path) -> None:
    official = tmp_path / "official"
    folder = executable(plugin(official, "minio")).parent
    folder.with_name(folder.name + ".partial").touch()
    origins = by_name(install_plugins(tmp_path / "home", Path(sys.executable), official, kubernetes=kubernetes))
    assert origins["minio"].origin == "stand-in"


def test_a_download_is_tried_once_and_its_refusal_is_told(tmp_path: Path, kubernetes: Path) -> None:
    home, calls = tmp_path / "home", tmp_path / "calls"
    folder = plugin(home, "minio").parent
    refuse = f"#!/bin/sh\necho $4 >> {calls}\nmkdir -p {folder}\ntouch {folder}.partial\n"
    pulumi = executable(tmp_path / "pulumi", refuse + "echo 'error: no such host' >&2\nexit 255\n")
    for _ in range(2):
        origins = by_name(install_plugins(home, Path(sys.executable), None, kubernetes=kubernetes, pulumi=pulumi))
    assert sorted(calls.read_text().split()) == sorted(STAND_INS)
    assert origins["minio"].origin == "stand-in"
    assert not folder.with_name(folder.name + ".partial").exists()


def test_a_download_that_succeeds_is_used(tmp_path: Path, kubernetes: Path) -> None:
    home = tmp_path / "home"
    target = f"{home}/plugins/resource-$4-v$5"
    script = f"#!/bin/sh\nmkdir -p {target}\nprintf '#!/bin/sh\\n' > {target}/pulumi-resource-$4\n"
    pulumi = executable(tmp_path / "pulumi", script + f"chmod 755 {target}/pulumi-resource-$4\n")
    origins = by_name(install_plugins(home, Path(sys.executable), None, kubernetes=kubernetes, pulumi=pulumi))
    assert {origins[name].origin for name in STAND_INS} == {"official"}


def test_a_missing_kubernetes_plugin_is_an_error_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="Run `make up`, which builds it"):
        install_plugins(tmp_path, Path(sys.executable), None, kubernetes=tmp_path / "absent")


def test_the_language_host_is_an_executable_of_its_own(tmp_path: Path) -> None:
    install_language_host(tmp_path)
    host = tmp_path / "pulumi-language-python"
    assert os.access(host, os.X_OK)
    assert host.read_text().startswith("#!/usr/bin/env python3\n")
    assert "sandbox" not in host.read_text().split("if TYPE_CHECKING")[0].split('"""', 2)[2]

"""Where the engine of this clone lies, with what it looks for beside itself."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.engine.install import PluginError, PluginOrigin, install_language_host, install_plugins
from sandbox.errors import SandboxError
from sandbox.stack import BIN, PULUMI_HOME

if TYPE_CHECKING:
    from sandbox.toolchain.tools import Toolchain


def install_engine(tools: Toolchain) -> list[PluginOrigin]:
    """Lays out the engine, its language host and its plugins for this clone, and says where each plugin came from."""
    BIN.mkdir(parents=True, exist_ok=True)
    for name in ("kubectl", "minio"):
        _replace_link(BIN / name, tools[name])
    pulumi = BIN / "pulumi"
    if (tools["pulumi"].parent / "pulumi-language-python").exists():
        _replace_link(pulumi, tools["pulumi"])
    else:
        # The engine looks for language hosts beside its own file, which a symbolic link would lead elsewhere.
        pulumi.unlink(missing_ok=True)
        try:
            pulumi.hardlink_to(tools["pulumi"])
        except OSError:
            shutil.copy2(tools["pulumi"], pulumi)
        install_language_host(BIN)
    official_home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return install_plugins(
            PULUMI_HOME,
            Path(sys.executable),
            official_home if official_home != PULUMI_HOME else None,
            kubernetes=tools["pulumi-resource-kubernetes"],
            pulumi=pulumi,
        )
    except PluginError as error:
        raise SandboxError(str(error)) from error


def _replace_link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)

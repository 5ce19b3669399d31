"""The trouble of the guide that takes single sign-on: a program without a token gets in by the guide's commands."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from sandbox import rehearsal, stack
from sandbox.errors import SandboxError
from tests import troubleshooting
from tests.client_package import build_wheel, client, install
from tests.rehearsal.test_machine_clients import run_script
from tests.troubleshooting import Entry

if TYPE_CHECKING:
    from pathlib import Path


def test_a_program_without_a_token(tmp_path: Path, tokens: dict[str, dict[str, str]]) -> None:
    entry = Entry.called("401 and single sign-on")
    with pytest.raises(SandboxError) as failure:
        run_script(tmp_path, None, {})

    python = client("newest")
    environment = rehearsal.environment()
    environment |= {
        "PATH": os.pathsep.join([str(python.parent), environment["PATH"]]),
        # The package, installed as its own guide tells.
        "PYTHONPATH": str(install(python, build_wheel(tmp_path), tmp_path)),
        "HEADERS": str(tmp_path / "headers"),
        "HOME": str(tmp_path),
        # Somebody on the Internet has no proxy of this machine, and trusts the edge's authority.
        **dict.fromkeys(("NO_PROXY", "no_proxy"), "*"),
        **dict.fromkeys(("CURL_CA_BUNDLE", "MLFLOW_TRACKING_SERVER_CERT_PATH"), str(stack.CA_FILE)),
    }
    told = troubleshooting.shell(entry.check, *entry.cures, environment=environment)

    assert entry.missing(failure.value.detail) == []
    assert "without a token: 401\nwith a token: 200\n" in told
    assert "[<Experiment: " in told
    assert tokens["ci"]["client_secret"] not in told

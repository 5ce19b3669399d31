"""The double's settings file and its process: what it says of a bad file, and how it begins and ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox import paths
from sandbox.cloudflare_double.serving import listening_socket
from sandbox.cloudflare_double.settings import read_settings
from sandbox.errors import SandboxError
from tests.unit.cloudflare_edge.material import ACCOUNT, HOST, TEAM, ZONE, ZONE_ID, authority, trust

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture
def good(tmp_path: Path) -> dict[str, Any]:
    pair = authority().issue("edge", common_name="edge")
    return {
        "state": str(tmp_path / "state"),
        "api": {"host": "127.0.0.1", "port": free_port()},
        "edge": {
            "host": "127.0.0.1",
            "port": free_port(),
            "certificate": str(pair.certificate),
            "key": str(pair.key),
        },
        "origin": {"host": "127.0.0.1", "port": free_port(), "ca_file": str(authority().certificate)},
        "account_id": ACCOUNT,
        "zones": {ZONE_ID: ZONE},
        "team_domain": TEAM,
        "tokens": {"writer": ["access:write", "dns:write", "tunnel:write"], "reader": ["read"]},
        "control_token": "secret",
    }


def written(folder: Path, document: object, mode: int = 0o600) -> Path:
    path = folder / "settings.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(mode)
    return path


def with_value(document: dict[str, Any], dotted: str, value: object) -> dict[str, Any]:
    *groups, name = dotted.split(".")
    place = document
    for each in groups:
        place = place[each]
    place[name] = value
    return document


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox.cloudflare_double", "--settings", str(path)],
        cwd=paths.CLONE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_good_file_is_read(tmp_path: Path, good: dict[str, Any]) -> None:
    settings = read_settings(written(tmp_path, good))
    assert settings.edge.port == good["edge"]["port"]
    assert settings.origin.ca_file == authority().certificate
    assert settings.tokens["reader"] == ["read"]


@pytest.mark.parametrize("change", [lambda origin: origin.pop("ca_file"), lambda origin: origin.update(ca_file=None)])
def test_an_origin_may_do_without_tls(tmp_path: Path, good: dict[str, Any], change: Any) -> None:
    change(good["origin"])
    assert read_settings(written(tmp_path, good)).origin.ca_file is None


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("state", "relative", "state must be an absolute path"),
        ("api", [], "api must be an object"),
        ("api.port", 0, "api.port must be a number from 1 to 65535"),
        ("api.port", True, "api.port must be a number from 1 to 65535"),
        ("api.host", "", "api.host must be an address or a host name"),
        ("edge.certificate", "/nowhere", "edge.certificate must be the path of a file: '/nowhere' is none"),
        ("edge.key", 5, "edge.key must be the path of a file: 5 is none"),
        ("edge.tls", True, "edge.tls is unknown"),
        ("origin.port", "443", "origin.port must be a number from 1 to 65535"),
        ("origin.ca_file", "/nowhere", "origin.ca_file must be the path of a file"),
        ("account_id", "A" * 32, "account_id must be 32 hexadecimal digits"),
        ("zones", {}, "zones must be an object of zone ids"),
        ("zones", {"short": ZONE}, "zones must be an object of zone ids"),
        ("zones", {ZONE_ID: "Not A Name"}, "zones must be an object of zone ids"),
        ("team_domain", "https://x.cloudflareaccess.com", "team_domain must be a host name in lower case"),
        ("tokens", {"t": []}, "tokens must be an object of tokens and lists of access:write, dns:write"),
        ("tokens", {"t": ["everything"]}, "tokens must be an object of tokens"),
        ("tokens", {"": ["read"]}, "tokens must be an object of tokens"),
        ("control_token", "", "control_token must be a text"),
        ("contrl_token", "x", "contrl_token is unknown"),
    ],
)
def test_a_bad_value_is_named(tmp_path: Path, good: dict[str, Any], name: str, value: object, problem: str) -> None:
    with pytest.raises(SandboxError) as caught:
        read_settings(written(tmp_path, with_value(good, name, value)))
    assert problem in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, good: dict[str, Any]) -> None:
    del good["account_id"], good["edge"]["key"]
    good["team_domain"] = "x"
    with pytest.raises(SandboxError) as caught:
        read_settings(written(tmp_path, good))
    for problem in ("account_id is missing", "edge.key is missing", "team_domain must be"):
        assert problem in str(caught.value)


def test_only_what_is_missing_is_told_of_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(SandboxError) as caught:
        read_settings(written(tmp_path, {}))
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert [line for line in lines if line.endswith("is missing")] == [
        f"{name} is missing"
        for name in (
            *("state", "api", "edge", "origin", "account_id", "zones", "team_domain", "tokens", "control_token"),
        )
    ]
    assert not [line for line in lines if "must be" in line]


@pytest.mark.parametrize(("text", "problem"), [("{", "is not JSON"), ("[]", "the file must be an object")])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SandboxError, match=problem):
        read_settings(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"missing\.json cannot be read: No such file"):
        read_settings(tmp_path / "missing.json")


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, good: dict[str, Any], mode: int) -> None:
    with pytest.raises(SandboxError, match=f"has tokens in it and mode {mode:o}"):
        read_settings(written(tmp_path, good, mode))


def test_the_process_serves_says_so_in_one_line_and_ends_when_told(tmp_path: Path, good: dict[str, Any]) -> None:
    process = start(written(tmp_path, good))
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == (
        f"Cloudflare double: API on 127.0.0.1:{good['api']['port']}, edge on 127.0.0.1:{good['edge']['port']}\n"
    )
    api = f"http://127.0.0.1:{good['api']['port']}"
    bearer = {"authorization": "Bearer writer"}
    edge = f"https://127.0.0.1:{good['edge']['port']}"
    with httpx.Client(verify=trust(), timeout=SECONDS) as client:
        assert client.get(f"{api}/client/v4/user/tokens/verify", headers=bearer).is_success
        assert client.post(f"{api}/control/keys/rotate", headers={"authorization": "Bearer secret"}).is_success
        certs = client.get(f"{edge}/cdn-cgi/access/certs", headers={"host": TEAM})
        assert len(certs.json()["keys"]) == 2
        assert client.get(edge, headers={"host": HOST}).status_code == 530
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_leave_at_once(host: str) -> None:
    with listening_socket(host, 0) as listener:
        # asyncio turns Nagle's algorithm off for what is named TCP, and for nothing else.
        assert listener.proto == socket.IPPROTO_TCP


def failure(path: Path) -> str:
    """What a process says that does not begin to serve."""
    process = start(path)
    output, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, output) == (1, "")
    assert "Traceback" not in errors
    return errors


def test_the_process_ends_with_the_message_of_a_bad_file(tmp_path: Path, good: dict[str, Any]) -> None:
    del good["zones"]
    assert "zones is missing" in failure(written(tmp_path, good))


def test_a_port_that_is_taken_is_named(tmp_path: Path, good: dict[str, Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = failure(written(tmp_path, with_value(good, "edge.port", port)))
    assert f"cannot listen on 127.0.0.1 port {port}: Address already in use" in message


def test_a_key_of_another_certificate_is_told(tmp_path: Path, good: dict[str, Any]) -> None:
    good["edge"]["key"] = str(authority().pair.key)
    assert "the edge's certificate and key are not good" in failure(written(tmp_path, good))


def test_an_authority_that_is_none_is_told(tmp_path: Path, good: dict[str, Any]) -> None:
    good["origin"]["ca_file"] = str(written(tmp_path, "no certificate").rename(tmp_path / "ca.crt"))
    assert "holds no certificate authority" in failure(written(tmp_path, good))

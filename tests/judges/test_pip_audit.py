"""pip-audit on the lock files: with the service where it can be reached, and with a double that tells what is asked."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.judges import files, pip_audit
from sandbox.judges.pip_audit import CONTROL, NoAdvisoriesError
from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.conftest import Accept

LOCK = Path("requirements.txt")


@contextmanager
def service(*vulnerable: str, asked: list[str] | None = None) -> Iterator[str]:
    """Something that speaks as OSV does, and knows of one vulnerability in each of some packages."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            name = question["package"]["name"]
            if asked is not None:
                asked.append(name)
            body = json.dumps({"vulns": [advisory(name)]} if name in vulnerable else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Tell nobody."""

    with listening(Answers) as url:
        yield url


def advisory(package: str) -> Mapping[str, Any]:
    fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "999.1"}]}
    return {
        "id": "PYSEC-2026-1",
        "aliases": ["CVE-2026-0001"],
        "summary": "made up",
        "affected": [{"package": {"name": package, "ecosystem": "PyPI"}, "ranges": [fixed]}],
    }


def test_no_locked_package_has_a_known_vulnerability_where_somebody_tells_of_them(
    accept: Accept, lines: list[str]
) -> None:
    try:
        report = pip_audit.judge(files.locks())
    except NoAdvisoriesError as error:
        # Whether the service can be reached says nothing of this repository. `make audit` fails where it cannot.
        lines.append(f"pip-audit: 0 packages: {error.problem}")
        return
    accept(report, whole=True)


def test_every_lock_file_is_one_that_is_judged() -> None:
    locks = {str(lock) for lock in files.locks()}
    assert {"requirements.txt", "sandbox/requirements.txt", "images/mlflow/requirements.txt"} <= locks


def test_every_package_of_a_lock_is_asked_for_and_a_vulnerable_one_told_with_its_cure() -> None:
    asked: list[str] = []
    with service(CONTROL[0], "pyyaml", asked=asked) as url:
        report = pip_audit.judge([LOCK], url)

    assert set(asked) >= {"pulumi", "pyyaml", "protobuf"}
    assert report.seen == len(asked) - 1
    told = {finding for finding in report.findings if ": pyyaml " in finding.object}
    assert [(each.rule, each.text) for each in told] == [
        ("PYSEC-2026-1", "PYSEC-2026-1 CVE-2026-0001: mended in 999.1")
    ]


def test_a_service_that_knows_nothing_is_no_service() -> None:
    with service("pyyaml") as url, pytest.raises(NoAdvisoriesError, match="not even of requests 2"):
        pip_audit.judge([LOCK], url)


def test_one_that_does_not_answer_is_no_service() -> None:
    with service() as url:
        pass
    with pytest.raises(NoAdvisoriesError, match="nobody tells of vulnerabilities here") as told:
        pip_audit.judge([LOCK], url)
    assert url in told.value.cure

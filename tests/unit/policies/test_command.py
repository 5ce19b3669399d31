"""The command, as a pipeline sees it: standard input, output, and exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from policies.registry import table
from tests.unit.policies import recorded
from tests.unit.policies.documents import export, preview, state, step
from tests.unit.policies.examples.example import deployment, kubernetes, resource
from tests.unit.stack_files import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from policies.resource import Resource
    from tests.unit.engine import Recording

PUBLIC = resource("minio:index/s3Bucket:S3Bucket", {"acl": "public-read"}, name="drill-bucket", protect=True)
LINKED = [
    deployment(enableServiceLinks=True),
    kubernetes(
        "networking.k8s.io/v1:NetworkPolicy",
        spec={"podSelector": {"matchLabels": {"app": "mlflow"}}, "policyTypes": ["Ingress", "Egress"]},
    ),
]


def run(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "policies", *arguments],
        input=text,
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
    )


def previewed(*resources: Resource) -> str:
    return json.dumps(preview([step("create", each) for each in resources]))


def test_a_preview_of_production_keeps_every_mandatory_rule(prod: Recording) -> None:
    resources = recorded.resources(prod, "prod")

    judged = run(previewed(*resources), "--stack", "prod")

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert judged.stdout.endswith(
        f"prod: {len(resources)} resources, violations: 0 mandatory, 0 advisory, 2 excepted\n"
    )


def test_an_export_of_a_trial_stack_is_excused_by_its_exceptions(dev: Recording) -> None:
    judged = run(json.dumps(export(map(state, recorded.resources(dev, "dev")))), "--stack", "organization/p/dev")

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "excepted: routes-tls for public-ingress: dev has no certificate" in judged.stdout


def test_a_violation_is_reported_with_resource_rule_what_is_wrong_and_the_cure() -> None:
    judged = run(previewed(PUBLIC), "--stack", "prod")

    assert judged.returncode == 1
    assert judged.stdout.splitlines()[:4] == [
        "mandatory: buckets-private",
        "  No bucket is open to anybody without a key, by its ACL or by a policy.",
        "  - drill-bucket (minio:index/s3Bucket:S3Bucket): acl is 'public-read'",
        '  cure: set acl="private", and take the principal * out of the policy; who has to read gets a key',
    ]
    assert judged.stdout.endswith("prod: 1 resources, violations: 1 mandatory, 0 advisory, 1 excepted\n")


def test_an_advice_is_told_and_stops_nobody() -> None:
    judged = run(previewed(*LINKED), "--stack", "prod")

    assert judged.returncode == 0
    assert judged.stdout.startswith("advisory: service-links-off\n")


def test_the_exceptions_of_a_trial_stack_do_not_excuse_another() -> None:
    judged = run(previewed(PUBLIC), "--stack", "dev")

    assert judged.returncode == 2
    assert judged.stderr == (
        "policies: the input is of stack prod, not of dev\n  cure: name the stack that the preview is of by --stack\n"
    )


def test_exceptions_of_another_file_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        "".join(
            f'[[exception]]\nrule = "buckets-{rule}"\nresource = "drill-bucket"\nreason = "public data"\n'
            for rule in ("private", "versioned")
        )
    )

    assert run(previewed(PUBLIC), "--stack", "prod", "--exceptions", str(file)).returncode == 0


@pytest.mark.parametrize(
    ("text", "arguments", "problem"),
    [
        ("", ["--stack", "prod"], "policies: standard input is empty\n  cure: "),
        ("{}", [], "error: one of the arguments --stack --list is required"),
        ("{}", ["--stack", "prod", "--exceptions", "nowhere.toml"], "policies: the exceptions cannot be read"),
    ],
    ids=["no_input", "no_stack", "no_exceptions"],
)
def test_what_is_of_no_use_is_told_apart_from_a_violation(text: str, arguments: list[str], problem: str) -> None:
    judged = run(text, *arguments)

    assert judged.returncode == 2
    assert problem in judged.stderr


def test_help_tells_the_exit_codes_and_shows_a_pipeline() -> None:
    told = run("", "--help").stdout

    assert "  1  a mandatory rule is violated\n" in told
    assert "pulumi preview --stack prod --json --show-sames | python -m policies --stack prod" in told


def test_the_list_of_rules_is_that_of_the_documentation() -> None:
    assert run("", "--list").stdout == table()
    assert table() in (ROOT / "docs" / "policies.md").read_text()

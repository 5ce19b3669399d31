"""What the rules forbid is neither approved nor deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from delivery.__main__ import main
from policies import data_protection, registry, storage
from tests.unit.delivery.samples import digest, state, step

if TYPE_CHECKING:
    from tests.unit.delivery.conftest import Engine

BUCKET = "minio:index/s3Bucket:S3Bucket"
PRIVATE = digest(step("create", None, state(BUCKET, "artifacts", {"acl": "private"})), summary={"create": 1, "same": 1})
PUBLIC = PRIVATE.replace('"private"', '"public-read"')
SCRATCH = PUBLIC.replace("artifacts", "drill-bucket")
RULES = (*storage.RULES, *data_protection.RULES)


@pytest.fixture(autouse=True)
def rules(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - which takes all rules away
    """Those of buckets."""
    monkeypatch.setattr(registry, "RULES", [rule for rule in RULES if rule.name == "buckets-private"])


def comment(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["render", "previews/prod.json"]) == 0
    return capsys.readouterr().out


def test_what_keeps_the_rules_is_a_line_in_the_comment(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(PRIVATE)
    assert main(["preview", "--stack=prod"]) == 0
    assert "<p>Policies: prod: 2 resources, violations: 0 mandatory, 0 advisory, 0 excepted</p>\n" in comment(capsys)


def test_a_violation_fails_the_preview_and_is_told_with_its_cure(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.says(PUBLIC)
    assert main(["preview", "--stack=prod"]) == 1
    told = capsys.readouterr().err
    assert "mandatory: buckets-private\n" in told
    assert "  - artifacts (minio:index/s3Bucket:S3Bucket): " in told
    shown = comment(capsys)
    assert "| ⛔ violates a policy |" in shown
    assert "<details open><summary>Policies: ⛔ prod: 2 resources, violations: 1 mandatory" in shown
    assert "\n  cure: " in shown


def test_a_violation_is_not_deployed(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(PUBLIC)
    assert main(["deploy", "--stack=prod"]) == 1
    assert engine.told("words").startswith("preview ")
    told = capsys.readouterr().err
    assert "prod would violate a policy, and nothing was deployed\nmandatory: buckets-private" in told
    assert "docs/policies.md" in told


def test_a_violation_is_not_deployed_although_somebody_approved_it(engine: Engine) -> None:
    engine.says(PUBLIC)
    main(["preview", "--stack=prod"])
    assert main(["deploy", "--stack=prod", "--approved=previews/prod.json"]) == 1
    assert engine.told("words").startswith("preview ")


def test_an_exception_lets_it_through_and_is_told_with_its_reason(
    engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "RULES", [rule for rule in RULES if rule.name == "buckets-versioned"])
    engine.says(SCRATCH)
    assert main(["preview", "--stack=prod"]) == 0
    assert "excepted: buckets-versioned for drill-bucket: " in comment(capsys)


def test_a_preview_that_leaves_something_out_is_refused(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(PRIVATE.replace('"same": 1', '"same": 40'))
    assert main(["preview", "--stack=prod"]) == 1
    assert "leaves out 39 resources" in comment(capsys)


def test_a_preview_that_failed_is_not_judged(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says(PUBLIC, stderr="error: unreachable", code=255)
    assert main(["preview", "--stack=prod"]) == 1
    shown = comment(capsys)
    assert "❌ failed" in shown
    assert "Policies" not in shown


def test_what_somebody_writes_into_the_file_is_text_in_the_comment(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.says(PRIVATE)
    main(["preview", "--stack=prod"])
    with open("previews/prod.json", encoding="utf-8") as file:  # noqa: PTH123 - of the current folder
        kept = json.load(file)
    kept["policies"] |= {"summary": "<img src=x>\n# fine", "details": ["```", "<b>"]}
    with open("previews/prod.json", "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(kept, file)
    shown = comment(capsys)
    assert "<summary>Policies: &lt;img src=x&gt; # fine</summary>\n\n````text\n```\n<b>\n````\n" in shown

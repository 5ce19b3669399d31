"""An exception is for what it names and nothing else, has a reason, and is an error once it is for nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.judges import exceptions
from sandbox.judges.exceptions import Exemption
from sandbox.judges.report import Finding, Report
from sandbox.judges.verdict import sort_out

if TYPE_CHECKING:
    from pathlib import Path

FINDING = Finding("kube-score", "pod-probes", "Deployment/mlflow", "mlflow: no readiness probe")
EXCUSE = Exemption(judge="kube-score", rule="pod-probes", object="Deployment/*", reason="it is a test")
ENTRY = {"judge": '"kube-score"', "rule": '"pod-probes"', "object": '"Deployment/*"', "reason": '"it is a test"'}


def report(*findings: Finding, seen: int = 61) -> Report:
    return Report("kube-score", seen, "objects of dev", frozenset(findings))


def written(folder: Path, **fields: str) -> Path:
    file = folder / "exceptions.toml"
    file.write_text("[[exception]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items()))
    return file


def test_a_finding_is_told_unless_an_exception_is_for_it() -> None:
    told = sort_out(report(FINDING), [])
    assert str(told) == "kube-score: 61 objects of dev, 1 findings, 0 exceptions"
    assert told.complaints(whole=True) == [
        "kube-score: pod-probes: Deployment/mlflow: mlflow: no readiness probe",
    ]

    excused = sort_out(report(FINDING), [EXCUSE])
    assert str(excused) == "kube-score: 61 objects of dev, 0 findings, 1 exceptions"
    assert excused.complaints(whole=True) == []


@pytest.mark.parametrize(
    "other",
    [
        Finding("checkov", "pod-probes", "Deployment/mlflow", "mlflow: no readiness probe"),
        Finding("kube-score", "pod-probes-identical", "Deployment/mlflow", "mlflow: no readiness probe"),
        Finding("kube-score", "pod-probes", "StatefulSet/mlflow", "mlflow: no readiness probe"),
        Finding("kube-score", "pod-probes", "Deployment/mlflow", "envoy: no readiness probe"),
    ],
    ids=["judge", "rule", "object", "text"],
)
def test_an_exception_is_for_nothing_else_than_what_it_names(other: Finding) -> None:
    narrow = Exemption(judge="kube-score", rule="pod-probes", object="Deployment/*", text="mlflow: *", reason="a test")
    assert narrow.excuses(FINDING)
    assert not narrow.excuses(other)


def test_an_exception_for_nothing_is_an_error_where_all_was_judged() -> None:
    told = sort_out(report(), [EXCUSE])
    assert told.complaints(whole=False) == []
    assert told.complaints(whole=True) == ["kube-score: pod-probes: Deployment/*: the exception is for nothing"]


def test_the_exceptions_of_another_judge_are_none_of_its_business() -> None:
    other = Exemption(judge="checkov", rule="CKV_K8S_9", object="*", reason="it is a test")
    assert sort_out(report(), [other]).complaints(whole=True) == []


def test_a_judge_that_was_given_nothing_has_not_judged() -> None:
    assert sort_out(report(seen=0), []).complaints(whole=False) == ["kube-score: it was given nothing to judge"]


def test_an_exception_is_read_as_it_is_written(tmp_path: Path) -> None:
    assert exceptions.read(written(tmp_path, **ENTRY)) == (EXCUSE,)


def test_an_exception_for_several_objects_is_one_for_each(tmp_path: Path) -> None:
    several = exceptions.read(written(tmp_path, **ENTRY | {"object": '["Deployment/mlflow", "CronJob/*"]'}))
    assert [each.object for each in several] == ["Deployment/mlflow", "CronJob/*"]

    told = sort_out(report(FINDING), several)
    assert told.complaints(whole=True) == ["kube-score: pod-probes: CronJob/*: the exception is for nothing"]


@pytest.mark.parametrize("field", ENTRY)
def test_an_exception_without_one_of_its_fields_is_refused(tmp_path: Path, field: str) -> None:
    without = {key: value for key, value in ENTRY.items() if key != field}
    with pytest.raises(SandboxError, match=f"exceptions.toml, exception 1 has no {field}"):
        exceptions.read(written(tmp_path, **without))
    with pytest.raises(SandboxError, match=f"exceptions.toml, exception 1 has no {field}"):
        exceptions.read(written(tmp_path, **ENTRY | {field: '""'}))


def test_an_exception_for_no_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="has no object"):
        exceptions.read(written(tmp_path, **ENTRY | {"object": "[]"}))
    with pytest.raises(SandboxError, match="has something else than text as object"):
        exceptions.read(written(tmp_path, **ENTRY | {"object": '["Deployment/*", 1]'}))


def test_an_exception_with_a_field_that_is_unknown_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="has the unknown stack"):
        exceptions.read(written(tmp_path, **ENTRY, stack='"dev"'))
    with pytest.raises(SandboxError, match="has something else than text as text"):
        exceptions.read(written(tmp_path, **ENTRY, text="1"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [("exception = 1", "something else than exceptions"), ("[rule]", "something else"), ("[[", "is no TOML")],
)
def test_a_file_that_holds_no_exceptions_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "exceptions.toml"
    file.write_text(text)
    with pytest.raises(SandboxError, match=problem):
        exceptions.read(file)

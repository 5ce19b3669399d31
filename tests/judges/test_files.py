"""hadolint, actionlint and shellcheck on the repository's files and on the scripts in the pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.judges import actionlint, files, hadolint, shellcheck

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.judges.manifests import Stacks
    from sandbox.judges.report import Report
    from tests.conftest import Accept


def rules(report: Report) -> set[str]:
    return {each.rule for each in report.findings}


def written(file: Path, *lines: str) -> Path:
    file.write_text("\n".join(lines) + "\n")
    return file


def test_hadolint_finds_nothing_that_no_exception_is_for(accept: Accept) -> None:
    accept(hadolint.judge(files.images()), whole=True)


def test_hadolint_notices_a_moving_base_even_where_a_comment_says_not_to(tmp_path: Path) -> None:
    image = written(tmp_path / "Containerfile", "# hadolint ignore=DL3007", "FROM debian:latest")
    assert rules(hadolint.judge([image])) == {"DL3007"}


def test_hadolint_hands_what_an_image_runs_to_shellcheck(tmp_path: Path) -> None:
    image = written(tmp_path / "Containerfile", "FROM debian:12.11", 'RUN name="a b" && touch $name')
    assert rules(hadolint.judge([image])) == {"SC2086"}


def test_actionlint_finds_nothing(accept: Accept) -> None:
    accept(actionlint.judge(files.workflows()), whole=True)


def test_actionlint_notices_an_unknown_expression_and_has_the_scripts_checked(tmp_path: Path) -> None:
    workflow = written(
        tmp_path / "test.yaml",
        "on: push",
        "jobs:",
        "  one:",
        "    runs-on: ubuntu-24.04",
        "    if: github.evnt_name == 'push'",
        "    steps:",
        "      - run: touch $NAME",
    )
    assert rules(actionlint.judge([workflow])) == {"expression", "shellcheck"}


def test_shellcheck_finds_nothing_in_the_scripts_of_the_repository(accept: Accept) -> None:
    scripts = files.scripts()
    assert {".ci/run", ".ci/install", ".ci/in-debian"} <= set(map(str, scripts))
    accept(shellcheck.judge_files(scripts), whole=True)


def test_shellcheck_finds_nothing_in_the_scripts_that_pods_run(rendered: Stacks, accept: Accept) -> None:
    accept(shellcheck.judge_objects(rendered), whole=True)


def test_shellcheck_notices_a_loose_variable_in_a_file_and_in_a_probe(
    tmp_path: Path, deployment: dict[str, Any]
) -> None:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["livenessProbe"] = {"exec": {"command": ["sh", "-ec", "test -f $HOME/alive"]}}

    assert rules(shellcheck.judge_files([written(tmp_path / "a", "#!/bin/sh", "touch $1")])) == {"SC2086"}
    assert {(each.rule, each.object) for each in shellcheck.judge_objects({"spoiled": [deployment]}).findings} == {
        ("SC2086", "Deployment/mlflow")
    }


def test_a_comment_that_silences_shellcheck_is_told(tmp_path: Path) -> None:
    script = written(tmp_path / "a", "#!/bin/sh", "# shellcheck disable=SC2086", "touch $1")
    assert rules(shellcheck.judge_files([script])) == {"silenced"}

"""What the workflows run, with a `pulumi` that answers as it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from delivery.__main__ import DRIFTED, main
from sandbox import paths
from tests.unit.delivery.github_double import TOKEN, running
from tests.unit.delivery.samples import DATABASE, digest, replicas, state, step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.delivery.conftest import Engine


def kept(name: str = "prod") -> dict[str, Any]:
    with open(f"previews/{name}.json", encoding="utf-8") as file:  # noqa: PTH123 - of the folder that is the current one
        return dict(json.load(file))


def write(folder: Path, name: str, text: str) -> str:
    file = folder / f"{name}.json"
    file.write_text(text)
    return str(file)


def test_a_preview_is_kept_under_the_name_of_its_stack(engine: Engine) -> None:
    engine.says(digest(replicas(), summary={"update": 1}))
    assert main(["preview", "--stack=prod"]) == 0
    assert engine.told("words") == "preview --json --show-sames --stack=prod --non-interactive --color=never"
    assert kept()["changeSummary"] == {"update": 1}


def test_a_refresh_only_looks(engine: Engine) -> None:
    engine.says(digest(summary={"same": 1}))
    assert main(["refresh", "--stack=prod"]) == 0
    assert engine.told("words") == "refresh --preview-only --json --stack=prod --non-interactive --color=never"


def test_a_stack_without_resources_is_one_without_changes(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says("{}\n")
    assert main(["preview", "--stack=prod"]) == 0
    capsys.readouterr()
    assert main(["render", "previews/prod.json"]) == 0
    assert "Nothing to do." in capsys.readouterr().out


def test_why_the_engine_failed_is_in_the_comment(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.says("", stderr="\x1b[31merror: no stack named 'prod' found\x1b[0m\n", code=6)
    assert main(["preview", "--stack=prod"]) == 1
    assert "no stack named" in capsys.readouterr().err
    assert main(["render", "previews/prod.json"]) == 0
    assert "Errors:\n\n```text\nerror: no stack named 'prod' found\n```" in capsys.readouterr().out


def test_of_much_that_a_failing_engine_says_the_end_is_kept(engine: Engine) -> None:
    engine.says("", stderr="".join(f"line {number}\n" for number in range(100)), code=255)
    assert main(["preview", "--stack=prod"]) == 1
    told = kept()["diagnostics"][0]["message"].splitlines()
    assert told == [f"line {number}" for number in range(100 - len(told), 100)]
    assert 10 < len(told) < 50


def test_an_error_that_the_digest_has_is_not_told_twice(engine: Engine) -> None:
    said = [{"message": "error: refused", "severity": "error"}]
    engine.says(digest(diagnostics=said), stderr="error: preview failed\n", code=255)
    assert main(["preview", "--stack=prod"]) == 1
    assert kept()["diagnostics"] == said


def test_an_engine_that_fails_in_silence_is_told_by_its_exit_code(engine: Engine) -> None:
    engine.says("", code=255)
    assert main(["preview", "--stack=prod"]) == 1
    assert kept()["diagnostics"][0]["message"] == "pulumi preview ended with exit code 255 and said nothing"


def test_an_engine_that_succeeds_without_a_digest_is_an_error(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.says("done\n")
    assert main(["preview", "--stack=prod"]) == 1
    assert "what `pulumi preview` printed for stack prod holds no JSON object" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["preview", "--stack=prod"], ["deploy", "--stack=prod"]])
def test_a_machine_without_pulumi_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(words) == 1
    assert "pulumi is not on the PATH" in capsys.readouterr().err


def test_secrets_that_ci_does_not_have_are_no_empty_ones(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "given")
    main(["deploy", "--stack=dev"])
    assert "PULUMI_CONFIG_PASSPHRASE" not in engine.environment()
    assert engine.environment()["PULUMI_ACCESS_TOKEN"] == "given"  # noqa: S105 - of nobody


def test_a_kubeconfig_given_as_text_is_a_private_file_that_goes_away(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG_CONTENT", "apiVersion: v1\nkind: Config")
    main(["deploy", "--stack=dev"])
    assert engine.told("kubeconfig") == "apiVersion: v1\nkind: Config"
    assert engine.told("mode") == "600"
    assert not os.path.exists(engine.environment()["KUBECONFIG"])  # noqa: PTH110 - a path as the engine saw it
    assert "KUBECONFIG_CONTENT" not in engine.environment()


def test_the_program_does_not_get_the_token_of_github(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    main(["deploy", "--stack=dev"])
    assert TOKEN not in engine.told("environment")


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (255, 1)])
def test_a_deployment_ends_as_the_engine_does(engine: Engine, code: int, expected: int) -> None:
    engine.says(CLEAN)
    engine.ends("up", code)
    assert main(["deploy", "--stack=prod"]) == expected
    assert engine.told("words") == "up --yes --stack=prod --non-interactive"


def test_a_stack_of_an_organization_is_told_with_it(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_ORGANIZATION", "acme")
    engine.says(CLEAN)
    for command in ("preview", "deploy"):
        assert main([command, "--stack=prod"]) == 0
        assert "--stack=acme/prod" in engine.told("words")
    assert kept()["changeSummary"] == {"same": 1}


def test_what_was_approved_is_deployed(engine: Engine, tmp_path: Path) -> None:
    approved = write(tmp_path, "prod", digest(replicas(2, 3), summary={"update": 1}))
    engine.says(digest(replicas(2, 4), summary={"update": 1}))
    assert main(["deploy", "--stack=prod", f"--approved={approved}"]) == 0
    assert engine.told("words").startswith("up ")


@pytest.mark.parametrize(
    ("now", "problem"),
    [
        (digest(summary={"same": 1}), "otherwise: kubernetes:apps/v1:Deployment mlflow-deployment"),
        (digest(replicas(name="other"), summary={"update": 1}), "kubernetes:apps/v1:Deployment other"),
        (digest(replicas() | {"op": "replace"}, summary={"replace": 1}), "otherwise: kubernetes:apps/v1:Deployment"),
    ],
)
def test_what_was_not_approved_is_not_deployed(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], now: str, problem: str
) -> None:
    approved = write(tmp_path, "prod", digest(replicas(), summary={"update": 1}))
    engine.says(now)
    assert main(["deploy", "--stack=prod", f"--approved={approved}"]) == 1
    assert engine.told("words").startswith("preview ")
    said = capsys.readouterr().err
    assert "prod would not change any more as it was approved" in said
    assert problem in said
    assert "the newest commit" in said


def test_nothing_is_deployed_once_its_preview_fails(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = write(tmp_path, "prod", digest(replicas(), summary={"update": 1}))
    engine.says(digest(replicas()), stderr="error: unreachable\n", code=1)
    assert main(["deploy", "--stack=prod", f"--approved={approved}"]) == 1
    assert engine.told("words").startswith("preview ")
    assert "nothing was deployed" in capsys.readouterr().err


@pytest.mark.parametrize("confirmation", ["", "prod", "destroy dev", "destroy prod ", "Destroy prod"])
def test_nothing_is_destroyed_without_the_very_words(
    engine: Engine, capsys: pytest.CaptureFixture[str], confirmation: str
) -> None:
    assert main(["destroy", "--stack=prod", f"--confirm={confirmation}"]) == 1
    assert "to destroy it, type: destroy prod" in capsys.readouterr().err
    assert engine.told("words") == ""


def test_a_confirmed_destruction_keeps_its_preview_which_refuses_protected_data(engine: Engine) -> None:
    assert main(["destroy", "--stack=prod", "--confirm=destroy prod"]) == 0
    assert engine.told("words") == "destroy --yes --stack=prod --non-interactive"


def test_the_comment_that_is_posted_is_the_one_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [write(tmp_path, name, digest(replicas(), summary={"update": 1})) for name in ("dev", "prod")]
    main(["render", *files])
    printed = capsys.readouterr().out
    with running() as double:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_API_URL", double.url)
        for _ in range(2):
            assert main(["comment", "--repository=owner/name", "--pull-request=7", *files]) == 0
        assert double.bodies() == [printed]
    assert "https://github.com/owner/name/pull/7#issuecomment-1000" in capsys.readouterr().out


def test_a_comment_without_a_token_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    file = write(tmp_path, "dev", digest(summary={"same": 1}))
    assert main(["comment", "--repository=owner/name", "--pull-request=7", file]) == 1
    assert "GITHUB_TOKEN is empty" in capsys.readouterr().err


GONE = step("delete", state(DATABASE, "backend-database", {}), None)
CLEAN = digest(summary={"same": 1})
UPDATED = digest(replicas(), summary={"update": 1})


@pytest.mark.parametrize(
    ("stacks", "code", "told"),
    [
        ((CLEAN, CLEAN), 0, ""),
        ((CLEAN, UPDATED), DRIFTED, "prod: drifted\n"),
        ((digest(GONE, summary={"delete": 1}), CLEAN), DRIFTED, "dev: drifted\n"),
        ((UPDATED, digest()), 1, "dev: drifted\nprod: nobody knows whether it drifted\n"),
    ],
)
def test_the_exit_code_tells_of_drift(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], stacks: tuple[str, str], code: int, told: str
) -> None:
    files = [write(tmp_path, name, text) for name, text in zip(("dev", "prod"), stacks, strict=True)]
    assert main(["drift", *files]) == code
    assert capsys.readouterr().err == told


def test_a_file_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(tmp_path / "prod.json")]) == 1
    assert f"{tmp_path / 'prod.json'} cannot be read" in capsys.readouterr().err


def test_it_starts_with_the_standard_library_alone() -> None:
    words = [sys.executable, "-E", "-S", "-m", "delivery", "--help"]
    said = subprocess.run(words, cwd=paths.CLONE, capture_output=True, text=True, check=True).stdout
    for name in ("preview", "refresh", "render", "comment", "drift", "deploy", "destroy"):
        assert f"    {name} " in said

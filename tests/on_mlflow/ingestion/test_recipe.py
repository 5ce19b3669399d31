"""What is wrong with a recipe or its token file, and what other errors mean, told without DataHub's framework."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from mlflow.exceptions import MlflowException

from mlflow_ingestion import VERSION, __main__, recipe
from mlflow_ingestion.failures import ExitCode, UsageError, failure_of, one_line
from sandbox.images.programs import INGESTION
from sandbox.images.recipe import program_version
from tests.ingestion import PUBLIC, Ingestion, rest_sink

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def good(tmp_path: Path) -> dict[str, Any]:
    token = tmp_path / "token"
    token.write_text("a-token\n")
    return Ingestion(tmp_path, tmp_path, "http://mlflow:5000").recipe(rest_sink("https://gms.example.com", token))


def problem(content: Any, folder: Path) -> str:
    file = folder / "recipe.yaml"
    file.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    with pytest.raises(UsageError) as caught:
        recipe.read(file)
    return str(caught.value)


def test_a_good_recipe_is_taken_as_it_is(good: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(good))
    read = recipe.read(tmp_path / "recipe.yaml")

    assert (read.pipeline, read.tracking_uri) == (good, "http://mlflow:5000")
    assert read.datahub == "DataHub at https://gms.example.com"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is not a mapping with source and sink"),
        ("- 1", "is not a mapping with source and sink"),
        ("source: [", "is not YAML, line 1"),
        ("a: 1\nb: {", "is not YAML, line 2"),
        ("source: 1\nsink: {}", "source is not a mapping with type and config; sink is not a mapping with type and"),
    ],
)
def test_what_is_no_recipe_is_refused(content: str, what: str, tmp_path: Path) -> None:
    assert what in problem(content, tmp_path)


def test_a_recipe_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"missing\.yaml cannot be read: No such file or directory"):
        recipe.read(tmp_path / "missing.yaml")


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("pipeline_name", None, "pipeline_name is missing: what DataHub removes is found by it"),
        ("source.type", "mlflow", "source.type is 'mlflow': it is to be mlflow_ingestion.source.PlatformSource"),
        ("source.config.tracking_uri", None, "source.config.tracking_uri is missing: it is to be the server's URL"),
        ("source.config.base_external_url", "", "source.config.base_external_url is missing: it is to be the URL that"),
        ("source.config", [1], "source is not a mapping with type and config"),
        ("sink.type", 7, "sink is not a mapping with type and config"),
        ("sink.config.server", None, "sink.config.server is missing: it is to be the URL of DataHub's metadata"),
        ("sink.config.token", "s3cret", "sink.config.token is a secret in a ConfigMap: name its file in sink.config."),
        ("sink.config.auth.type", "static", "sink.config.auth is not of type k8s_oidc with config.token_file"),
        ("sink.config.auth", "token", "sink.config.auth is not of type k8s_oidc with config.token_file"),
        ("sink.config.auth.config.token_file", None, "sink.config.auth is not of type k8s_oidc with config.token_file"),
        ("sink.config.auth.config.token_file", "/nowhere", "the token file /nowhere cannot be read: No such file"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_named_with_its_place(
    path: str, value: Any, what: str, good: dict[str, Any], tmp_path: Path
) -> None:
    *places, last = path.split(".")
    part = good
    for place in places:
        part = part[place]
    part[last] = value
    told = problem(good, tmp_path)

    assert what in told
    assert "s3cret" not in told


@pytest.mark.parametrize("content", [b"", b"  \n", b"two words", "ünïcode".encode(), b"\xff\xfe"])
def test_a_file_without_a_token_is_refused_without_telling_what_is_in_it(
    content: bytes, good: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "token").write_bytes(content)
    told = problem(good, tmp_path)

    assert f"the token file {tmp_path / 'token'} holds no token: it is " in told
    assert "words" not in told


def test_all_that_is_wrong_is_told_at_once(good: dict[str, Any], tmp_path: Path) -> None:
    del good["pipeline_name"], good["source"]["config"]["tracking_uri"], good["sink"]["config"]["server"]

    assert problem(good, tmp_path).count(" is missing: ") == 3


def test_a_recipe_for_datahub_without_a_gate_needs_no_token(good: dict[str, Any], tmp_path: Path) -> None:
    del good["sink"]["config"]["auth"]
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(good))

    assert recipe.read(tmp_path / "recipe.yaml").pipeline["source"]["config"]["base_external_url"] == PUBLIC


def answered(status: int) -> requests.HTTPError:
    response = requests.Response()
    response.status_code = status
    return requests.HTTPError(f"{status} Client Error: some reason", response=response)


def caused(error: Exception, by: Exception) -> Exception:
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answered(401), ExitCode.REFUSED),
        (answered(403), ExitCode.REFUSED),
        (answered(429), ExitCode.RETRY_LATER),
        (answered(503), ExitCode.RETRY_LATER),
        (answered(422), ExitCode.FAULT),
        (requests.ConnectionError("refused"), ExitCode.RETRY_LATER),
        (requests.ReadTimeout("late"), ExitCode.RETRY_LATER),
        (caused(ValueError("wrapped"), requests.ConnectionError("refused")), ExitCode.RETRY_LATER),
        (caused(ValueError("wrapped"), answered(401)), ExitCode.REFUSED),
        (MlflowException("Max retries exceeded with url: /api"), ExitCode.RETRY_LATER),
        (MlflowException("API request failed with error code 403 != 200"), ExitCode.REFUSED),
        (ValueError("Unable to connect to x with status_code: 502."), ExitCode.RETRY_LATER),
        (ValueError("Unable to connect to x - got an authentication error: no"), ExitCode.REFUSED),
        (ValueError("no idea"), ExitCode.FAULT),
    ],
)
def test_an_error_says_whether_to_come_again(error: Exception, code: ExitCode) -> None:
    failure = failure_of(error, "DataHub at x")

    assert failure.code == code
    assert str(failure).startswith("DataHub at x ")


def test_a_message_of_many_lines_becomes_one_that_is_not_too_long() -> None:
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(ValueError()) == "ValueError"
    assert len(one_line("x" * 10_000)) == 500


def test_the_help_tells_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["--help"])

    told = capsys.readouterr().out
    assert [code for code in ExitCode if f"{code:d} " not in told or code.meaning not in told] == []


def test_the_image_is_labelled_with_the_programs_version_() -> None:
    assert program_version(INGESTION) == VERSION
    assert f'image.version="{VERSION}"' in (INGESTION.source / "Containerfile").read_text()


def test_the_lock_hashes_every_package_and_names_no_registry() -> None:
    lock = (INGESTION.source / "requirements.txt").read_text()
    packages = [part for part in re.split(r"\n(?=\S)", lock) if not part.startswith("#")]

    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in lock

"""What a person may configure of the package for clients outside, and what a wrong value is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow_cloudflare_access import settings
from mlflow_cloudflare_access.origin import Origin
from mlflow_cloudflare_access.settings import ConfigurationError, ServiceToken

if TYPE_CHECKING:
    from pathlib import Path

HOST = "MLFLOW_CLOUDFLARE_ACCESS_HOST"
ID = "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_ID"
SECRET = "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET"  # noqa: S105 - the name of a variable
FOLDER = "MLFLOW_CLOUDFLARE_ACCESS_DIR"
TOKEN = ServiceToken("abc.access", "s3cret")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "client-id").write_text("abc.access\n")
    (tmp_path / "client-secret").write_text("s3cret\n")
    return tmp_path


def problem(environment: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as error:
        settings.service_token(environment)
    return str(error.value)


def test_the_token_comes_from_the_environment() -> None:
    assert settings.service_token({ID: "abc.access", SECRET: "s3cret"}) == TOKEN


def test_or_from_two_files(folder: Path) -> None:
    files = {f"{ID}_FILE": str(folder / "client-id"), f"{SECRET}_FILE": str(folder / "client-secret")}
    assert settings.service_token(files) == TOKEN


def test_or_from_a_folder_with_both(folder: Path) -> None:
    assert settings.service_token({FOLDER: str(folder)}) == TOKEN


def test_each_part_may_come_from_a_place_of_its_own(folder: Path) -> None:
    assert settings.service_token({ID: "abc.access", f"{SECRET}_FILE": str(folder / "client-secret")}) == TOKEN


def test_an_empty_variable_is_one_that_is_not_set(folder: Path) -> None:
    assert settings.service_token({ID: "", SECRET: "", FOLDER: str(folder)}) == TOKEN


def test_files_are_read_each_time(folder: Path) -> None:
    settings.service_token({FOLDER: str(folder)})
    (folder / "client-secret").write_text("rotated")
    assert settings.service_token({FOLDER: str(folder)}) == ServiceToken("abc.access", "rotated")


def test_the_id_of_one_token_is_not_taken_with_the_secret_of_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = settings._found
    following = iter(["second", "third"])

    def exchanged_in_the_middle(name: str, environment: dict[str, str]) -> tuple[str, str]:
        answer = found(name, environment)
        token = next(following, None) if name == ID else None
        if token:
            (folder / "client-id").write_text(f"{token}.access")
            (folder / "client-secret").write_text(token)
        return answer

    monkeypatch.setattr(settings, "_found", exchanged_in_the_middle)
    assert settings.service_token({FOLDER: str(folder)}) == ServiceToken("third.access", "third")


def test_the_secret_does_not_show_where_a_token_is_printed() -> None:
    assert "s3cret" not in repr(TOKEN)
    assert "s3cret" not in str(TOKEN)


def test_all_that_is_missing_is_told_at_once_with_every_way_to_give_it() -> None:
    said = problem({})
    for name in (ID, f"{ID}_FILE", SECRET, f"{SECRET}_FILE", FOLDER, "client-id", "client-secret"):
        assert name in said
    assert said.count("is not set") == 2


def test_a_part_that_is_given_twice_is_refused(folder: Path) -> None:
    said = problem({ID: "abc.access", SECRET: "s3cret", f"{SECRET}_FILE": "x", FOLDER: str(folder)})
    assert f"{ID} and {FOLDER} are set at once" in said
    assert f"{SECRET} and {SECRET}_FILE and {FOLDER} are set at once, and which one counts is a guess" in said


def test_a_file_that_cannot_be_read_is_named_with_the_reason(folder: Path) -> None:
    (folder / "client-id").write_bytes(b"\xff\xfe")
    (folder / "client-secret").unlink()
    said = problem({FOLDER: str(folder)})
    assert f"{FOLDER}: {folder / 'client-id'} cannot be read (it is not a text)" in said
    assert f"{FOLDER}: {folder / 'client-secret'} cannot be read (No such file or directory)" in said


@pytest.mark.parametrize("secret", ["s3cret\r\nX-Forged: yes", "s3 cret", "s3cr\N{LATIN SMALL LETTER E WITH ACUTE}t"])
def test_what_no_header_carries_is_refused_and_not_repeated(secret: str) -> None:
    said = problem({ID: "abc.access", SECRET: secret})
    assert said == f"{SECRET} has a blank or another character that no header carries: copy it again"


def test_an_empty_file_is_named(folder: Path) -> None:
    (folder / "client-secret").write_text("\n")
    assert f"{FOLDER} ({folder / 'client-secret'}) is empty" in problem({FOLDER: str(folder)})


@pytest.mark.parametrize(
    ("value", "origin"),
    [
        ("mlflow.example.com", Origin("mlflow.example.com")),
        ("MLflow.Example.com:8443", Origin("mlflow.example.com", 8443)),
        ("127.0.0.1:5000", Origin("127.0.0.1", 5000)),
        ("[::1]:5000", Origin("::1", 5000)),
    ],
)
def test_the_host_is_a_name_or_an_address_with_a_port_where_needed(value: str, origin: Origin) -> None:
    assert settings.origin({HOST: value}) == origin
    assert str(origin) == value.lower()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("https://mlflow.example.com", "is a URL or a path"),
        ("mlflow.example.com/", "is a URL or a path"),
        ("user@mlflow.example.com", "is not a host"),
        ("mlflow.example.com?x", "is not a host"),
        ("*.example.com", "is not a host"),
        ("mlflow example.com", "is not a host"),
        ("mlflow.example.com:", "is not a host"),
        ("mlflow.example.com:0", "is not a host"),
        ("mlflow.example.com:99999", "has a port or an address that cannot be"),
        ("::1", "has a port or an address that cannot be"),
    ],
)
def test_anything_else_is_told_what_is_expected(value: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        settings.origin({HOST: value})
    assert str(error.value).startswith(f"{HOST}: {value!r} {reason}")
    assert "give the host name alone, like mlflow.example.com" in str(error.value)


def test_a_missing_host_is_named() -> None:
    with pytest.raises(ConfigurationError, match=f"{HOST} is not set: give the host name of MLflow"):
        settings.origin({ID: "abc.access"})

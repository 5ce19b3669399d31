"""The command that creates DolphinScheduler's environment for MLflow, against a double of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow_client.__main__ import main
from mlflow_client.environment_text import merged

from tests.dolphinscheduler.environment_double import NEW, OLD, TOKEN, USER_TOKEN, Scheduler, scheduler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URI = "MLFLOW_TRACKING_URI=http://mlflow.data-platform.svc:5000"
EXPORT = "export MLFLOW_TRACKING_URI=http://mlflow.data-platform.svc:5000"


class Shell:
    """Runs the command and keeps what it prints."""

    def __init__(self, kept: Scheduler, token: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.scheduler, self.token, self.capsys = kept, token, capsys
        token.write_text(f"{TOKEN}\n")

    def run(self, *words: str, url: str = "") -> str:
        assert main(["environment", "--url", url or self.scheduler.url, "--token-file", str(self.token), *words]) == 0
        return self.capsys.readouterr().out

    def refusal(self, *words: str, url: str = "") -> str:
        assert main(["environment", "--url", url or self.scheduler.url, "--token-file", str(self.token), *words]) == 1
        printed = self.capsys.readouterr()
        assert not printed.out
        return printed.err


@pytest.fixture(params=[OLD, NEW])
def shell(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    with scheduler(request.param) as kept:
        yield Shell(kept, tmp_path / "token", capsys)


def config(shell: Shell, name: str = "mlflow") -> str:
    return str(shell.scheduler.environments[name]["config"])


def test_the_environment_is_created_with_all_that_was_said(shell: Shell) -> None:
    words = ("--set", URI, "--set", "TEAM=two words", "--worker-group", "gpu", "--description", "MLflow")
    assert shell.run(*words) == "environment mlflow: created\n"
    made = shell.scheduler.environments["mlflow"]
    assert made["config"] == f"{EXPORT}\nexport TEAM='two words'"
    assert (made["workerGroups"], made["description"]) == (["gpu"], "MLflow")


def test_the_second_time_nothing_changes(shell: Shell) -> None:
    words = ("--set", URI, "--worker-group", "gpu", "--worker-group", "default", "--description", "MLflow")
    shell.run(*words)
    shell.scheduler.asked.clear()
    assert shell.run(*words) == "environment mlflow: unchanged\n"
    assert shell.scheduler.asked == ["list-paging"]


def test_an_update_leaves_what_it_does_not_name(shell: Shell) -> None:
    shell.scheduler.add("mlflow", f"# by hand\nexport PATH=/opt/bin:$PATH\n{EXPORT}", "kept", ("gpu",))
    assert shell.run("--set", "MLFLOW_TRACKING_URI=https://new") == "environment mlflow: updated\n"
    made = shell.scheduler.environments["mlflow"]
    assert made["config"] == "# by hand\nexport PATH=/opt/bin:$PATH\nexport MLFLOW_TRACKING_URI=https://new"
    assert (made["workerGroups"], made["description"]) == (["gpu"], "kept")


def test_a_variable_is_taken_out(shell: Shell) -> None:
    shell.scheduler.add("mlflow", f"export OLD=1\n{EXPORT}")
    shell.run("--unset", "OLD")
    assert config(shell) == EXPORT


def test_an_environment_whose_name_only_begins_alike_is_another(shell: Shell) -> None:
    shell.scheduler.add("mlflow-old", "export OLD=1")
    assert shell.run("--set", URI) == "environment mlflow: created\n"
    assert config(shell, "mlflow-old") == "export OLD=1"


def test_it_is_found_on_a_later_page(shell: Shell) -> None:
    for number in range(120):
        shell.scheduler.add(f"mlflow-{number}", "export A=1")
    shell.scheduler.add("mlflow", EXPORT)
    assert shell.run("--set", URI) == "environment mlflow: unchanged\n"


def test_one_that_somebody_else_creates_meanwhile_is_brought_up_to_date(shell: Shell) -> None:
    shell.scheduler.faster = "mlflow"
    assert shell.run("--set", URI) == "environment mlflow: updated\n"
    assert config(shell) == f"export THEIRS=1\n{EXPORT}"


def test_a_wrong_token_is_told_with_the_cure_and_without_the_token(shell: Shell) -> None:
    shell.token.write_text("expired-token")
    said = shell.refusal("--set", URI)
    assert "does not know the token: it is wrong or expired; make a token in Security > Token Manage" in said
    assert "expired-token" not in said


def test_a_user_who_may_not_is_told_who_may(shell: Shell) -> None:
    shell.token.write_text(USER_TOKEN)
    assert "refuses (30001): user has no operation privilege; use the token of an administrator" in shell.refusal(
        "--set", URI
    )


def test_an_address_without_the_prefix_is_told(shell: Shell) -> None:
    said = shell.refusal("--set", URI, url=shell.scheduler.url.removesuffix("/dolphinscheduler"))
    assert "answers with status 404; check --url: it is the API's address with its prefix" in said


def test_an_address_where_nobody_listens_is_told(shell: Shell) -> None:
    assert "http://127.0.0.1:1/dolphinscheduler does not answer" in shell.refusal(
        "--set", URI, url="http://127.0.0.1:1/dolphinscheduler"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--set", "MLFLOW_TRACKING_URI"], "--set 'MLFLOW_TRACKING_URI': give NAME=VALUE"),
        (["--set", "1A=b"], "--set '1A=b': give NAME=VALUE"),
        (["--set", "A=1\n2"], "--set A: the value has more than one line: give one"),
        (
            ["--set", "MLFLOW_TRACKING_PASSWORD=hidden"],
            "--set MLFLOW_TRACKING_PASSWORD: everybody who may use the environment could read it",
        ),
        ([], "--set is missing: an environment has at least one variable"),
    ],
)
def test_words_that_cannot_be_are_refused_before_anything_is_changed(
    shell: Shell, words: list[str], message: str
) -> None:
    said = shell.refusal(*words)
    assert message in said
    assert "hidden" not in said
    assert not shell.scheduler.environments


def test_the_path_of_a_secret_is_no_secret(shell: Shell) -> None:
    shell.run("--set", "MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET_FILE=/etc/mlflow-access/client-secret")
    assert config(shell) == "export MLFLOW_CLOUDFLARE_ACCESS_CLIENT_SECRET_FILE=/etc/mlflow-access/client-secret"


def test_an_environment_is_not_emptied(shell: Shell) -> None:
    shell.scheduler.add("mlflow", EXPORT)
    assert "--unset would leave nothing" in shell.refusal("--unset", "MLFLOW_TRACKING_URI")
    assert config(shell) == EXPORT


@pytest.mark.parametrize(("content", "message"), [("", "holds no token"), ("two words", "holds no token")])
def test_a_file_without_a_token_is_told(shell: Shell, content: str, message: str) -> None:
    shell.token.write_text(content)
    assert message in shell.refusal("--set", URI)


def test_a_file_that_is_missing_is_told(shell: Shell) -> None:
    shell.token.unlink()
    assert "cannot be read (No such file or directory): check the path and its mode" in shell.refusal("--set", URI)


def test_help_names_every_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["environment", "--help"])
    said = capsys.readouterr().out
    for argument in ("--url", "--token-file", "--name", "--set", "--unset", "--worker-group", "--description"):
        assert argument in said


def test_an_export_of_the_same_name_twice_stays_once() -> None:
    assert merged("export A=1\nexport B=2\nexport A=3", {"A": "4"}) == "export A=4\nexport B=2"

"""What holds for every workflow: who may do what, which code sees a secret, what may run at the same time."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox import paths
from tests.unit.delivery.laptop import demand_runnable

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = paths.CLONE
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ACTION = ROOT / ".github" / "actions" / "setup" / "action.yaml"
STACKS = sorted(file.suffixes[0][1:] for file in ROOT.glob("Pulumi.*.yaml"))
NO_FORK = "github.event.pull_request.head.repo.full_name == github.repository"
CHANGES_STACKS = {"deploy", "destroy"}
ASKS_STACKS = {"preview", "refresh"}


@dataclass(frozen=True)
class Job:
    """A job and the workflow that it is of."""

    workflow: str
    name: str
    content: dict[str, Any]
    triggers: dict[str, Any]
    workflow_concurrency: dict[str, Any] | None

    def __str__(self) -> str:
        return f"{self.workflow}/{self.name}"

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.content["steps"])

    @property
    def commands(self) -> set[str]:
        """What of `python3 -m delivery` it runs."""
        return {
            words[3] for step in self.steps for words in commands_of(step) if words[:3] == ["python3", "-m", "delivery"]
        }


def read(file: Any) -> dict[str, Any]:
    content = yaml.safe_load(file.read_text())
    return {"on" if key is True else key: value for key, value in content.items()}  # YAML 1.1 takes `on` for true


def jobs() -> Iterator[Job]:
    for file in FILES:
        content = read(file)
        triggers = content["on"] if isinstance(content["on"], dict) else {content["on"]: None}
        for name, job in content["jobs"].items():
            yield Job(file.stem, name, job, triggers, content.get("concurrency"))


def commands_of(step: dict[str, Any]) -> list[list[str]]:
    """The words of each line that a step runs, without where its output goes."""
    lines = str(step.get("run", "")).strip().splitlines()
    return [shlex.split(line.partition(" >> ")[0]) for line in lines]


JOBS = list(jobs())
STEPS = [(str(job), step) for job in JOBS for step in job.steps] + [
    ("setup", step) for step in read(ACTION)["runs"]["steps"]
]
every_job = pytest.mark.parametrize("job", JOBS, ids=str)
every_file = pytest.mark.parametrize("file", [*FILES, ACTION], ids=lambda file: file.stem)


def test_there_is_a_workflow_for_each_occasion() -> None:
    assert {file.stem for file in FILES} == {"test", "audit", "preview", "deploy", "drift", "destroy"}


@every_file
def test_every_action_is_one_commit_of_a_version_that_is_named(file: Any) -> None:
    for used in re.findall(r"uses: (.*)", file.read_text()):
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/actions/setup", used), used


def test_an_action_is_the_same_commit_everywhere() -> None:
    used = {use for file in [*FILES, ACTION] for use in re.findall(r"uses: (\S+@\S+)", file.read_text())}
    assert len(used) == len({use.partition("@")[0] for use in used})


@every_file
def test_no_script_has_an_expression_put_into_it(file: Any) -> None:
    content = read(file)
    steps = [step for job in content.get("jobs", {"setup": content.get("runs")}).values() for step in job["steps"]]
    assert not any("${{" in str(step.get("run")) for step in steps)


@every_job
def test_a_job_may_only_read_the_code_unless_it_comments(job: Job) -> None:
    comments = {"pull-requests": "write"} if job.commands == {"render", "comment"} else {}
    assert job.content["permissions"] == {"contents": "read", **comments}


def test_no_workflow_gives_rights_to_jobs_that_do_not_name_them() -> None:
    assert all(read(file)["permissions"] == {} for file in FILES)


@every_job
def test_no_job_keeps_the_token_that_it_checked_out_with(job: Job) -> None:
    checkouts = [step for step in job.steps if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


@every_job
def test_no_job_runs_a_fork_s_code_with_the_rights_of_the_repository(job: Job) -> None:
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & job.triggers.keys()


@every_job
def test_no_job_for_a_fork_s_pull_request_names_a_secret_or_a_runner_of_one_s_own(job: Job) -> None:
    guarded = job.content.get("if") == NO_FORK
    needs_guarded = any(other.name == job.content.get("needs") and other.content.get("if") == NO_FORK for other in JOBS)
    only_pushes = str(job.content.get("if", "")).startswith("github.event_name == 'push' && ")
    if "pull_request" in job.triggers and not (guarded or needs_guarded or only_pushes):
        assert "secrets." not in yaml.safe_dump(job.content)
        assert "environment" not in job.content
        assert job.content["runs-on"] == "ubuntu-24.04"


def test_what_writes_a_comment_is_not_the_pull_request_s_code_and_has_no_secret() -> None:
    (job,) = [job for job in JOBS if "comment" in job.commands]
    assert "secrets." not in yaml.safe_dump(job.content)
    assert job.steps[0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert not any(step.get("uses", "").startswith("./") for step in job.steps)


@every_job
def test_a_secret_reaches_only_the_step_that_runs_the_engine(job: Job) -> None:
    assert "secrets." not in yaml.safe_dump({key: value for key, value in job.content.items() if key != "steps"})
    for step in job.steps:
        if "secrets." in yaml.safe_dump(step):
            (words,) = commands_of(step)
            assert words[3] in CHANGES_STACKS | ASKS_STACKS
            assert "secrets." not in yaml.safe_dump({key: value for key, value in step.items() if key != "env"})


@every_job
def test_what_changes_a_stack_asks_its_environment_and_never_overlaps_or_is_cut_off(job: Job) -> None:
    if job.commands & CHANGES_STACKS:
        stack = job.content["environment"]
        assert job.content["concurrency"] == {"group": f"stack-{stack}", "cancel-in-progress": False}
        (step,) = [step for step in job.steps if "STACK" in step.get("env", {})]
        assert step["env"]["STACK"] == stack


@every_job
def test_what_only_looks_never_has_the_credentials_that_change(job: Job) -> None:
    if job.commands & ASKS_STACKS:
        assert job.content["environment"].startswith("preview-")


@every_job
def test_every_job_has_a_group_of_concurrency_and_an_end(job: Job) -> None:
    assert job.content.get("concurrency") or job.workflow_concurrency
    assert job.content["timeout-minutes"] <= 240


@pytest.mark.parametrize(("where", "step"), [pair for pair in STEPS if "run" in pair[1]])
def test_every_step_runs_what_a_laptop_can_run(where: str, step: dict[str, Any]) -> None:
    del where
    for words in commands_of(step):
        demand_runnable(words)


@pytest.mark.parametrize(
    "stacks", [job.content["strategy"]["matrix"]["stack"] for job in JOBS if "strategy" in job.content]
)
def test_previews_and_drift_are_of_every_stack(stacks: list[str]) -> None:
    assert stacks == STACKS


def test_prod_is_deployed_as_its_preview_was_approved_and_after_dev() -> None:
    deploy = {job.name: job for job in JOBS if job.workflow == "deploy"}
    assert deploy["prod"].content["needs"] == "preview-prod"
    assert deploy["preview-prod"].content["needs"] == "dev"
    assert "--approved previews/prod.json" in deploy["prod"].steps[-1]["run"]
    assert deploy["dev"].triggers == {"push": {"branches": ["main"]}}


def test_a_stack_is_destroyed_by_hand_from_main_and_after_a_confirmation_alone() -> None:
    (job,) = [job for job in JOBS if "destroy" in job.commands]
    assert set(job.triggers) == {"workflow_dispatch"}
    inputs = job.triggers["workflow_dispatch"]["inputs"]
    assert all(given["required"] for given in inputs.values())
    assert inputs["stack"]["options"] == STACKS
    assert job.content["if"] == "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"


@pytest.mark.parametrize("workflow", ["drift", "audit"])
def test_drift_and_new_advisories_are_looked_for_every_night(workflow: str) -> None:
    (job,) = [job for job in JOBS if job.workflow == workflow]
    assert [re.fullmatch(r"\d+ \d+ \* \* \*", entry["cron"]) for entry in job.triggers["schedule"]] != [None]


def test_the_engine_is_the_one_that_the_program_is_locked_to() -> None:
    (step,) = [step for _, step in STEPS if step.get("uses", "").startswith("pulumi/actions@")]
    version = step["with"]["pulumi-version"]
    assert step["with"].keys() == {"pulumi-version"}
    assert f"\npulumi=={version} " in (ROOT / "requirements.txt").read_text()

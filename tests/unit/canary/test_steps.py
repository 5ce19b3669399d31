"""What counts as a failure of what, against a counterpart that fails to order."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from components.canary.program.public_route import PublicRoute
from components.canary.program.rounds import Step
from sandbox.pki import Authority
from tests.unit.canary.counterpart import DATABASE, DOWNLOAD, UPLOAD, Counterpart, counterpart
from tests.unit.canary.trial import STEPS, Canary

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.canary.trial import Told


def test_every_step_succeeds_on_a_healthy_platform(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)

    canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (1, 0))
    assert canary.value("mlflow_canary_rounds_total") == 1


def test_no_two_steps_share_a_connection_so_that_a_service_spreads_them(mlflow: Counterpart) -> None:
    Canary(mlflow.url).rounds.once()
    steps = {
        "database": "GET /api/2.0/mlflow/experiments/get-by-name",
        "artifact_upload": "PUT ",
        "artifact_download": "GET /api/2.0/mlflow-artifacts",
    }
    opened = {
        seen.connection
        for start in steps.values()
        for seen in mlflow.seen
        if f"{seen.method} {seen.path}".startswith(start)
    }

    assert len(opened) == len(steps)


def test_a_failed_upload_leaves_the_download_of_an_earlier_file_to_be_tried(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.fail(UPLOAD)

    canary.rounds.once()

    assert canary.outcomes() == {**dict.fromkeys(STEPS, (2, 0)), "artifact_upload": (1, 1)}


def test_a_database_that_fails_does_not_make_the_artifacts_look_broken(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.fail(DATABASE, 503)

    canary.rounds.once()

    assert canary.outcomes() == {
        "database": (1, 1),
        "artifact_upload": (2, 0),
        "artifact_download": (2, 0),
        "search": (1, 1),
    }


def test_a_step_that_could_not_be_tried_counts_as_nothing(mlflow: Counterpart, told: Told) -> None:
    canary = Canary(mlflow.url)
    mlflow.fail(DATABASE, 503)

    canary.rounds.once()

    untried = [line["step"] for line in told() if line["message"] == "step not tried"]
    assert canary.outcomes() == {**dict.fromkeys(STEPS, (0, 0)), "database": (0, 1)}
    assert untried == ["artifact_upload", "artifact_download", "search"]


def test_a_run_that_cannot_be_written_is_still_good_for_the_other_steps(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    mlflow.fail("runs/log-batch", 400)

    canary.rounds.once()
    canary.rounds.once()

    assert canary.outcomes() == {**dict.fromkeys(STEPS, (2, 0)), "database": (0, 2)}
    assert len(mlflow.runs) == 1


def test_another_content_than_was_stored_is_a_failed_download(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    mlflow.fail(DOWNLOAD, 200, "not what was stored")

    canary.rounds.once()

    assert canary.outcomes()["artifact_download"] == (0, 1)


def test_a_search_that_misses_the_run_is_a_failure(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.fail("runs/search", 200, "{}")

    canary.rounds.once()

    assert canary.outcomes()["search"] == (1, 1)


def test_reading_back_something_else_is_a_failure_of_the_database(mlflow: Counterpart, told: Told) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.fail("runs/log-batch", 200, "{}")

    canary.rounds.once()

    (line,) = [line for line in told() if line["level"] == "error"]
    assert canary.outcomes()["database"] == (1, 1)
    assert line["error"] == "Wrong: read back something else than was logged: tags.mlflow-canary.round"


def test_a_server_that_takes_requests_and_says_nothing_fails_every_step_in_its_time(mlflow: Counterpart) -> None:
    canary = Canary(mlflow.url, seconds=0.3)
    canary.rounds.once()
    mlflow.silent = True

    canary.rounds.once()

    assert canary.outcomes() == dict.fromkeys(STEPS, (1, 1))


def test_artifacts_outside_the_server_are_told_of_as_what_cannot_be_tried(mlflow: Counterpart, told: Told) -> None:
    canary = Canary(mlflow.url)
    canary.rounds.once()
    mlflow.runs[0]["info"]["artifact_uri"] = "s3://bucket/1"
    another = Canary(mlflow.url)

    another.rounds.once()

    assert another.outcomes()["artifact_upload"] == (0, 1)
    assert any("s3://" in line.get("error", "") for line in told())


@pytest.mark.parametrize(
    ("status", "expected", "outcome"),
    [(200, [200], (1, 0)), (401, [200], (0, 1)), (302, [302], (1, 0)), (401, [302], (0, 1)), (502, [200, 302], (0, 1))],
)
def test_the_public_route_is_healthy_when_it_answers_as_it_should(
    status: int, expected: list[int], outcome: tuple[int, int], mlflow: Counterpart
) -> None:
    mlflow.fail("GET /page", status)
    route = PublicRoute(url=f"{mlflow.url}/page", statuses=expected)
    canary = Canary(mlflow.url, route=Step(name="public_route", act=route.visit))

    canary.rounds.once()

    assert canary.outcomes() == {**dict.fromkeys(STEPS, (1, 0)), "public_route": outcome}
    assert "GET /login" not in mlflow.paths()


def test_the_public_route_is_visited_as_by_a_browser_which_access_leads_to_its_login(mlflow: Counterpart) -> None:
    mlflow.fail("GET /page", 302)
    route = PublicRoute(url=f"{mlflow.url}/page", statuses=[302])

    Canary(mlflow.url, route=Step(name="public_route", act=route.visit)).rounds.once()

    assert [seen.accept for seen in mlflow.seen if seen.path == "/page"] == ["text/html"]


@pytest.mark.parametrize(("trusted", "outcome"), [(True, (1, 0)), (False, (0, 1))])
def test_the_certificate_of_the_public_route_has_to_verify(
    *, trusted: bool, outcome: tuple[int, int], mlflow: Counterpart, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    authority.ensure()
    pair = authority.issue("route", common_name="route", hosts=["127.0.0.1"])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    with counterpart(tls) as behind:
        behind.fail("GET /", 200)
        visit = PublicRoute(url=behind.url, statuses=[200]).visit
        verify = str(authority.certificate) if trusted else True
        canary = Canary(mlflow.url, route=Step(name="public_route", act=visit, verify=verify))

        canary.rounds.once()

    assert canary.outcomes()["public_route"] == outcome

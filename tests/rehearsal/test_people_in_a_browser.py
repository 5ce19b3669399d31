"""People: a real browser, through the login page, by what the policies say of an e-mail. Its pictures are kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sandbox import rehearsal
from sandbox.browser import Browser, browser
from sandbox.cloudflare_double.cookies import AUTHORIZATION
from sandbox.layers import OUTPUT
from tests.rehearsal.audit import audit_log
from tests.rehearsal.conftest import HOST, machine_headers
from tests.rehearsal.double import control, dashboard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

PICTURES = OUTPUT / "screenshots"
MLFLOW = f"https://{HOST}/"
TEAM_DOMAIN = rehearsal.value("accessTeamDomain")
COLLEAGUE = "ada@254carbon.com"
STRANGER = "eve@example.com"
SESSION_SECONDS = 8 * 3600
"""accessSessionDuration of stack prod."""
NEW = f"made in a browser {time.time():.0f}"


@pytest.fixture
def visitor(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser that nobody has used; what it shows at the end is kept under the test's name."""
    with browser(tmp_path) as opened:
        yield opened
        opened.picture(PICTURES / f"{request.node.name.removeprefix('test_')}.png")


def log_in(visitor: Browser, email: str) -> None:
    """Opens MLflow, which leads to the login page, and says who one is."""
    visitor.open(MLFLOW)
    visitor.see("#login")
    assert urlsplit(visitor.address).hostname == TEAM_DOMAIN
    visitor.write("#email", email)
    visitor.press("#continue")


def test_whoever_opens_mlflow_is_sent_to_log_in(visitor: Browser) -> None:
    visitor.open(MLFLOW)

    assert visitor.see("#login").text == f"Log in to MLflow ({HOST})"
    assert urlsplit(visitor.address).hostname == TEAM_DOMAIN


def test_a_colleague_gets_the_user_interface_and_creates_an_experiment_in_it(
    visitor: Browser, outside: httpx.Client, tokens: dict[str, dict[str, str]]
) -> None:
    log_in(visitor, COLLEAGUE)
    visitor.read("Welcome to MLflow")
    visitor.picture(PICTURES / "the-front-page.png")

    visitor.open(f"{MLFLOW}#/experiments")
    visitor.press("[data-testid=create-experiment-button]")
    visitor.write("#experimentName", NEW)
    visitor.press("[role=dialog] .du-bois-light-btn-primary:not([disabled])")
    visitor.until(lambda: "/#/experiments/" in visitor.address, "the new experiment's page does not open")
    visitor.read(NEW)

    by_name = {"experiment_name": NEW}
    found = outside.get(
        "/api/2.0/mlflow/experiments/get-by-name", params=by_name, headers=machine_headers(tokens["ci"])
    )
    assert found.json()["experiment"]["name"] == NEW
    made = [line for line in audit_log() if line.get("path") == "/ajax-api/2.0/mlflow/experiments/create"]
    assert {(line["who"], line["verdict"]) for line in made} == {(COLLEAGUE, "allowed")}


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(visitor: Browser) -> None:
    log_in(visitor, COLLEAGUE)
    visitor.read("Welcome to MLflow")

    session = visitor.cookie(AUTHORIZATION)
    assert {name: session[name] for name in ("httpOnly", "secure", "sameSite")} == {
        "httpOnly": True,
        "secure": True,
        "sameSite": "Lax",
    }
    assert AUTHORIZATION not in str(visitor.script("return document.cookie"))


def test_somebody_else_gets_the_page_that_says_no(visitor: Browser) -> None:
    log_in(visitor, STRANGER)

    visitor.see("#denied")
    assert visitor.see("#account").text == STRANGER
    visitor.picture(PICTURES / "the-denial.png")
    visitor.open(f"{MLFLOW}api/2.0/mlflow/experiments/search?max_results=1")
    visitor.see("#login")


def test_a_session_that_was_ended_by_hand_is_over_at_once(visitor: Browser) -> None:
    log_in(visitor, COLLEAGUE)
    visitor.read("Welcome to MLflow")

    with dashboard() as api:
        api.post("organizations/revoke_user", json={"email": COLLEAGUE}).raise_for_status()

    visitor.open(f"{MLFLOW}?again")
    visitor.see("#login")


def test_after_the_sessions_life_a_colleague_logs_in_again(visitor: Browser) -> None:
    log_in(visitor, COLLEAGUE)
    visitor.read("Welcome to MLflow")

    control("clock", advance=SESSION_SECONDS - 600)
    visitor.open(MLFLOW)
    visitor.read("Welcome to MLflow")

    control("clock", advance=601)
    visitor.open(f"{MLFLOW}?again")
    visitor.see("#login")
    visitor.write("#email", COLLEAGUE)
    visitor.press("#continue")
    visitor.read("Welcome to MLflow")
    assert visitor.address.startswith(f"{MLFLOW}?again")

"""People: through the login page, by what the policies say of their e-mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

PAGE = {"Accept": "text/html"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def log_in(browser: httpx.Client, email: str) -> httpx.Response:
    """Opens the front page, fills in the login form as a browser does, and follows every redirect."""
    page = browser.get("/", headers=PAGE, follow_redirects=True)
    assert 'id="login"' in page.text
    fields = dict(HIDDEN.findall(page.text))
    return browser.post(page.url, data={**fields, "email": email}, headers=PAGE, follow_redirects=True)


def test_a_colleague_gets_the_user_interface_after_logging_in(outside: httpx.Client) -> None:
    arrived = log_in(outside, "ada@254carbon.com")
    assert arrived.status_code == 200
    assert "<title>MLflow</title>" in arrived.text
    assert outside.get("/api/2.0/mlflow/experiments/search?max_results=1").status_code == 200


def test_anybody_else_gets_the_page_that_says_no(outside: httpx.Client) -> None:
    refused = log_in(outside, "eve@example.com")
    assert refused.status_code == 403
    assert 'id="denied"' in refused.text
    assert outside.get("/api/2.0/mlflow/experiments/search?max_results=1").status_code != 200

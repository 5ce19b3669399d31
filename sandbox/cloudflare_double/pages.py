"""The pages that the edge itself shows: plain HTML, with ids that a browser's test finds."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

DENIED: Final = "That account does not have access."
_HEADERS: Final = {
    "cache-control": "no-store",
    # No form-action: browsers also hold it against the redirect back to the application's host.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_STYLE: Final = """
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 15vh auto; padding: 0 1rem; color: #222 }
    input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin: .25rem 0 1rem }
    small { color: #666 }
"""


def _page(title: str, body: str, status: int) -> HTMLResponse:
    document = (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n"
        "<p><small>The sandbox's double of Cloudflare Access</small></p>\n</body>\n</html>\n"
    )
    return HTMLResponse(document, status, headers=_HEADERS)


def login(application: str, hidden: Mapping[str, str], problem: str = "") -> HTMLResponse:
    """The test identity provider: whoever names an e-mail owns it."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    told = f'<p id="problem" role="alert">{escape(problem)}</p>' if problem else ""
    body = f"""<h1 id="login">Log in to {escape(application)}</h1>
{told}
<form id="login-form" method="post">
{fields}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="username" required autofocus>
<button id="continue" type="submit">Continue</button>
</form>"""
    return _page(f"Log in · {application}", body, 400 if problem else 200)


def denied(application: str, email: str, message: str | None, logout: str) -> HTMLResponse:
    """What a person sees whom no policy lets in.

    Args:
        application: the application's name.
        email: who the person is.
        message: the application's own words, if it has any.
        logout: where to go to try with another account.
    """
    body = f"""<h1 id="denied">{escape(message or DENIED)}</h1>
<p id="account">{escape(email)}</p>
<p><a id="another-account" href="{escape(logout)}">Use another account</a></p>"""
    return _page(f"Forbidden · {application}", body, 403)


def logged_out() -> HTMLResponse:
    """What a person sees after logging out."""
    return _page("Logged out", '<h1 id="logged-out">You are logged out.</h1>', 200)


def error(status: int, title: str, explanation: str, code: int | None = None) -> HTMLResponse:
    """One of the edge's own errors, with Cloudflare's number where it has one of its own."""
    number = code or status
    body = f'<h1 id="error">Error {number}: {escape(title)}</h1>\n<p id="explanation">{escape(explanation)}</p>'
    return _page(f"Error {number}", body, status)

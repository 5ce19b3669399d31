"""The cookies that the edge sets, with the attributes that the documentation gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from starlette.responses import Response

AUTHORIZATION: Final = "CF_Authorization"
"""On an application's host: the token of a session."""
APPLICATION_CSRF: Final = "CF_AppSession"
"""On an application's host: ties a login to the browser that began it."""
LOGIN_CSRF: Final = "CF_Session"
"""On the team domain: ties the login form to the browser that it was shown to."""
_CSRF_SECONDS: Final = {APPLICATION_CSRF: 24 * 3600, LOGIN_CSRF: 4 * 3600}


def set_authorization(response: Response, application: dict[str, Any], token: str, seconds: int) -> None:
    """Logs the browser in for some seconds, none to log it out, with the attributes that the application chose."""
    response.set_cookie(
        AUTHORIZATION,
        token,
        max_age=seconds,
        path="/",
        secure=True,
        httponly=application["http_only_cookie_attribute"],
        samesite=application.get("same_site_cookie_attribute") or "none",
    )


def set_csrf(response: Response, name: str, value: str) -> None:
    """Lays the other half of a value that a later request must bring along."""
    response.set_cookie(name, value, max_age=_CSRF_SECONDS[name], path="/", secure=True, httponly=True, samesite="none")

"""Placeholders become the token in the last step before the connection, or are taken out.

requests hands an address to the adapter that opens the connection, for each redirect anew. There is no hook at that
place, so `install` wraps `HTTPAdapter.send`; requests without a placeholder pass through it untouched.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter

from mlflow_cloudflare_access import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow_cloudflare_access.origin import Origin

CLIENT_ID_HEADER = "CF-Access-Client-Id"
CLIENT_SECRET_HEADER = "CF-Access-Client-Secret"  # noqa: S105 - the name of a header
HEADERS = (CLIENT_ID_HEADER, CLIENT_SECRET_HEADER)
PLACEHOLDER = "set-by-mlflow-cloudflare-access"
"""All that MLflow, its logs and other plugins get to see; worth nothing to whoever gets it."""
LOGIN_PATH = "/cdn-cgi/access/login"
"""Where Access sends those whom it does not know, at the team's domain."""
MARK = "_mlflow_cloudflare_access"
"""The attribute by which the wrapper knows itself."""

_logger = logging.getLogger(__name__)
_installing = threading.Lock()
_warned: set[str] = set()


class AccessDeniedError(RequestException):
    """Cloudflare Access asks for a person's login where the service token should have been enough."""


def install() -> None:
    """Wraps `HTTPAdapter.send`, once; again where somebody, like a test double, has put the original back."""
    with _installing:
        if not hasattr(HTTPAdapter.send, MARK):
            HTTPAdapter.send = _exchanging(HTTPAdapter.send)  # type: ignore[method-assign]


def _exchanging(send: Callable[..., Response]) -> Callable[..., Response]:
    @functools.wraps(send)
    def exchanging(adapter: HTTPAdapter, request: PreparedRequest, *unnamed: Any, **options: Any) -> Response:
        if PLACEHOLDER not in (request.headers.get(name) for name in HEADERS):
            return send(adapter, request, *unnamed, **options)
        # requests names its options; one without a name may be the one that switches the check off.
        sent = _exchanged(request, verified=bool(options.get("verify", True)) and not unnamed)
        try:
            response = send(adapter, sent, *unnamed, **options)
        except RequestException as error:
            error.request = request
            raise
        # What was sent is forgotten: no redirect repeats it, and nobody who keeps the answer keeps the token.
        response.request = request
        if CLIENT_ID_HEADER in sent.headers:
            _refuse_login(response)
        return response

    setattr(exchanging, MARK, True)
    return exchanging


def _exchanged(request: PreparedRequest, *, verified: bool) -> PreparedRequest:
    """A copy of the request with the token for the configured host, and without a trace of it for any other.

    Raises:
        ConfigurationError: it is for the configured host, and the token cannot be had or would not be safe.
    """
    sent = request.copy()
    for name in HEADERS:
        sent.headers.pop(name, None)
    origin, url = _origin(), request.url or ""
    if origin is None or not origin.covers(url):
        return sent
    if not origin.is_this_machine:
        _demand_tls(url, origin, verified=verified)
    token = settings.service_token(os.environ)
    sent.headers[CLIENT_ID_HEADER] = token.client_id
    sent.headers[CLIENT_SECRET_HEADER] = token.client_secret
    return sent


def _origin() -> Origin | None:
    """Where the token may go; nowhere, and a warning the first time, where that is not known."""
    try:
        return settings.origin(os.environ)
    except settings.ConfigurationError as error:
        with _installing:
            new = str(error) not in _warned
            _warned.add(str(error))
        if new:
            _logger.warning("mlflow-cloudflare-access sends no service token: %s", error)
        return None


def _demand_tls(url: str, origin: Origin, *, verified: bool) -> None:
    if urlsplit(url).scheme != "https":
        raise settings.ConfigurationError(
            f"the service token for {origin} is not sent over plain HTTP, where others can read it: "
            f"use https://{origin} (MLFLOW_TRACKING_URI, mlflow.set_tracking_uri)"
        )
    if not verified:
        raise settings.ConfigurationError(
            f"the service token is not sent to whoever says to be {origin}: unset MLFLOW_TRACKING_INSECURE_TLS, and "
            "name an authority of your own in MLFLOW_TRACKING_SERVER_CERT_PATH"
        )


def _refuse_login(response: Response) -> None:
    """Ends a request that would otherwise return the login page, as an artifact's content for example."""
    target = urlsplit(urljoin(response.url, response.headers.get("Location", "")))
    if response.is_redirect and target.path.startswith(LOGIN_PATH):
        response.close()
        raise AccessDeniedError(
            f"Cloudflare Access asks for a login at {target.hostname}: it does not know the service token (revoked, "
            "expired, of another team?), or no policy of the application with the action Service Auth includes it",
            request=response.request,
            response=response,
        )

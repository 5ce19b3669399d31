"""Client of Cloudflare's REST API, with errors that say what to do.

httpx rather than the ``cloudflare`` package: that one takes any answer for its models without a check, and names every
property once more in its own way between the bridge's names and the API's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx

from sandbox.engine.plugins.protocol.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.plugins.protocol.values import Values

DEFAULT_URL: Final = "https://api.cloudflare.com/client/v4"
CONNECT_TIMEOUT: Final = 10.0  # seconds
READ_TIMEOUT: Final = 60.0  # seconds
# "Could not route to ...": the address is wrong, which says nothing about the object.
_UNROUTABLE: Final = frozenset({7000, 7003})
# What a failed connection says, in the order to look for, and what cures it.
_CURES: Final = (
    ("CERTIFICATE_VERIFY_FAILED", "the API's certificate is signed by an unknown CA: SSL_CERT_FILE names another one"),
    ("WRONG_VERSION_NUMBER", "the API speaks no TLS: `base_url` begins with http:// if that is meant to be"),
    ("Connection refused", "start the API, or check `base_url` of the provider"),
    ("Name or service not known", "check `base_url` of the provider and the name service"),
    ("timed out", "the API does not answer: check `base_url` and the firewall between"),
)


class AbsentError(ResourceError):
    """The object that a call is about is not there."""


class Api:
    """The API, seen by one set of credentials."""

    def __init__(self, config: Values) -> None:
        self.url = str(config["baseUrl"] or DEFAULT_URL).rstrip("/")
        if httpx.URL(self.url).scheme not in {"http", "https"}:
            raise ResourceError(f"`base_url` has to begin with https:// or http://, got {self.url}")
        self._http = httpx.Client(
            headers=_credentials(config) | {"Content-Type": "application/json", "User-Agent": _agent(config)},
            timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        )

    def call(self, what: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send one request; return the ``result`` of the answer. Nothing is repeated: the engine shows the failure.

        Args:
            what: what is being done, for messages.
            method: HTTP method.
            path: below the base URL, without a leading slash.
            body: sent as JSON.

        Raises:
            AbsentError: the API says that the object is not there.
            ResourceError: anything else went wrong.
        """
        try:
            answer = self._http.request(method, f"{self.url}/{path}", json=body)
        except httpx.TransportError as error:
            raise ResourceError(self._unreachable(what, error)) from error
        content = _content(answer)
        if content is None:
            raise ResourceError(
                f"{what}: {self.url} answered with HTTP {answer.status_code} and no JSON of Cloudflare's; "
                "check `base_url` of the provider"
            )
        if answer.is_success and content["success"]:
            return content.get("result")
        errors = [error for error in content.get("errors") or [] if isinstance(error, dict)]
        said = "; ".join(f"{error.get('message')} ({error.get('code')})" for error in errors) or "no reason was given"
        message = f"{what}: {said} (HTTP {answer.status_code} of {self.url})"
        # Unlike the official plugin, for which any 404 is an absence: a wrong address must not empty the state.
        if answer.status_code == httpx.codes.NOT_FOUND and not {error.get("code") for error in errors} & _UNROUTABLE:
            raise AbsentError(message)
        if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            message += "; check `api_token` of the provider and what it permits"
        raise ResourceError(message)

    def _unreachable(self, what: str, error: httpx.TransportError) -> str:
        text = str(error) or type(error).__name__
        cure = next((cure for mark, cure in _CURES if mark in text), "check `base_url` of the provider")
        return f"{what}: could not reach the Cloudflare API at {self.url}: {text}; {cure}"


def _credentials(config: Values) -> dict[str, str]:
    """Choose the headers as the official client does; more than one kind is refused, since one would win silently."""
    given = [key for key in ("apiToken", "apiKey", "apiUserServiceKey") if config[key]]
    if len(given) != 1:
        raise ResourceError(
            "the Cloudflare provider needs exactly one of `api_token`, `api_key` (with `email`) and "
            "`api_user_service_key`, or CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_KEY (with CLOUDFLARE_EMAIL) and "
            f"CLOUDFLARE_API_USER_SERVICE_KEY; found {len(given)}"
        )
    [kind] = given
    if not str(config[kind]).isascii() or any(character.isspace() for character in str(config[kind])):
        raise ResourceError("the Cloudflare credentials hold blanks or letters that no HTTP header can carry")
    if kind == "apiKey":
        if not config["email"]:
            raise ResourceError("`api_key` of the Cloudflare provider needs `email` beside it (CLOUDFLARE_EMAIL)")
        return {"X-Auth-Email": str(config["email"]), "X-Auth-Key": str(config[kind])}
    if kind == "apiUserServiceKey":
        return {"X-Auth-User-Service-Key": str(config[kind])}
    return {"Authorization": f"Bearer {config[kind]}"}


def _agent(config: Values) -> str:
    suffix = config["userAgentOperatorSuffix"]
    return " ".join(["mlflow-platform-stand-in", *([str(suffix)] if suffix else [])])


def _content(answer: httpx.Response) -> Values | None:
    """Decode Cloudflare's envelope; None for anything else, such as the page of a proxy."""
    try:
        content = answer.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) and isinstance(content.get("success"), bool) else None

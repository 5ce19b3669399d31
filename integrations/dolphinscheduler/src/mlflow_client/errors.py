"""Errors that name the cause and the cure, whatever MLflow, requests or the network said."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mlflow_client.causes import chain, is_login_page, is_unreachable, status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREACHABLE_CURE = (
    "check MLFLOW_TRACKING_URI (in the cluster: http://mlflow.data-platform.svc:5000, outside: https:// and the public "
    "host), and that this worker may reach it"
)
TLS_CURE = "name the authority that signed it in MLFLOW_TRACKING_SERVER_CERT_PATH"
ACCESS_CURE = (
    "outside of the cluster, install mlflow-cloudflare-access and give it a service token that is not expired "
    "(MLFLOW_CLOUDFLARE_ACCESS_HOST and MLFLOW_CLOUDFLARE_ACCESS_DIR)"
)
HOST_CURE = "use a name from the server's allow-list, or add this one to extraAllowedHosts of the platform"
PARAMETER_CURE = "a parameter of a run is written once: log the new value under another name, or in a new run"
MODEL_CURE = "log a model there before, with mlflow.<flavor>.log_model, or give the artifact_path that it was logged as"
DELETED_CURE = "restore it in MLflow, or use another name"
MISSING_CURE = "check the name or id, and that it is on this server"
NEWER_CURE = "the server is older than this feature: use stages instead of aliases (set_stage, model_in_stage)"
ALIAS_MISSING = re.compile(r"[Rr]egistered model alias \S+ not found")
"""MLflow has no code of its own for it."""
LONGEST = 500
"""Characters of what somebody else said that a message repeats."""


class MLFlowClientError(Exception):
    """What could not be done, why, and the cure; the cause is the exception that it comes from."""

    def __init__(self, doing: str, reason: str, cure: str) -> None:
        super().__init__(f"{doing}: {reason}; {cure}" if cure else f"{doing}: {reason}")
        self.doing = doing
        self.reason = reason
        self.cure = cure


class ServerUnreachableError(MLFlowClientError):
    """No answer of MLflow: nobody listens, no such name, a wrong certificate, or errors until the patience ended."""


class AccessRefusedError(MLFlowClientError):
    """The server, or Cloudflare Access before it, does not let this task in."""


class NotFoundError(MLFlowClientError):
    """There is no such experiment, run, artifact, model, version or alias."""


class RefusedError(MLFlowClientError):
    """The server understood, and does not do it: a value that it does not take, or something that exists already."""


class ConfigurationError(ValueError):
    """What this task gave the client cannot work; names the argument or variable, and the cure."""


@contextmanager
def explained(doing: str, uri: str) -> Iterator[None]:
    """Turns the errors of what happens inside into those of this module.

    Args:
        doing: what is tried, for the message: `logging parameters of run 1f0c`.
        uri: the address of the server.
    """
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 - importing MLflow takes seconds
    from requests import RequestException  # noqa: PLC0415

    try:
        yield
    except (MlflowException, RequestException, OSError) as error:
        raise explanation(doing, uri, error) from error


def explanation(doing: str, uri: str, error: BaseException) -> MLFlowClientError:
    """The error of this module that says the same."""
    text = " ".join(str(error).split())
    said = text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."
    code = str(getattr(error, "error_code", ""))
    return (
        _refused_entry(doing, uri, error, said, code)
        or _unreachable(doing, uri, error, said)
        or _missing(doing, error, said, code)
        or RefusedError(doing, said, _cure(text))
    )


def _refused_entry(doing: str, uri: str, error: BaseException, said: str, code: str) -> AccessRefusedError | None:
    if is_login_page(error):
        return AccessRefusedError(doing, f"{uri} answers with a login instead of MLflow ({said})", ACCESS_CURE)
    if "Invalid Host header" in said:
        return AccessRefusedError(doing, f"the server does not answer to the name in {uri}", HOST_CURE)
    if status_of(error) in (401, 403) or code in ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"):
        return AccessRefusedError(doing, f"{uri} refuses this task ({said})", ACCESS_CURE)
    return None


def _unreachable(doing: str, uri: str, error: BaseException, said: str) -> ServerUnreachableError | None:
    if any(type(each).__name__ == "SSLError" for each in chain(error)):
        return ServerUnreachableError(doing, f"the certificate of {uri} is not trusted ({said})", TLS_CURE)
    if is_unreachable(error):
        return ServerUnreachableError(doing, f"{uri} does not answer ({said})", UNREACHABLE_CURE)
    return None


def _missing(doing: str, error: BaseException, said: str, code: str) -> NotFoundError | None:
    if "logged_model with artifact_path" in said:
        return NotFoundError(doing, said, MODEL_CURE)
    if code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND") or ALIAS_MISSING.search(said):
        return NotFoundError(doing, said, MISSING_CURE)
    if status_of(error) == 404 or code == "ENDPOINT_NOT_FOUND":  # noqa: PLR2004 - HTTP's own number
        return NotFoundError(doing, said, NEWER_CURE if "alias" in doing else UNREACHABLE_CURE)
    return None


def _cure(text: str) -> str:
    if "Changing param values is not allowed" in text or "has already been logged" in text.lower():
        return PARAMETER_CURE
    if "deleted" in text:
        return DELETED_CURE
    return ""

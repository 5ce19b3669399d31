"""What went wrong between a task and MLflow is said with its cause and its cure."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow_client import AccessRefusedError, MLFlowClient, MLFlowClientError, NotFoundError, ServerUnreachableError
from mlflow_client.causes import is_transient
from mlflow_client.errors import LONGEST, explanation
from mlflow_client.retries import MAX_RETRIES

from tests.dolphinscheduler.process_state import clean_process
from tests.listening import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["clean_process"]  # a fixture: importing it makes it known here
pytestmark = pytest.mark.usefixtures("clean_process")

LOGIN = "<!DOCTYPE html><html><title>Sign in - Cloudflare Access</title></html>"
URI = "https://mlflow.example.com"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAX_RETRIES, "0")


@contextmanager
def answering(status: int, body: str) -> Iterator[MLFlowClient]:
    """A client of a server that has one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = answer  # noqa: N815 - http.server looks for these names

    with listening(Handler) as address:
        yield MLFlowClient(address)


def error_of(client: MLFlowClient) -> MLFlowClientError:
    with pytest.raises(MLFlowClientError) as caught:
        client.set_experiment("any")
    return caught.value


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_names_the_plugin_for_access(status: int) -> None:
    with answering(status, "") as client:
        error = error_of(client)
    assert isinstance(error, AccessRefusedError)
    assert str(error).startswith(f"setting experiment 'any': {client.tracking_uri} refuses this task (")
    assert "install mlflow-cloudflare-access and give it a service token" in error.cure


def test_a_page_instead_of_an_answer_is_a_login() -> None:
    with answering(200, LOGIN) as client:
        error = error_of(client)
    assert isinstance(error, AccessRefusedError)
    assert "answers with a login instead of MLflow" in error.reason


def test_a_host_that_the_server_does_not_know_is_told_by_the_platforms_own_key() -> None:
    with answering(403, "Invalid Host header - possible DNS rebinding attack detected") as client:
        error = error_of(client)
    assert isinstance(error, AccessRefusedError)
    assert "the server does not answer to the name in http://127.0.0.1" in error.reason
    assert "extraAllowedHosts" in error.cure


def test_nobody_who_listens_is_told_with_the_addresses_that_are_right() -> None:
    error = error_of(MLFlowClient("http://127.0.0.1:1"))
    assert isinstance(error, ServerUnreachableError)
    assert "http://127.0.0.1:1 does not answer" in error.reason
    assert "http://mlflow.data-platform.svc:5000" in error.cure


def test_a_server_that_cannot_answer_now_is_unreachable() -> None:
    with answering(503, "") as client:
        assert isinstance(error_of(client), ServerUnreachableError)


def test_a_certificate_of_nobody_is_told_with_the_variable() -> None:
    error = MlflowException(f"API request to {URI} failed with exception certificate verify failed")
    error.__context__ = requests.exceptions.SSLError("certificate verify failed")
    said = explanation("starting a run", URI, error)
    assert isinstance(said, ServerUnreachableError)
    assert str(said).startswith(f"starting a run: the certificate of {URI} is not trusted")
    assert "MLFLOW_TRACKING_SERVER_CERT_PATH" in said.cure
    assert not is_transient(error)


@pytest.mark.parametrize("body", ["", json.dumps({"error_code": "ENDPOINT_NOT_FOUND", "message": "no such path"})])
def test_a_server_without_aliases_is_told_to_be_too_old(body: str) -> None:
    with answering(404, body) as client, pytest.raises(NotFoundError) as caught:
        client.set_alias("fraud", "champion", 1)
    assert "the server is older than this feature: use stages" in str(caught.value)


def test_the_addressee_of_a_message_keeps_the_original_error() -> None:
    with answering(401, "") as client:
        assert isinstance(error_of(client).__cause__, MlflowException)


def test_what_others_said_is_repeated_up_to_a_length() -> None:
    said = explanation("doing it", URI, MlflowException("x" * 9000))
    assert len(said.reason) <= LONGEST + len(" ...")


@pytest.mark.parametrize(
    ("cause", "transient"),
    [
        (requests.ConnectionError(), True),
        (requests.ReadTimeout(), True),
        (requests.exceptions.RetryError(), True),
        (requests.exceptions.ChunkedEncodingError(), True),
        (requests.exceptions.InvalidURL(), False),
        (ValueError(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(cause: Exception, *, transient: bool) -> None:
    error = MlflowException("API request failed")
    error.__context__ = cause
    assert is_transient(error) is transient


def test_an_exception_that_is_its_own_cause_ends() -> None:
    first, second = ValueError(), ValueError()
    first.__cause__, second.__cause__ = second, first
    assert not is_transient(first)

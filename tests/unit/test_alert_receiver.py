"""The receiver keeps what Alertmanager sends, in the order of arrival, until it is told to forget."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox import alert_receiver
from sandbox.alert_receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def serving() -> Iterator[httpx.Client]:
    with Receiver(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}", trust_env=False) as client:
            yield client
        server.shutdown()


@pytest.fixture
def receiver() -> Iterator[httpx.Client]:
    with serving() as client:
        yield client


def notification(name: str, status: str = "firing") -> dict[str, Any]:
    """What matters of a notification of Alertmanager's webhook, version 4."""
    labels = {"alertname": name, "severity": "critical"}
    return {"version": "4", "status": status, "alerts": [{"status": status, "labels": labels, "annotations": {}}]}


def test_notifications_come_back_as_they_were_sent_with_the_time_of_arrival(receiver: httpx.Client) -> None:
    begun = time.time()
    sent = [notification("MLFlowPodDown"), notification("MLFlowPodDown", "resolved")]
    for each in sent:
        assert receiver.post("/", json=each).status_code == 204
    kept = receiver.get("/").json()
    assert [{key: value for key, value in each.items() if key != "received"} for each in kept] == sent
    assert begun <= kept[0]["received"] <= kept[1]["received"] <= time.time()


def test_a_test_begins_with_none_of_the_last_one_s(receiver: httpx.Client) -> None:
    receiver.post("/", json=notification("MLFlowPodDown"))
    assert receiver.delete("/").status_code == 204
    assert receiver.get("/").json() == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b'{"alerts": [{"status": "firing"}]}', b"\xff"])
def test_what_is_no_notification_is_refused_and_not_kept(receiver: httpx.Client, body: bytes) -> None:
    assert receiver.post("/", content=body).status_code == 400
    assert receiver.get("/").json() == []


def test_the_oldest_goes_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_receiver, "KEPT", 2)
    with serving() as receiver:
        for name in ("First", "Second", "Third"):
            receiver.post("/", json=notification(name))
        kept = receiver.get("/").json()
    assert [each["alerts"][0]["labels"]["alertname"] for each in kept] == ["Second", "Third"]


def test_the_log_names_each_alert(receiver: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.post("/", json=notification("MLFlowPodDown"))
    assert capsys.readouterr().out == "firing MLFlowPodDown\n"

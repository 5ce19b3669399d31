"""A steady load of clients that remember what the server acknowledged, and what it did not."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from sandbox import stack
from tests.integration.cluster import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

CLIENTS = 3
PAUSE_SECONDS = 0.2
REQUEST_SECONDS = 60
PAGE = 1000


@dataclass(frozen=True)
class Target:
    """A server as clients reach it, and what each request to it carries."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    trusted: str | bool = True
    """File of the authority that signed its certificate; True means the public ones."""

    @property
    def api(self) -> str:
        return f"{self.address}/api/2.0/mlflow"

    @property
    def artifacts(self) -> str:
        return f"{self.address}/api/2.0/mlflow-artifacts/artifacts"


PLATFORM = Target(f"http://{stack.HOST}")


@dataclass
class Acknowledged:
    """What the server said that it has stored of one run."""

    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)


class Load:
    """Clients that make runs with unique values for as long as the context lasts.

    Without `retries` each request is sent once. The connections are kept and used again, as MLflow's client does.
    """

    def __init__(self, target: Target = PLATFORM, *, retries: int = 0) -> None:
        self._target = target
        self._retry = Retry(
            total=retries,
            backoff_factor=0.2,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods=None,
            raise_on_status=False,
        )
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(CLIENTS)]
        self.runs: dict[str, Acknowledged] = {}
        self.failures: list[str] = []
        self._experiment = ""

    def __enter__(self) -> Self:
        made = self._session().post(
            f"{self._target.api}/experiments/create", json={"name": f"load-{uuid.uuid4().hex}"}, timeout=REQUEST_SECONDS
        )
        made.raise_for_status()
        self._experiment = made.json()["experiment_id"]
        for thread in self._threads:
            thread.start()
        self.wait_for_progress()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._session().post(
            f"{self._target.api}/experiments/delete", json={"experiment_id": self._experiment}, timeout=REQUEST_SECONDS
        )

    def stop(self) -> None:
        """Lets every client finish what it has begun."""
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for_progress(self) -> None:
        """Waits until every client has got some whole runs acknowledged from now on."""
        wanted = self.complete() + 3 * CLIENTS
        wait_for(lambda: self.complete() >= wanted, "the load to make progress", timeout=90)

    def complete(self) -> int:
        """How many runs are acknowledged with all that belongs to them."""
        return sum(1 for run in list(self.runs.values()) if run.artifacts)

    def lost(self) -> list[str]:
        """What was acknowledged and does not read back as it was written, once the clients have finished."""
        self.stop()
        stored = {run["info"]["run_id"]: run["data"] for run in self._stored()}
        wrong = []
        for number, said in self.runs.items():
            data = stored.get(number, {})
            metrics = {each["key"]: each["value"] for each in data.get("metrics", [])}
            params = {each["key"]: each["value"] for each in data.get("params", [])}
            if number not in stored or not said.metrics.items() <= metrics.items():
                wrong.append(f"run {number}: {metrics} instead of {said.metrics}")
            if not said.params.items() <= params.items():
                wrong.append(f"run {number}: {params} instead of {said.params}")
        session = self._session()
        artifacts = [item for run in list(self.runs.values()) for item in run.artifacts.items()]

        def differs(item: tuple[str, bytes]) -> bool:
            return session.get(item[0], timeout=REQUEST_SECONDS).content != item[1]

        with ThreadPoolExecutor(CLIENTS) as pool:
            differing = list(pool.map(differs, artifacts))
        return wrong + [path for (path, _), is_wrong in zip(artifacts, differing, strict=True) if is_wrong]

    def _stored(self) -> Iterator[dict[str, Any]]:
        session, token = self._session(), ""
        while True:
            query = {"experiment_ids": [self._experiment], "max_results": PAGE, "page_token": token}
            found = session.post(f"{self._target.api}/runs/search", json=query, timeout=REQUEST_SECONDS)
            found.raise_for_status()
            yield from found.json().get("runs", [])
            token = found.json().get("next_page_token", "")
            if not token:
                return

    def _session(self) -> requests.Session:
        session = requests.Session()
        # The machine's proxy, if it has one, does not know these addresses.
        session.trust_env = False
        session.headers.update(self._target.headers)
        session.verify = self._target.trusted
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=self._retry))
        return session

    def _client(self) -> None:
        session = self._session()
        while not self._end.wait(PAUSE_SECONDS):
            self._log_a_run(session)

    def _log_a_run(self, session: requests.Session) -> None:
        name = uuid.uuid4().hex
        runs = f"{self._target.api}/runs"
        made = self._send(session, "POST", f"{runs}/create", {"experiment_id": self._experiment, "run_name": name})
        if made is None:
            return
        number = made.json()["run"]["info"]["run_id"]
        said = self.runs.setdefault(number, Acknowledged())
        metric = {"run_id": number, "key": "value", "value": float(int(name[:8], 16)), "timestamp": 1, "step": 0}
        if self._send(session, "POST", f"{runs}/log-metric", metric):
            said.metrics["value"] = metric["value"]
        if self._send(session, "POST", f"{runs}/log-parameter", {"run_id": number, "key": "name", "value": name}):
            said.params["name"] = name
        path, content = f"{self._target.artifacts}/{self._experiment}/{number}/artifacts/name.txt", name.encode() * 100
        if self._send(session, "PUT", path, content):
            said.artifacts[path] = content

    def _send(
        self, session: requests.Session, method: str, address: str, body: dict[str, Any] | bytes
    ) -> requests.Response | None:
        try:
            answer = session.request(
                method,
                address,
                json=None if isinstance(body, bytes) else body,
                data=body if isinstance(body, bytes) else None,
                timeout=REQUEST_SECONDS,
            )
        except requests.RequestException as error:
            self.failures.append(f"{method} {address}: {error}")
            return None
        if answer.status_code != requests.codes.ok:
            self.failures.append(f"{method} {address}: HTTP {answer.status_code} {answer.text[:300]}")
            return None
        return answer

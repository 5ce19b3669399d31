"""Questions to a Prometheus, by its HTTP API."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping

CURE = "make up MONITORING=1"
_SECONDS = 30.0
_GLANCES = 200
_NEAR_SECONDS = 15.0


@dataclass(frozen=True)
class Span:
    """A stretch of time, and how far apart its points are; Unix time and seconds."""

    begin: float
    end: float
    step: float


@dataclass(frozen=True)
class Line:
    """A series of a result: one point of now, or many."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    values: tuple[float, ...]

    @property
    def has_data(self) -> bool:
        """Whether any of its values is a number."""
        return any(map(math.isfinite, self.values))


class Prometheus:
    """A Prometheus at an address."""

    def __init__(self, url: str) -> None:
        """Knows the address; asks nothing yet."""
        self.url = url
        # Cluster addresses are not for a machine's web proxy.
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=_SECONDS)

    def demand_ready(self) -> None:
        """Raises a SandboxError unless it answers."""
        self._get("/-/ready")

    def now(self, expr: str, at: float) -> list[Line]:
        """The result of a query at one moment."""
        found = self._api("query", {"query": expr, "time": at})
        # A scalar, such as that of `time()`, is no list of series.
        series = [{"value": found["result"]}] if found["resultType"] == "scalar" else found["result"]
        return [_line(each.get("metric", {}), [each["value"]]) for each in series]

    def over(self, expr: str, span: Span) -> list[Line]:
        """The result of a query over a stretch of time."""
        found = self._api("query_range", {"query": expr, "start": span.begin, "end": span.end, "step": span.step})
        return [_line(each["metric"], each["values"]) for each in found["result"]]

    def label_values(self, selector: str, label: str, begin: float, end: float) -> list[str]:
        """The values of a label of some series within a time, sorted."""
        asked: dict[str, str | float] = {"match[]": selector, "start": begin, "end": end}
        values: list[str] = self._api(f"label/{label}/values", asked)
        return sorted(values)

    def oldest(self, begin: float, end: float) -> float:
        """When within a time the first target was scraped, to a few seconds; `begin` where none was."""
        step = (end - begin) / _GLANCES
        times = [time for line in self.over("count(up)", Span(begin, end, step)) for time in line.times]
        first = min(times, default=begin)
        if first == begin or step <= _NEAR_SECONDS:
            return first
        # It was somewhere between two glances.
        return self.oldest(first - step, first)

    def _api(self, path: str, asked: Mapping[str, str | float]) -> Any:
        return self._get(f"/api/v1/{path}", asked).json()["data"]

    def _get(self, path: str, asked: Mapping[str, str | float] | None = None) -> httpx.Response:
        try:
            answer = self._client.get(path, params=asked)
        except httpx.HTTPError as error:
            raise SandboxError(f"Prometheus does not answer at {self.url}: {error}", CURE) from error
        if answer.is_success:
            return answer
        query = (asked or {}).get("query", (asked or {}).get("match[]", path))
        raise SandboxError(
            f"Prometheus refused a query ({answer.status_code}): {_reason(answer)}",
            "mend the query in components/monitoring/dashboards, then `pulumi up`",
            f"    {query}",
        )


def _line(labels: Mapping[str, str], points: list[list[Any]]) -> Line:
    return Line(
        labels=labels,
        times=tuple(float(time) for time, _ in points),
        values=tuple(float(value) for _, value in points),
    )


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError):
        return answer.text.strip()

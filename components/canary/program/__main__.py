"""Starts the canary and ends it when it is told to."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from . import log
from .certificate import Certificate
from .endpoint import serve
from .public_route import PublicRoute
from .rounds import Pace, Rounds, Step
from .series import Series
from .workload import Workload

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY_SECONDS = 86400
_SIGNALS = {signal.SIGTERM, signal.SIGINT}
_LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until a signal comes, which ends the process at once, in the middle of a step too."""
    # Blocked before there are threads, so that no thread but this one ever gets them, also as a container's process 1.
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    log.set_up()
    given = _parser().parse_args(arguments)
    steps = _steps(given)
    hosts = [step.certificate.host for step in steps if step.certificate]
    series = Series((step.name for step in steps), hosts)
    rounds = Rounds(steps, series, Pace(interval=given.interval, step=given.step_timeout))
    serve(given.listen, given.port, series.registry, rounds.alive)
    worker = threading.Thread(target=_go_round, args=[rounds, given.settle], name="rounds", daemon=True)
    worker.start()
    _LOG.info("started")
    while worker.is_alive():
        received = signal.sigtimedwait(_SIGNALS, 1)
        if received:
            _LOG.info("stopped", extra={"signal": signal.Signals(received.si_signo).name})
            return 0
    return 1


def _go_round(rounds: Rounds, settle: float) -> None:
    try:
        time.sleep(settle)
        rounds.forever()
    except Exception:  # noqa: BLE001 - told in the form of the log, and the process ends for it
        _LOG.exception("the rounds ended by a fault of the canary itself")


def _steps(given: argparse.Namespace) -> list[Step]:
    workload = Workload(given.server_url, files=max(1, int(_DAY_SECONDS // given.interval)))
    steps = [
        Step(name="database", act=workload.database),
        Step(name="artifact_upload", act=workload.artifact_upload),
        Step(name="artifact_download", act=workload.artifact_download),
        Step(name="search", act=workload.search),
    ]
    if given.public_url:
        route = PublicRoute(url=given.public_url, statuses=frozenset(given.public_status))
        verify, certificate = given.public_ca or True, Certificate.of(route.url)
        steps.append(Step(name="public_route", act=route.visit, verify=verify, certificate=certificate))
    return steps


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mlflow_canary", description="Does what users of MLflow do, and tells.")
    parser.add_argument("--server-url", required=True, help="of MLflow")
    parser.add_argument("--interval", type=float, default=60, help="seconds from round to round")
    parser.add_argument("--settle", type=float, default=0, help="seconds before the first round")
    parser.add_argument("--step-timeout", type=float, default=10, help="seconds for one step")
    parser.add_argument("--listen", default="0.0.0.0", help="address of the metrics")  # noqa: S104 - of a pod
    parser.add_argument("--port", type=int, default=9464, help="port of the metrics")
    parser.add_argument("--public-url", help="a page of the public route; none: the route is not tried")
    parser.add_argument("--public-status", type=int, nargs="+", default=[200], help="of a route that works")
    parser.add_argument("--public-ca", help="file of the authorities of the route; none: the public ones")
    return parser


if __name__ == "__main__":
    sys.exit(main())

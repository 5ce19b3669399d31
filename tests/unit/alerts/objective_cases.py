from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import failing, requests, slow, step_count, steps

SEVERITIES = {"1h": "critical", "6h": "critical", "1d": "warning", "3d": "warning"}
AVAILABILITY, LATENCY = AlertName.AVAILABILITY_BUDGET_BURN, AlertName.LATENCY_BUDGET_BURN


def failed(window: str, share: str) -> Firing:
    return Firing(
        severity=SEVERITIES[window],
        description=(
            f"{share} of one step of the canary, or of the server's requests, failed within {window} in data-platform. "
            "The objective allows 0.5 %."
        ),
        labels={"window": window},
    )


def late(window: str, share: str) -> Firing:
    return Firing(
        severity=SEVERITIES[window],
        description=(
            f"{share} of one step of the canary took more than 2.5 s within {window} in data-platform. "
            "The objective allows 1 %."
        ),
        labels={"window": window},
    )


def one_in(rounds: int) -> dict[str, str]:
    """Failures among so many searches; looked at every five minutes, since it goes on for hours."""
    return {steps("search", "failure"): f"0+{5 / rounds}xN", steps("search", "success"): f"0+{5 - 5 / rounds}xN"}


def slow_uploads(share: float) -> dict[str, str]:
    """So many uploads take too long; looked at every five minutes."""
    return {step_count("artifact_upload"): "0+5xN", **slow("artifact_upload", f"0+{5 * (1 - share)}xN")}


CASES = (
    Case(
        sentence="a fifth of the visits by the public route fails, and every other step succeeds",
        alert=AVAILABILITY,
        but={steps("public_route", "failure"): "0+0.2xN", steps("public_route", "success"): "0+0.8xN"},
        minutes=20,
        fires=(failed("1h", "20%"),),
    ),
    Case(
        sentence="the public route is down for everybody, and every other step succeeds",
        alert=AVAILABILITY,
        but=failing("public_route", "0+1xN"),
        minutes=8,
        fires=(failed("1h", "100%"),),
    ),
    Case(
        sentence="a tenth of the users' requests fails for half an hour",
        alert=AVAILABILITY,
        but={requests("503"): "0+0x59 8+8xN"},
        minutes=120,
        fires=(failed("1h", "9.639%"), failed("6h", "5.143%")),
    ),
    Case(
        sentence="one round in 25 fails",
        alert=AVAILABILITY,
        but=one_in(25),
        minutes=180,
        seconds=300,
        fires=(failed("6h", "4%"), failed("1d", "4%")),
    ),
    Case(
        sentence="one round in 50 fails",
        alert=AVAILABILITY,
        but=one_in(50),
        minutes=320,
        seconds=300,
        fires=(failed("1d", "2%"), failed("3d", "2%")),
    ),
    Case(
        sentence="everything five times as fast",
        alert=AVAILABILITY,
        but=failing("database", "0+1xN"),
        minutes=2,
        seconds=10,
        environment=DRILL,
        fires=(failed("1h", "100%"),),
    ),
    Case(
        sentence="one round in 500 fails, which the objective allows",
        alert=AVAILABILITY,
        but=one_in(500),
        minutes=1500,
        seconds=300,
    ),
    Case(
        sentence="a new canary fails twice before the server is there",
        alert=AVAILABILITY,
        but={
            **{steps(step, "failure"): "0 1 2+0xN" for step in ("database", "search")},
            **{steps(step, "success"): "0 0 0+1xN" for step in ("database", "search")},
        },
        minutes=5,
    ),
    Case(
        sentence="a fault of 20 minutes was cured half an hour ago",
        alert=AVAILABILITY,
        but={steps("search", "failure"): "0+1x20 20+0xN", steps("search", "success"): "0+0x20 1+1xN"},
        minutes=55,
    ),
    Case(
        sentence="every search takes too long",
        alert=LATENCY,
        but=slow("search", "0+0xN"),
        minutes=10,
        fires=(late("1h", "100%"),),
    ),
    Case(
        sentence="one upload in ten takes too long",
        alert=LATENCY,
        but=slow_uploads(0.1),
        minutes=240,
        seconds=300,
        fires=(late("6h", "10%"), late("1d", "10%"), late("3d", "10%")),
    ),
    Case(
        sentence="two uploads take too long",
        alert=LATENCY,
        but=slow("artifact_upload", "0 0 0 1+1xN"),
        minutes=10,
    ),
    Case(
        sentence="one upload in 200 takes too long, which the objective allows",
        alert=LATENCY,
        but=slow_uploads(0.005),
        minutes=1500,
        seconds=300,
    ),
)

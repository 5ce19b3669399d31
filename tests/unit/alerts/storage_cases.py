from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import STEPS, exporter, failing, last_round, requests, source_up, step_count, steps

CONNECTIONS = exporter("database_connections")
LIMIT = exporter("database_connection_limit")


def database_error(share: str) -> Firing:
    return Firing(
        severity="critical",
        description=f"{share} of the latest attempts failed to use the database of data-platform.",
    )


def artifact_failed(step: str, share: str) -> Firing:
    return Firing(
        severity="critical",
        description=f"{share} of the canary's latest attempts at {step} failed in data-platform.",
        labels={"step": step},
    )


def no_canary() -> dict[str, str | None]:
    counted = [steps(step, outcome) for step in STEPS for outcome in ("success", "failure")]
    return dict.fromkeys([last_round(), *counted, *(step_count(step) for step in STEPS)])


CASES = (
    Case(
        sentence="the database step of the canary fails each time",
        alert=AlertName.DATABASE_ERROR,
        but=failing("database", "0+1xN"),
        minutes=4,
        fires=(database_error("100%"),),
    ),
    Case(
        sentence="every second try fails, as with too few connections",
        alert=AlertName.DATABASE_ERROR,
        but={steps("database", "success"): "0+0.5xN", steps("database", "failure"): "0+0.5xN"},
        minutes=10,
        fires=(database_error("50%"),),
    ),
    Case(
        sentence="the users get errors that the canary does not meet",
        alert=AlertName.DATABASE_ERROR,
        but={requests("500"): "0+0x9 20+20xN"},
        minutes=14,
        fires=(database_error("21.05%"),),
    ),
    Case(
        sentence="the canary is gone, and the exporter cannot reach the database",
        alert=AlertName.DATABASE_ERROR,
        but={**no_canary(), source_up("database"): "1+0x9 0+0xN"},
        minutes=12,
        fires=(database_error("100%"),),
    ),
    Case(
        sentence="everything five times as fast",
        alert=AlertName.DATABASE_ERROR,
        but=failing("database", "0+1xN"),
        minutes=1,
        seconds=10,
        environment=DRILL,
        fires=(database_error("100%"),),
    ),
    Case(
        sentence="a single round fails",
        alert=AlertName.DATABASE_ERROR,
        but={steps("database", "success"): "0+1x9 9 10+1xN", steps("database", "failure"): "0+0x9 1+0xN"},
        minutes=12,
    ),
    Case(
        sentence="it works again",
        alert=AlertName.DATABASE_ERROR,
        but={steps("database", "success"): "0+0x9 1+1xN", steps("database", "failure"): "0+1x9 9+0xN"},
        minutes=15,
    ),
    Case(
        sentence="the exporter's own login is broken, and the canary goes on",
        alert=AlertName.DATABASE_ERROR,
        but={source_up("database"): "0+0xN"},
        minutes=30,
    ),
    Case(
        sentence="the public route alone is down",
        alert=AlertName.DATABASE_ERROR,
        but=failing("public_route", "0+1xN"),
        minutes=30,
    ),
    Case(
        sentence="some errors among many requests",
        alert=AlertName.DATABASE_ERROR,
        but={requests("500"): "0+2xN"},
        minutes=30,
    ),
    Case(
        sentence="the canary can upload nothing",
        alert=AlertName.ARTIFACT_FAILED,
        but=failing("artifact_upload", "0+1xN"),
        minutes=10,
        fires=(artifact_failed("artifact_upload", "100%"),),
    ),
    Case(
        sentence="neither way works",
        alert=AlertName.ARTIFACT_FAILED,
        but={**failing("artifact_upload", "0+1xN"), **failing("artifact_download", "0+1xN")},
        minutes=10,
        fires=(artifact_failed("artifact_upload", "100%"), artifact_failed("artifact_download", "100%")),
    ),
    Case(
        sentence="one download fails",
        alert=AlertName.ARTIFACT_FAILED,
        but={
            steps("artifact_download", "success"): "0+1x9 9 10+1xN",
            steps("artifact_download", "failure"): "0+0x9 1+0xN",
        },
        minutes=12,
    ),
    Case(
        sentence="the database is what fails, and artifacts with it",
        alert=AlertName.ARTIFACT_FAILED,
        but={**failing("database", "0+1xN"), **failing("artifact_upload", "0+1xN")},
        minutes=30,
    ),
    Case(
        sentence="more than 80 % of the role's connections are open",
        alert=AlertName.DATABASE_CONNECTIONS_HIGH,
        but={CONNECTIONS: "14+0x9 70+0xN"},
        minutes=21,
        fires=(
            Firing(
                severity="warning",
                description=(
                    "87.5% of the connections that the role may open are open, more than 80 %. "
                    "Beyond the limit PostgreSQL refuses further ones."
                ),
            ),
        ),
    ),
    Case(
        sentence="80 % are open, but no more",
        alert=AlertName.DATABASE_CONNECTIONS_HIGH,
        but={CONNECTIONS: "64+0xN"},
        minutes=30,
    ),
    Case(
        sentence="a rollout opens many connections for some minutes",
        alert=AlertName.DATABASE_CONNECTIONS_HIGH,
        but={CONNECTIONS: "14+0x9 70+0x4 14+0xN"},
        minutes=30,
    ),
    Case(
        sentence="the role has no limit, which PostgreSQL writes as -1",
        alert=AlertName.DATABASE_CONNECTIONS_HIGH,
        but={LIMIT: "-1+0xN", CONNECTIONS: "500+0xN"},
        minutes=30,
    ),
)

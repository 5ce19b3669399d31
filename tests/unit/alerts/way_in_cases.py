from __future__ import annotations

from components.monitoring.rules import AlertName
from tests.unit.alerts.environments import DRILL
from tests.unit.alerts.promtool import Case, Firing
from tests.unit.alerts.world import DAY, certificate, refused, signing_keys

CERTIFICATE = "The certificate of the public route in data-platform {}."
UNUSUAL = "The gateway of data-platform refuses {} requests a second, more than 4 times as many as in the day before."
NO_KEYS = (
    "Gateway pod mlflow-gateway-1 has fetched no signing keys for {}. 24 h after the last fetch it refuses everybody."
)


def refuses(rate: str) -> Firing:
    return Firing(severity="warning", description=UNUSUAL.format(rate))


def stale(severity: str, lasting: str) -> Firing:
    return Firing(
        severity=severity,
        description=NO_KEYS.format(lasting),
        labels={"pod": "mlflow-gateway-1", "lasting": lasting},
    )


CASES = (
    Case(
        sentence="the certificate ends within three weeks",
        alert=AlertName.CERTIFICATE_EXPIRY,
        but={certificate(): f"{20 * DAY}+0xN"},
        minutes=60,
        fires=(
            Firing(
                severity="warning", description=CERTIFICATE.format("ends in 19d 23h 0m 0s"), labels={"within": "21d"}
            ),
        ),
    ),
    Case(
        sentence="the certificate ends within a week",
        alert=AlertName.CERTIFICATE_EXPIRY,
        but={certificate(): f"{5 * DAY}+0xN"},
        minutes=60,
        fires=(
            Firing(
                severity="critical", description=CERTIFICATE.format("ends in 4d 23h 0m 0s"), labels={"within": "7d"}
            ),
        ),
    ),
    Case(
        sentence="the certificate has ended, and the canary has seen that",
        alert=AlertName.CERTIFICATE_EXPIRY,
        but={certificate(): "1800+0xN"},
        minutes=60,
        fires=(Firing(severity="critical", description=CERTIFICATE.format("has ended"), labels={"within": "7d"}),),
    ),
    Case(
        sentence="the certificate ends in more than three weeks",
        alert=AlertName.CERTIFICATE_EXPIRY,
        but={certificate(): f"{22 * DAY}+0xN"},
        minutes=60,
    ),
    Case(
        sentence="the canary has not seen the certificate yet",
        alert=AlertName.CERTIFICATE_EXPIRY,
        but={certificate(): "0+0xN"},
        minutes=60,
    ),
    Case(
        sentence="refusals become many within a day of few",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("jwt_authn"): "0+1x1500 1500+30xN"},
        minutes=1516,
        fires=(refuses("500m"),),
    ),
    Case(
        sentence="assertions of the wrong form become many",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("rbac"): "0+0x300 0+30xN"},
        minutes=316,
        fires=(refuses("516.7m"),),
    ),
    Case(
        sentence="a gateway without a past refuses many",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("jwt_authn"): "0+30xN"},
        minutes=20,
        fires=(refuses("500m"),),
    ),
    Case(
        sentence="refusals become many, with everything five times as fast",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("jwt_authn"): "0+10xN", refused("rbac"): "0+0xN"},
        minutes=6,
        seconds=10,
        environment=DRILL,
        fires=(refuses("1"),),
    ),
    Case(
        sentence="as many are refused as every day",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("jwt_authn"): "0+30xN"},
        minutes=1500,
    ),
    Case(
        sentence="five times as many as before, of next to nothing",
        alert=AlertName.GATEWAY_REFUSING_UNUSUALLY,
        but={refused("jwt_authn"): "0+1x1500 1500+5xN"},
        minutes=1516,
    ),
    Case(
        sentence="the team domain cannot be reached for a quarter of an hour",
        alert=AlertName.GATEWAY_KEYS_STALE,
        but={signing_keys("mlflow-gateway-1"): "1+0x9 0+0xN"},
        minutes=25,
        fires=(stale("warning", "10m"),),
    ),
    Case(
        sentence="half of the time is over for which known keys are trusted",
        alert=AlertName.GATEWAY_KEYS_STALE,
        but={signing_keys("mlflow-gateway-1"): "0+0xN"},
        minutes=12 * 60 + 1,
        fires=(stale("warning", "10m"), stale("critical", "12h")),
    ),
    Case(
        sentence="a few fetches fail",
        alert=AlertName.GATEWAY_KEYS_STALE,
        but={signing_keys("mlflow-gateway-1"): "1+0x9 0+0x4 1+0xN"},
        minutes=25,
    ),
)

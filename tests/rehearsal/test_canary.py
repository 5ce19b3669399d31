"""The canary of production comes in by the public route, as people do, and sees the certificate that they see."""

from __future__ import annotations

import ssl
import time
from collections import Counter

from cryptography import x509

from sandbox import stack
from tests.integration.cluster import wait_for
from tests.rehearsal.conftest import HOST
from tests.rehearsal.prometheus import series

ROUND_SECONDS = 60
SCRAPE_SECONDS = 30
VISITS = 'sum by (pod) (mlflow_canary_steps_total{{job="mlflow-canary", step="public_route", outcome="{}"}})'
CERTIFICATE_END = f'max(mlflow_canary_certificate_expiry_timestamp_seconds{{job="mlflow-canary", host="{HOST}"}})'


def value(query: str) -> float:
    """Of all series together, or 0 before there is one."""
    found = series(query)
    return float(found[0]["value"][1]) if found else 0.0


def visits(outcome: str) -> Counter[str]:
    """By pod: one that was replaced is told of for some minutes after its end."""
    return Counter({each["metric"]["pod"]: int(each["value"][1]) for each in series(VISITS.format(outcome))})


def test_it_gets_through_the_edge_again_and_again_and_never_fails() -> None:
    wait_for(lambda: visits("success").total() > 0, "the canary to come in by the public route")
    before, failed = visits("success"), visits("failure")

    wait_for(
        lambda: (visits("success") - before).total() > 0,
        "the canary to do it again",
        timeout=3 * (ROUND_SECONDS + SCRAPE_SECONDS),
    )

    assert (visits("failure") - failed).total() == 0


def test_it_tells_when_the_certificate_ends_that_the_edge_shows() -> None:
    wait_for(lambda: value(CERTIFICATE_END) > time.time(), "the end of a certificate, and one in the future")

    shown = ssl.get_server_certificate((HOST, 443), ca_certs=str(stack.CA_FILE))
    assert value(CERTIFICATE_END) == x509.load_pem_x509_certificate(shown.encode()).not_valid_after_utc.timestamp()

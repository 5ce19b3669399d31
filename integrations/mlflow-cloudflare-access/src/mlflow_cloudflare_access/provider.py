"""What MLflow loads: asks for the headers of a service token, with placeholders for their values."""

from __future__ import annotations

import os

from mlflow_cloudflare_access import exchange
from mlflow_cloudflare_access.settings import VARIABLES


class AccessHeaderProvider:
    """A `mlflow.tracking.request_header.abstract_request_header_provider.RequestHeaderProvider` by its methods alone.

    MLflow loads it in the middle of its own import, which an exception would end: nothing here can fail.
    """

    def in_context(self) -> bool:
        """Whether anything is configured; installed alone, the package does nothing."""
        return any(os.environ.get(name) for name in VARIABLES)

    def request_headers(self) -> dict[str, str]:
        """Marks a request as MLflow's; whether the token goes with it is decided when its address is known."""
        exchange.install()
        return dict.fromkeys(exchange.HEADERS, exchange.PLACEHOLDER)

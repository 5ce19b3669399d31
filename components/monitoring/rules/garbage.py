"""The alert about the garbage collection, as Kubernetes sees its Jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.monitoring.rules.jobs import last_has_failed
from components.monitoring.rules.model import Alert, Severity
from components.monitoring.rules.scope import MINUTE
from components.monitoring.rules.settings import GARBAGE_COLLECTION, AlertName

if TYPE_CHECKING:
    from components.monitoring.rules.scope import RuleScope

_JOBS = f'job_name=~"{GARBAGE_COLLECTION}-.+"'
"""Those that somebody starts by hand too."""


def alerts(scope: RuleScope) -> list[Alert]:
    """Make the alert, where anything is collected."""
    return [_failed(scope)] if scope.watched.garbage_collection else []


def _failed(scope: RuleScope) -> Alert:
    return scope.alert(
        AlertName.GARBAGE_COLLECTION_FAILED,
        Severity.WARNING,
        expr=last_has_failed(scope, _JOBS),
        hold=MINUTE,
        summary="The last garbage collection has failed.",
        description=(
            "The last garbage collection in {{ $labels.namespace }} has failed, or could not remove all that was due."
        ),
    )

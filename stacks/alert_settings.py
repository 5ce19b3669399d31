"""Reads what concerns alerts: thresholds, objectives, how urgent they are, and where a person reads what to do."""

from __future__ import annotations

import difflib
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from components.monitoring.rules import (
    CANARY_BUCKETS,
    SAMPLES_OF_A_WINDOW,
    SHORTEST_WINDOW_SECONDS,
    AlertName,
    AlertSettings,
    BackupRuleArgs,
    Severity,
)
from stacks import checks

if TYPE_CHECKING:
    from components.mlflow_server import ResourceArgs
    from stacks.config_reader import ConfigReader

_NOT_WATCHED = "nobody would be told when the objective is missed, or everybody all the time"
_NOT_ROUTED = "Alertmanager would not know whom to tell"
_LEAST_OBJECTIVE = Decimal(95)
"""With less, even a total failure would be less than 14.4 times the budget, and the alert for it would never fire."""
_MOST_OBJECTIVE = Decimal("99.9")
"""The canary tries once a minute: one failure in an hour is more than a budget of less can tell."""
_MOST_PATIENCE = 1000
_HOUR, _DAY = 3_600, 86_400
_LONGEST_BACKUP_HOURS, _LONGEST_VERIFY_HOURS, _LONGEST_DRILL_DAYS = 168, 744, 366
"""A week, a month and a year: whoever allows more does not want the alert."""
_SHORTEST_NOTICE, _LONGEST_NOTICE = 3, 60
"""Days. Renewal is tried about a month before a certificate of 90 days ends."""


def read_alerts(
    reader: ConfigReader,
    *,
    monitored: bool,
    resources: ResourceArgs,
    scrape_seconds: int,
    canary_seconds: int | None,
    exporter: bool = True,
    backups: bool = False,
    drill: bool = False,
    point_in_time: bool = False,
) -> AlertSettings | None:
    """Read the settings, all of them also where there are no alerts; None when there are none.

    Args:
        reader: Where the values come from.
        monitored: Whether there is monitoring, without which there is nobody to evaluate an alert.
        resources: Of the server, whose memory a threshold has to fit.
        scrape_seconds: Between two looks of Prometheus.
        canary_seconds: Between two rounds of the canary; None when there is none.
        exporter: Whether there is one, without which nobody hears how the backups go.
        backups: Whether there are any.
        drill: Whether they are restored regularly to prove them.
        point_in_time: Whether the log of the database server is shipped into their bucket.
    """
    wanted = reader.flag("alerts", "it would be unclear whether anybody is to be told of faults") and monitored
    patience = reader.integer("alertPatience", 1, _MOST_PATIENCE, "alerts would come at once, or never")
    settings = AlertSettings(
        runbook_url=_runbook(reader, wanted=wanted),
        memory_bytes=_memory(reader, resources, wanted=wanted),
        availability_objective=_objective(reader, "availabilityObjective"),
        latency_objective=_objective(reader, "latencyObjective"),
        latency_seconds=_latency_seconds(reader),
        certificate_days=reader.integer(
            "certificateDays", _SHORTEST_NOTICE, _LONGEST_NOTICE, "the alert would come too late, or all the time"
        ),
        backups=_backups(reader, backups=backups, drill=drill, point_in_time=point_in_time),
        patience=patience / 100,
        severities=_severities(reader),
    )
    if not wanted:
        return None
    _check_intervals(reader, patience, scrape_seconds, canary_seconds)
    if backups and not exporter and reader.sound("exporter"):
        reader.report(
            "exporter",
            "is false, but there are backups and alerts",
            "the alerts about backups would have no numbers: nobody would be told when one fails or is missing",
            "pulumi config set exporter true, or pulumi config set alerts false",
        )
    return settings


def _runbook(reader: ConfigReader, *, wanted: bool) -> str:
    nowhere = "an alert would lead nowhere"
    if not reader.needed("runbookUrl", nowhere if wanted else None):
        return ""
    return reader.text("runbookUrl", nowhere, _page)


def _page(value: str) -> str | None:
    """URL of a page, to which each alert adds its anchor."""
    what = checks.base_url(value, with_path=True)
    if what:
        return what
    parts = urlsplit(value)
    return None if parts.scheme == "https" and parts.path.strip("/") else "is not of the form https://HOST/PATH"


def _memory(reader: ConfigReader, resources: ResourceArgs, *, wanted: bool) -> int:
    value = reader.text("alertMemory", "the alert could not be made", checks.quantity)
    threshold = checks.amount(value)
    if wanted and reader.sound("alertMemory", "memoryRequest") and threshold <= checks.amount(resources.memory_request):
        reader.report(
            "alertMemory",
            f"{value!r} is not above memoryRequest ({resources.memory_request})",
            "the alert would fire at pods that use what they are guaranteed",
            "raise alertMemory, or lower memoryRequest",
        )
    elif wanted and reader.sound("alertMemory", "memoryLimit") and threshold >= checks.amount(resources.memory_limit):
        reader.report(
            "alertMemory",
            f"{value!r} is not below memoryLimit ({resources.memory_limit})",
            "a pod would be killed before the alert could fire",
            "lower alertMemory, or raise memoryLimit",
        )
    return int(threshold)


def _objective(reader: ConfigReader, key: str) -> float:
    value = reader.text(key, _NOT_WATCHED, _percentage)
    return float(Decimal(value) / 100) if reader.sound(key) else 0.0


def _percentage(value: str) -> str | None:
    try:
        known = _LEAST_OBJECTIVE <= Decimal(value) <= _MOST_OBJECTIVE
    except InvalidOperation:
        known = False
    return None if known else f"is not a percentage from {_LEAST_OBJECTIVE} to {_MOST_OBJECTIVE}"


def _latency_seconds(reader: ConfigReader) -> float:
    known = {f"{bound:g}": float(bound) for bound in CANARY_BUCKETS}

    def check(value: str) -> str | None:
        return None if value in known else f"is not one of {', '.join(known)}"

    value = reader.text("latencySeconds", "the canary does not count by it: the alert would never fire", check)
    return known.get(value, 0.0)


def _backups(reader: ConfigReader, *, backups: bool, drill: bool, point_in_time: bool) -> BackupRuleArgs | None:
    late = "the alert would come at once, or too late"
    age = reader.integer("alertBackupAge", 1, _LONGEST_BACKUP_HOURS, late)
    verify_age = reader.integer("alertBackupVerifyAge", 1, _LONGEST_VERIFY_HOURS, late)
    drill_age = reader.integer("alertBackupDrillAge", 1, _LONGEST_DRILL_DAYS, late)
    if not backups:
        return None
    return BackupRuleArgs(
        max_age_seconds=age * _HOUR,
        verify_max_age_seconds=verify_age * _HOUR,
        drill_max_age_seconds=drill_age * _DAY if drill else None,
        point_in_time=point_in_time,
    )


def _severities(reader: ConfigReader) -> dict[AlertName, Severity]:
    given = reader.structure("alertSeverities", dict, _NOT_ROUTED)
    names = {name.value: name for name in AlertName}
    severities = {severity.value: severity for severity in Severity}
    known = {}
    for name, severity in given.items():
        if name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            fix = f"{hint}pulumi config rm --path alertSeverities.{name}"
            reader.report("alertSeverities", f"{name}: is not the name of an alert", "it would be ignored", fix)
        elif str(severity) not in severities:
            what = f"{name}: {severity!r} is not one of {', '.join(severities)}"
            fix = f"pulumi config set --path alertSeverities.{name} warning"
            reader.report("alertSeverities", what, _NOT_ROUTED, fix)
        else:
            known[names[name]] = severities[severity]
    return known


def _check_intervals(reader: ConfigReader, patience: int, scrape_seconds: int, canary_seconds: int | None) -> None:
    """Report an interval of which the shortest window of the rules holds too few."""
    window = SHORTEST_WINDOW_SECONDS * patience // 100
    seconds, key = max((scrape_seconds, "scrapeInterval"), (canary_seconds or 0, "canaryInterval"))
    if reader.sound("alertPatience", "scrapeInterval", "canaryInterval") and seconds * SAMPLES_OF_A_WINDOW > window:
        least = -(-seconds * SAMPLES_OF_A_WINDOW * 100 // SHORTEST_WINDOW_SECONDS)
        reader.report(
            key,
            f"'{seconds}' is too long for alertPatience ({patience}): the alerts look at {window} s at the least, and "
            f"need {SAMPLES_OF_A_WINDOW} intervals in it",
            "there would be too little to judge by",
            f"pulumi config set alertPatience {least}, or lower {key}",
        )

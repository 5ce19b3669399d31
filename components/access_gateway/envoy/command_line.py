"""How Envoy is started."""

from __future__ import annotations

EXECUTABLE = "/usr/local/bin/envoy"
"""Where the official image has it."""


def command_line(configuration: str) -> list[str]:
    """Options for a configuration file."""
    return [
        "--config-path",
        configuration,
        # The memory of the signing keys belongs to one worker thread; one core carries more than MLflow can.
        "--concurrency",
        "1",
        # It would want shared memory, for a successor that a container never has.
        "--disable-hot-restart",
        # Below `info`, always: with `debug` the assertion filter prints tokens.
        "--log-level",
        "warning",
        # It reports a body that is too large with the whole path, whose query the audit log leaves out for a reason.
        "--component-log-level",
        "http:critical",
        # Lines of the audit trail wait in memory for the default of 10 s, and a process that is killed loses them.
        "--file-flush-interval-msec",
        "100",
    ]

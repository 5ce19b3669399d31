"""Runs `pulumi` for one stack, with credentials that come by the environment, and keeps what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from delivery.digest import ANSI, document_of
from delivery.ending import orderly
from delivery.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KUBECONFIG_CONTENT = "KUBECONFIG_CONTENT"
"""Variable with the text of a kubeconfig: CI keeps secrets as text, and kubectl's libraries want a file."""
ORGANIZATION = "PULUMI_ORGANIZATION"
"""Variable with the organization on Pulumi Cloud that the stacks are of."""
WITHHELD = ("GITHUB_TOKEN", KUBECONFIG_CONTENT)
"""Not for the program that is run."""
PREVIEW = ("preview", "--json", "--show-sames")
"""With what stays as it is: some rules are about two resources."""
REFRESH = ("refresh", "--preview-only", "--json")
TAIL_LINES = 25


@contextmanager
def environment(given: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment for `pulumi`; a kubeconfig that came as text is a private file while this lasts.

    A secret that CI does not have is an empty variable there, which `pulumi` would take for a value (an empty
    passphrase, an empty token): those are left out.
    """
    made = {name: value for name, value in given.items() if value and name not in WITHHELD}
    made |= {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "false"}
    if not given.get(KUBECONFIG_CONTENT):
        yield made
        return
    with tempfile.NamedTemporaryFile("w", prefix="kubeconfig-") as file:  # made for its owner alone
        file.write(given[KUBECONFIG_CONTENT])
        file.flush()
        yield made | {"KUBECONFIG": file.name}


def look(words: Sequence[str], stack: str, given: Mapping[str, str]) -> tuple[dict[str, Any], bool]:
    """Asks the engine what would change, changing nothing.

    Args:
        words: `PREVIEW` or `REFRESH`.
        stack: name of the stack.
        given: environment, with credentials.

    Returns:
        The engine's digest, and whether the engine succeeded. Where it failed without saying why in the digest, what it
        printed on standard error is in there as an error.

    Raises:
        DeliveryError: there is no `pulumi`, or it succeeded and printed no digest.
    """
    with environment(given) as env:
        command = ["pulumi", *words, f"--stack={qualified(stack, given)}", "--non-interactive", "--color=never"]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, check=False
            )
        except FileNotFoundError as error:
            raise _no_pulumi() from error
    sys.stderr.write(done.stderr)
    source = f"what `pulumi {words[0]}` printed for stack {stack}"
    if done.returncode == 0:
        # The engine leaves out the counts of a stack without resources.
        return {"changeSummary": {}, **document_of(done.stdout, source)}, True
    try:
        document = document_of(done.stdout, source)
    except DeliveryError:
        document = {}
    said = document.setdefault("diagnostics", [])
    if not any(message.get("severity") == "error" for message in said):
        lines = ANSI.sub("", done.stderr or done.stdout).strip().splitlines()[-TAIL_LINES:]
        text = "\n".join(lines) or f"pulumi {words[0]} ended with exit code {done.returncode} and said nothing"
        said.append({"severity": "error", "message": text})
    return document, False


def act(words: Sequence[str], stack: str, given: Mapping[str, str]) -> int:
    """Runs a command that changes things, for a person to watch, and returns its exit code.

    Raises:
        DeliveryError: there is no `pulumi`.
    """
    with environment(given) as env, orderly() as ending:
        command = ["pulumi", *words, f"--stack={qualified(stack, given)}", "--non-interactive"]
        try:
            # In a group of its own, since a terminal would tell it to end as well, and being told twice it gives up.
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=env, process_group=0)
        except FileNotFoundError as error:
            raise _no_pulumi() from error
        ending.of(process)
        return process.wait()


def qualified(stack: str, given: Mapping[str, str]) -> str:
    """The stack's name as the engine wants it: one of an organization on Pulumi Cloud is told with it."""
    organization = given.get(ORGANIZATION)
    return f"{organization}/{stack}" if organization else stack


def text_of(document: Mapping[str, Any]) -> str:
    """The document as it is written to a file."""
    return json.dumps(document, indent=2) + os.linesep


def _no_pulumi() -> DeliveryError:
    return DeliveryError(
        "pulumi is not on the PATH",
        "install the version that requirements.txt pins: https://www.pulumi.com/docs/install/",
    )

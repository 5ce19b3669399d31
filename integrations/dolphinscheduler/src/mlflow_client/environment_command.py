"""`python -m mlflow_client environment`: creates DolphinScheduler's environment for MLflow, or brings it up to date."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_client.environment_api import NAME_EXISTS, DolphinSchedulerError, Environment, EnvironmentApi
from mlflow_client.environment_text import merged, variable
from mlflow_client.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Creates an environment of DolphinScheduler, or brings it up to date; the second time it changes nothing. Tasks that
choose the environment have its variables. Exports in it that are not named here stay as they are.
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declares the command and its arguments."""
    parser = commands.add_parser("environment", description=DESCRIPTION, help="create or update an environment")
    parser.add_argument("--url", required=True, help="the API: http://dolphinscheduler-api:12345/dolphinscheduler")
    parser.add_argument("--token-file", required=True, type=Path, help="a file with an administrator's access token")
    parser.add_argument("--name", default="mlflow", help="what the environment is called (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable; may be repeated")
    parser.add_argument("--unset", action="append", default=[], metavar="NAME", help="a variable to take out")
    parser.add_argument("--worker-group", action="append", help="who may use it; may be repeated (default: unchanged)")
    parser.add_argument("--description", help="shown in DolphinScheduler's pages (default: unchanged)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Does it, and prints what it did; 1 where it could not."""
    try:
        variables = dict(variable(each) for each in arguments.set)
        api = EnvironmentApi(url=arguments.url, token=read_token(arguments.token_file))
        done = _apply(api, arguments, variables)
    except (ConfigurationError, DolphinSchedulerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"environment {arguments.name}: {done}\n")
    return 0


def read_token(path: Path) -> str:
    """Reads an access token from a file.

    Raises:
        ConfigurationError: it cannot be read, or is not one line.
    """
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a text"
        raise ConfigurationError(
            f"--token-file {path} cannot be read ({reason}): check the path and its mode"
        ) from None
    if not token or any(character.isspace() for character in token):
        raise ConfigurationError(f"--token-file {path} holds no token: put in the token alone, on one line")
    return token


def _apply(api: EnvironmentApi, arguments: argparse.Namespace, variables: dict[str, str]) -> str:
    """Creates it or brings it up to date, and says which."""
    found = api.find(arguments.name)
    if found is None:
        wanted = _wanted(Environment(name=arguments.name, config=""), arguments, variables)
        if not wanted.config:
            raise ConfigurationError("--set is missing: an environment has at least one variable")
        try:
            api.create(wanted)
        except DolphinSchedulerError as error:
            if error.code != NAME_EXISTS:
                raise
            found = api.find(arguments.name)
            if found is None:
                raise
        else:
            return "created"
    wanted = _wanted(found, arguments, variables)
    if wanted == found:
        return "unchanged"
    if not wanted.config.strip():
        raise ConfigurationError("--unset would leave nothing, and an environment has at least one variable: delete it")
    api.update(wanted)
    return "updated"


def _wanted(found: Environment, arguments: argparse.Namespace, variables: dict[str, str]) -> Environment:
    groups, description = arguments.worker_group, arguments.description
    return replace(
        found,
        config=merged(found.config, variables, arguments.unset),
        worker_groups=found.worker_groups if groups is None else tuple(sorted(set(groups))),
        description=found.description if description is None else description,
    )

"""Reads the recipe, which is DataHub's own, and says what is wrong with it before anything is asked or sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlflow_ingestion.failures import UsageError

SOURCE = "mlflow_ingestion.source.PlatformSource"
"""What the recipe calls the source; DataHub's framework loads a class by its path."""
_TOKEN_AUTH = "k8s_oidc"  # noqa: S105 - a name
"""Of DataHub's providers of tokens, the one that reads a file anew for every request."""
_REST = "datahub-rest"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A recipe that this program runs."""

    pipeline: dict[str, Any]
    """As DataHub's framework takes it."""
    datahub: str
    """Where it goes, for messages."""
    tracking_uri: str


def read(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        UsageError: It is none, or the token file that it names holds no token.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"the recipe {path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # Where, and not what: the line may hold anything.
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageError(f"the recipe {path} is not YAML{where}") from error
    if not isinstance(content, dict):
        raise UsageError(f"the recipe {path} is not a mapping with source and sink")
    return _checked(content, path)


def _checked(content: dict[str, Any], path: Path) -> Recipe:
    problems: list[str] = []
    source, sink = (_part(content, name, problems) for name in ("source", "sink"))
    if source and source["type"] != SOURCE:
        problems.append(f"source.type is {source['type']!r}: it is to be {SOURCE}, without which tags are lost")
    if not content.get("pipeline_name"):
        problems.append("pipeline_name is missing: what DataHub removes is found by it, so it has to stay the same")
    config = source.get("config") or {}
    for key, meaning in (
        ("tracking_uri", "the server's URL inside the cluster"),
        ("base_external_url", "the URL that people open, for links"),
    ):
        if source and not config.get(key):
            problems.append(f"source.config.{key} is missing: it is to be {meaning}")
    if sink and sink["type"] == _REST:
        problems += _rest_problems(sink.get("config") or {})
    if problems:
        raise UsageError(f"the recipe {path}: {'; '.join(problems)}")
    target = sink.get("config") or {}
    return Recipe(
        pipeline=content,
        datahub=f"DataHub at {target['server']}" if sink["type"] == _REST else f"the sink {sink['type']}",
        tracking_uri=config["tracking_uri"],
    )


def _part(content: dict[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    part = content.get(name)
    if isinstance(part, dict) and isinstance(part.get("type"), str) and isinstance(part.get("config") or {}, dict):
        return part
    problems.append(f"{name} is not a mapping with type and config")
    return {}


def _rest_problems(config: dict[str, Any]) -> list[str]:
    problems = []
    if not config.get("server"):
        problems.append("sink.config.server is missing: it is to be the URL of DataHub's metadata service (GMS)")
    if "token" in config:
        problems.append("sink.config.token is a secret in a ConfigMap: name its file in sink.config.auth instead")
    auth = config.get("auth")
    if auth is not None:
        problems += _token_problems(auth)
    return problems


def _token_problems(auth: Any) -> list[str]:
    file = (auth.get("config") or {}).get("token_file") if isinstance(auth, dict) else None
    if not file or auth.get("type") != _TOKEN_AUTH:
        return [f"sink.config.auth is not of type {_TOKEN_AUTH} with config.token_file"]
    try:
        token = Path(file).read_text(encoding="ascii")
    except OSError as error:
        return [f"the token file {file} cannot be read: {error.strerror}"]
    except UnicodeDecodeError:
        return [f"the token file {file} holds no token: it is not text"]
    if not token.strip() or len(token.split()) > 1:
        return [f"the token file {file} holds no token: it is to be one word"]
    return []

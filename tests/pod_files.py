"""A pod's files and variables, as a recording has them, laid out so that its program can run as a process here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.unit.engine import Registration


@dataclass(frozen=True)
class LaidOut:
    """What it takes to start the one container of a pod."""

    command: list[str]
    environment: dict[str, str]


def lay_out(pod: Mapping[str, Any], made: Iterable[Registration], folder: Path, pod_ip: str = "127.0.0.1") -> LaidOut:
    """Write the files of a pod below a folder; paths in them, in variables and in the command lead there."""
    named = {f"{resource.name}-1a2b3c4d": resource.inputs for resource in made}
    (container,) = pod["containers"]
    places = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}

    ours = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, places.values()))})(?![\w-])")

    def here(text: str) -> str:
        return ours.sub(lambda place: f"{folder}{place[0]}", text).replace("$(POD_IP)", pod_ip)

    for volume in pod["volumes"]:
        directory = folder / places[volume["name"]].lstrip("/")
        directory.mkdir(parents=True)
        source = volume.get("configMap") or volume.get("secret") or {}
        content = named[source.get("name") or source["secretName"]] if source else {}
        files = {item["key"]: item["path"] for item in source.get("items", [])}
        for key, text in (content.get("data") or content.get("stringData") or {}).items():
            path = directory / files.get(key, key)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(here(text))
    variables: dict[str, str] = {}
    for origin in container.get("envFrom", []):
        variables |= named[origin["configMapRef"]["name"]]["data"]
    variables |= {each["name"]: each.get("value", pod_ip) for each in container.get("env", [])}
    words = [*container["command"], *container.get("args", [])]
    return LaidOut(
        command=[here(word) for word in words],
        environment={name: here(value) for name, value in variables.items()},
    )

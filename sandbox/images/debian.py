"""Which Debian mirror this machine uses, by apt's own settings, so that no host name lives in the repository."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APT = Path("/etc/apt")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
"""Of package debian-archive-keyring, for sources that name no keyring file."""

FETCHABLE = ("http://", "https://", "file:")
"""What debootstrap can read; apt's other ways (mirror lists, tor, cdrom) are passed over."""

ONE_LINE = re.compile(r"^deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$")


@dataclass(frozen=True)
class Mirror:
    """A Debian archive."""

    uri: str
    keyring: Path


def find_mirror(suite: str, apt: Path = APT) -> Mirror:
    """The first archive in apt's sources that has `main` of a release.

    Args:
        suite: the release's code name.
        apt: apt's settings folder.

    Raises:
        SandboxError: no source of this machine has it.
    """
    for source in _sources(apt):
        uri = next((uri for uri in source["uris"].split() if uri.startswith(FETCHABLE)), None)
        if uri and suite in source["suites"].split() and "main" in source["components"].split():
            # Signed-By may also hold a fingerprint or a whole key, neither of which debootstrap takes.
            signed_by = Path(source.get("signed-by", "").split(",")[0].strip())
            usable = signed_by.is_absolute() and signed_by.suffix == ".gpg" and signed_by.is_file()
            return Mirror(uri.rstrip("/"), signed_by if usable else KEYRING)
    raise SandboxError(
        f"apt's sources below {apt} name no archive with main of Debian {suite}",
        f"add one, for example in {apt}/sources.list.d/debian.sources, and call this again",
    )


def proxy_environment() -> dict[str, str]:
    """Translates apt's proxies into the variables that debootstrap's downloader reads; empty where apt has none."""
    found = {}
    for scheme in ("http", "https"):
        shell = ["apt-config", "shell", "PROXY", f"Acquire::{scheme}::Proxy"]
        try:
            answer = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=30).stdout
        except (FileNotFoundError, subprocess.TimeoutExpired):
            return {}
        value = answer.strip().removeprefix("PROXY=").strip("'")
        if value and value != "DIRECT":
            found[f"{scheme}_proxy"] = value
    return found


def _sources(apt: Path) -> Iterator[Mapping[str, str]]:
    """Every enabled binary source, in apt's order, with lower-case field names."""
    folder = apt / "sources.list.d"
    for path in [apt / "sources.list", *sorted(folder.glob("*.list"))]:
        for line in path.read_text().splitlines() if path.is_file() else ():
            if match := ONE_LINE.match(line.split("#")[0].strip()):
                options = dict(part.split("=", 1) for part in (match["options"] or "").split() if "=" in part)
                yield {
                    "uris": match["uri"],
                    "suites": match["suite"],
                    "components": match["components"],
                    "signed-by": options.get("signed-by", ""),
                }
    for path in sorted(folder.glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = _stanza(stanza)
            enabled = fields.get("enabled", "yes").lower() not in ("no", "false", "0")
            complete = {"uris", "suites", "components"} <= fields.keys()
            if enabled and complete and "deb" in fields.get("types", "").split():
                yield fields


def _stanza(text: str) -> dict[str, str]:
    """The fields of one deb822 paragraph; a line that begins with a space continues the field above."""
    fields: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        if line[:1].isspace():
            if name:
                fields[name] += "\n" + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields

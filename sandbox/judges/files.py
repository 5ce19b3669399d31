"""The repository's files, as the judges get them."""

from __future__ import annotations

from pathlib import Path

from sandbox import paths, processes


def tracked(*patterns: str) -> list[Path]:
    """The paths in the repository of the files that git knows or would add, by git's patterns.

    Raises:
        SandboxError: git does not answer.
    """
    words = ["git", "-C", str(paths.CLONE), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    told = processes.output_of([*words, *patterns], what="listing the repository's files")
    # A file that is deleted but not yet committed so is in git's list still.
    return sorted(Path(name) for name in told.split("\0") if name and (paths.CLONE / name).is_file())


def workflows() -> list[Path]:
    """GitHub's."""
    return tracked(".github/workflows/*.yaml")


def images() -> list[Path]:
    """Containerfiles."""
    return tracked("images/*/Containerfile")


def scripts() -> list[Path]:
    """What a shell runs, by the first line."""
    shells = ("#!/bin/sh", "#!/bin/bash", "#!/usr/bin/env sh", "#!/usr/bin/env bash")
    return [file for file in tracked() if _first_line(file).startswith(shells)]


def _first_line(file: Path) -> str:
    with (paths.CLONE / file).open(encoding="utf-8", errors="replace") as opened:
        return opened.readline(200)


def locks() -> list[Path]:
    """What is installed by people, images, the sandbox and the judges; not the old clients that tests bring along."""
    return tracked("requirements.txt", "**/requirements.txt")

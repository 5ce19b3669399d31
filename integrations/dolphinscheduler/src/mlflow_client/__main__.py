"""The package's commands: `python -m mlflow_client environment --help`."""

from __future__ import annotations

import argparse

from mlflow_client import environment_command


def main(words: list[str] | None = None) -> int:
    """Runs the command that the words name; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m mlflow_client")
    environment_command.add_to(parser.add_subparsers(title="commands", required=True))
    arguments = parser.parse_args(words)
    code: int = arguments.run(arguments)
    return code


if __name__ == "__main__":
    raise SystemExit(main())

"""The commands behind the Makefile: `python3 -m sandbox COMMAND`.

Starts with any Python 3.11 and its standard library, brings up the locked environment and goes on in there.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import sys

from sandbox import network, paths
from sandbox.errors import SandboxError
from sandbox.progress import Progress
from sandbox.toolchain import host, python_env

MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
"""What is the machine's fault wherever it strikes."""

COMMANDS = {
    "up": "prepare the tools, start the sandbox, deploy stack dev and log a first run",
    "prepare": "build every tool and image into the cache, and start nothing",
    "down": "destroy what was deployed and leave the machine as it was",
    "env": 'print the export lines for a shell: eval "$(make -s env)"',
    "status": "show what runs, what died and why",
    "test": "run everything: lint, types, unit tests, judges, integration tests on the sandbox",
    "unit": "run lint, types and unit tests, which need no sandbox",
    "lint": "run the linter, the formatter's check and the type checker",
    "judge": "have judges that are not ours look at what the program makes and at the repository's files",
    "audit": "ask whether a locked Python package has a known vulnerability",
    "rehearse-prod": "bring up production in the sandbox, check it through Cloudflare's double, and remove it",
    "drill": "make every fault and loss, in full: alerts tell of them, backups bring back, rotations go unnoticed",
    "preview": "show what `pulumi up` would change",
    "dashboards": "draw the dashboards on the cluster, with what the sandbox's Prometheus knows now",
    "pictures": "take the picture in the README, of the running sandbox with an experiment to look at",
    "bench": "measure and print as JSON lines",
    "docs": "write what the guides say of the program from the program itself",
    "lock": "compile the requirements files anew from what they are made of",
}


def main() -> int:
    """Runs one command and returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m sandbox",
        description="The local platform of mlflow-platform.",
        epilog="make recover: let a stack of your own, in the sandbox or not, go on after a killed `pulumi up`; "
        "make restore IDENTITY=FILE: restore such a stack from its backup",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        commands.add_parser(name, help=purpose, description=purpose)
    command = parser.parse_args().command
    try:
        if not python_env.is_active():
            progress = Progress()
            host.demand_suitable()
            if not python_env.is_there():
                host.demand_space(paths.CACHE, host.DISK_PYTHON_GIB, "the Python environment")
                host.install_python_venv(progress)
            interpreter = python_env.ensure(progress)
            sys.stderr.flush()
            os.execv(interpreter, [str(interpreter), "-m", "sandbox", *sys.argv[1:]])  # noqa: S606 - no shell is wanted
        os.environ.update(network.without_proxy())
        importlib.import_module(f"sandbox.commands.{command.replace('-', '_')}").run()
    except SandboxError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in MACHINE_ERRORS:
            raise
        print(f"\nerror: {error.strerror}: {error.filename or 'a file of the sandbox'}", file=sys.stderr)
        print("  cure: see that the disk has space and can be written to, and run it again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ninterrupted: the same command goes on where this one stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

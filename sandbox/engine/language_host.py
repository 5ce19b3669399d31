#!/usr/bin/env python3
"""Language host for Python programs: the ``pulumi-language-python`` of machines without an official Pulumi install.

The engine (v3.259.0) starts ``pulumi-language-python [flags] ENGINE_ADDRESS`` in a process group of its own, reads the
port from the first line of standard output, and ends the process with SIGINT. The program runs inside this process,
by the interpreter that runs this file: the first ``python3`` on the PATH. The official host starts another interpreter
per run instead, which costs a second import of every SDK.

The file is copied next to the ``pulumi`` binary, so it imports nothing but the standard library, grpc and the SDK.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

try:
    import grpc
    from pulumi import log
    from pulumi.automation._server import LanguageServer
    from pulumi.errors import RunError
    from pulumi.runtime import reset_options, run_in_stack, set_all_config
    from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2
except ImportError as missing:
    sys.stderr.write(
        f"pulumi-language-python: {sys.executable} cannot import the Pulumi SDK ({missing}).\n"
        "Put the environment that has the program's requirements first on the PATH, or install them:\n"
        f"    {sys.executable} -m pip install -r requirements.txt\n"
    )
    sys.exit(1)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARENT_POLL_SECONDS: Final = 1.0
THREADS: Final = 8  # Run blocks one thread for the whole program; the engine's other questions are short
GRPC_OPTIONS: Final = (
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),  # the SDK's own limit, see pulumi.runtime._grpc_settings
    ("grpc.max_send_message_length", 400 * 1024 * 1024),
)


def program_path(directory: str, entry_point: str) -> Path:
    """Resolve ``main`` of Pulumi.yaml: a file, or a directory that has a ``__main__.py`` (``.`` by default)."""
    return (Path(directory) / (entry_point or ".")).resolve()


def user_traceback(error: BaseException, directory: Path) -> str:
    """Format an exception without the frames above the user's program; all of it if the program is in no frame."""
    frames = traceback.extract_tb(error.__traceback__)
    for index, frame in enumerate(frames):
        if is_program_file(frame.filename, directory):
            return "".join(traceback.format_exception(error, limit=index - len(frames)))
    return "".join(traceback.format_exception(error))


def is_program_file(filename: str | None, directory: Path) -> bool:
    """Tell whether a module's file belongs to the program: below its directory, but not in an environment there."""
    if not filename or not Path(filename).is_absolute():
        return False
    path = Path(filename)
    if "site-packages" in path.parts or "dist-packages" in path.parts:
        return False
    return directory in (path, *path.parents)


class RequiredPlugin(NamedTuple):
    """A resource plugin that an installed SDK asks for: version without a leading v, download URL or ""."""

    name: str
    version: str
    server: str


def required_plugins(search_path: Iterable[str]) -> list[RequiredPlugin]:
    """List the resource plugins that the installed SDKs ask for.

    Each SDK carries a ``pulumi-plugin.json``. Only folders named ``pulumi_*`` are looked at, as the official host does.

    Args:
        search_path: directories that modules are imported from; the first one that has an SDK wins.
    """
    found: dict[str, RequiredPlugin] = {}
    for directory in search_path:
        for manifest in sorted(Path(directory or ".").glob("pulumi_*/pulumi-plugin.json")):
            try:
                content = json.loads(manifest.read_text(encoding="utf-8"))
            except (OSError, ValueError) as error:
                log.warn(f"{manifest} is left out, it cannot be read: {error}")
                continue
            name = content.get("name") or manifest.parent.name.removeprefix("pulumi_")
            if content.get("resource") and content.get("version"):
                version = str(content["version"]).removeprefix("v")
                found.setdefault(name, RequiredPlugin(name, version, content.get("server") or ""))
    return list(found.values())


@contextmanager
def program_environment(program: Path, pwd: str, arguments: list[str]) -> Iterator[None]:
    """Give a run what a new interpreter would have: directory, arguments, import path, none of its modules loaded."""
    directory = program if program.is_dir() else program.parent
    before = (sys.argv, sys.path.copy(), Path.cwd())
    try:
        os.chdir(pwd or directory)
        sys.argv = [str(program), *arguments]
        sys.path.insert(0, str(directory))
        yield
    finally:
        sys.argv, sys.path[:] = before[0], before[1]
        with suppress(OSError):
            os.chdir(before[2])
        for name, module in list(sys.modules.items()):
            if is_program_file(getattr(module, "__file__", None), directory):
                del sys.modules[name]


class PythonLanguageHost(LanguageServer):
    """The Automation API's language server, for a program on disk instead of a function."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(lambda: None)
        self.engine_address = engine_address
        self._one_run = threading.Lock()  # a run owns the working directory, sys.argv and sys.path

    def Run(self, request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC fixes the name
        """Run the program once, as the engine asks; errors that the user has seen are reported as a bail-out."""
        with self._one_run:
            return contextvars.copy_context().run(self._run, request)

    def _run(self, request: Any) -> Any:
        # Unobserved futures are normal once a resource has failed; the official host silences them as well.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        info = request.info
        program = program_path(info.program_directory or request.pwd, info.entry_point or request.program)
        reset_options(
            project=request.project,
            stack=request.stack,
            root_directory=info.root_directory or None,
            parallel=request.parallel,
            engine_address=request.args[0] if request.args else self.engine_address,
            monitor_address=request.monitor_address,
            preview=request.dryRun,
            organization=request.organization or "organization",
        )
        set_all_config(dict(request.config), list(request.configSecretKeys))
        problem = environment_problem(info, program)
        if problem:
            log.error(problem)
            return language_pb2.RunResponse(bail=True)
        with program_environment(program, request.pwd, list(request.args)[1:]):
            return execute(program, parallel=request.parallel)

    def GetRequiredPackages(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Name the packages of all installed SDKs: which of them the program imports is known only by running it."""
        packages = [
            plugin_pb2.PackageDependency(kind="resource", name=name, version=version, server=server)
            for name, version, server in required_plugins(sys.path)
        ]
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def GetRequiredPlugins(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Answer the older form of GetRequiredPackages."""
        plugins = [
            plugin_pb2.PluginDependency(kind="resource", name=name, version=version, server=server)
            for name, version, server in required_plugins(sys.path)
        ]
        return language_pb2.GetRequiredPluginsResponse(plugins=plugins)

    def GetProgramDependencies(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """List the installed distributions; without ``transitiveDependencies`` those that no other one requires."""
        from importlib import metadata  # noqa: PLC0415 - only `pulumi about` needs it

        versions = {normalised(dist.name): dist.version for dist in metadata.distributions()}
        if not request.transitiveDependencies:
            for dist in metadata.distributions():
                for requirement in dist.requires or ():
                    if "extra ==" not in requirement:
                        versions.pop(normalised(requirement), None)
        dependencies = [language_pb2.DependencyInfo(name=name, version=versions[name]) for name in sorted(versions)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def RuntimeOptionsPrompts(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Ask nothing at ``pulumi new``."""
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(self, _request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802
        """Say who installs dependencies here: the toolchain, pinned by hash, and never ``pulumi install``."""
        text = (
            f"The program runs in {sys.prefix}; this host installs nothing there. "
            "The sandbox prepares that environment (make up); for one of your own run\n"
            "    python3 -m pip install -r requirements.txt\n"
        )
        yield language_pb2.InstallDependenciesResponse(stdout=text.encode())


def normalised(requirement: str) -> str:
    """Reduce a distribution name or a requirement line to the name in the form that PyPI compares by."""
    name = next((requirement[:i] for i, c in enumerate(requirement) if not (c.isalnum() or c in "._-")), requirement)
    return name.lower().replace("_", "-").replace(".", "-")


def environment_problem(info: Any, program: Path) -> str | None:
    """Say what keeps the program from running as Pulumi.yaml asks, and the cure; None if nothing does."""
    wanted = dict(info.options).get("virtualenv")
    if wanted and (Path(info.root_directory) / str(wanted)).resolve() != Path(sys.prefix).resolve():
        return (
            f"Pulumi.yaml asks for the virtual environment {wanted!r}, but this language host runs programs in "
            f"{sys.prefix}, the environment of the first python3 on the PATH. "
            f"Put {wanted}/bin first on the PATH, or remove the option."
        )
    if program.is_dir() and not (program / "__main__.py").is_file():
        return f"unable to find main python program `__main__.py` in `{program}`"
    return None


def execute(program: Path, *, parallel: int) -> Any:
    """Run the program in an event loop of its own and turn its end into the engine's answer."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=max(parallel, 1) * 4)  # the SDK's ratio of threads to operations
    loop.set_default_executor(executor)

    def run() -> None:
        runpy.run_path(str(program), run_name="__main__")

    try:
        loop.run_until_complete(run_in_stack(run))
    except BaseException as error:  # noqa: BLE001 - whatever a program raises, SystemExit too, is its result
        return failure(error, program if program.is_dir() else program.parent)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        executor.shutdown(wait=True)
        loop.close()
        asyncio.set_event_loop(None)
        sys.stdout.flush()
        sys.stderr.flush()
    return language_pb2.RunResponse()


def failure(error: BaseException, directory: Path) -> Any:
    """Report how a program failed; ``bail`` tells the engine that the user has been told already."""
    if isinstance(error, RunError):
        log.error(str(error))
    elif isinstance(error, SystemExit):
        if error.code in {None, 0}:
            return language_pb2.RunResponse()
        if not isinstance(error.code, int):
            log.error(str(error.code))
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {error.code}")
    elif isinstance(error, grpc.RpcError):
        # UNAVAILABLE: the engine has closed the monitor because something else failed, and reports that itself.
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            return language_pb2.RunResponse()
        log.error(f"RPC error: {error.details()}")
    else:
        log.error("Program failed with an unhandled exception:\n" + user_traceback(error, directory))
    return language_pb2.RunResponse(bail=True)


def main() -> None:
    """Serve until the engine sends SIGINT (or SIGTERM), or is gone."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if not arguments:
        sys.exit("usage: pulumi-language-python [flags] ENGINE_ADDRESS (the Pulumi engine starts this program)")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    server = grpc.server(ThreadPoolExecutor(max_workers=THREADS), options=GRPC_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonLanguageHost(arguments[-1]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not stop.wait(PARENT_POLL_SECONDS) and os.getppid() == parent:
        pass
    # A program that still runs must not hold the exit: its threads are joined by every other way out.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

"""A real engine with the plugins installed, and throwaway servers, for the tests of the plugins."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.engine.install import install_language_host, install_plugins

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

START_TIMEOUT = 30.0  # seconds for a server to answer
RUN_TIMEOUT = 120.0  # seconds for one run of the engine


def binary(name: str, cure: str, *folders: str) -> Path:
    """Find a program on the PATH or in further folders; a missing one is an error, not a skipped test."""
    more = [str(path) for pattern in folders for path in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *more]))
    if found is None:
        message = f"{name} is neither on the PATH nor in {list(folders)}: {cure}"
        raise FileNotFoundError(message)
    return Path(found).resolve()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            message = f"{what} did not start; the end of its log:\n" + log.read_text()[-2000:]
            raise RuntimeError(message)
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """Make a CA and a certificate for 127.0.0.1; return the CA, the certificate and its key."""
    openssl = binary("openssl", "apt-get install openssl")
    folder.mkdir(parents=True, exist_ok=True)
    authority, certificate, key = folder / "ca.pem", folder / "server.pem", folder / "server.key"

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], check=True, capture_output=True, cwd=folder)

    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
    run("req", "-x509", *new_key, "-keyout", "ca.key", "-out", authority.name, "-subj", "/CN=test", "-days", "2")
    run("req", *new_key, "-keyout", key.name, "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
    signing = ("-CA", authority.name, "-CAkey", "ca.key", "-extfile", "names", "-days", "2")
    run("x509", "-req", "-in", "server.csr", "-out", certificate.name, *signing)
    return authority, certificate, key


def unprivileged(folder: Path) -> list[str]:
    """Return the command prefix under which PostgreSQL, which refuses root, runs, and give it the folder."""
    if os.geteuid() != 0:
        return []
    account = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    entry = pwd.getpwnam(account)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    setpriv = binary("setpriv", "apt-get install util-linux")
    return [str(setpriv), f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True)
class Engine:
    """A ``pulumi`` with language host and plugins of its own."""

    bin_dir: Path
    home: Path
    stack: Path  # a file backend with an empty stack, to copy

    @classmethod
    def install(cls, folder: Path) -> Engine:
        bin_dir, home = folder / "bin", folder / "home"
        bin_dir.mkdir(parents=True)
        source = binary("pulumi", "run `make up` once, which builds it, and use the shell of `make env`")
        try:
            os.link(source, bin_dir / "pulumi")
        except OSError:  # another file system
            shutil.copy2(source, bin_dir / "pulumi")
        # The SDK of kubernetes is installed, so the engine wants its plugin to be there. No test starts it.
        placeholder = folder / "pulumi-resource-kubernetes"
        placeholder.write_text("#!/bin/sh\nexit 1\n")
        placeholder.chmod(0o755)
        install_language_host(bin_dir)
        install_plugins(home, Path(sys.executable), None, kubernetes=placeholder)
        engine = cls(bin_dir, home, folder / "stack")
        Project(engine, folder / "first", "").run("stack", "init", "test")
        shutil.copytree(folder / "first" / "state", engine.stack)
        shutil.copy(folder / "first" / "Pulumi.test.yaml", engine.stack)
        return engine


@dataclass
class Project:
    """A program, its stack in a file backend, and the runs of the engine on it."""

    engine: Engine
    folder: Path
    header: str
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        state = self.folder / "state"
        if self.engine.stack.exists():
            shutil.copytree(self.engine.stack, state)
            shutil.copy(state / "Pulumi.test.yaml", self.folder)
        else:
            state.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text("name: test\nruntime: python\n")
        path = os.pathsep.join([str(self.engine.bin_dir), str(Path(sys.executable).parent), os.environ["PATH"]])
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI", "PG", "MINIO"))}
        self.environment = inherited | {
            "PATH": path,
            "PULUMI_HOME": str(self.engine.home),
            # Without: a kill can leave the .attrs file beside a state empty, and the engine then reads nothing at all.
            "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
            "NO_COLOR": "1",
            "PULUMI_STACK": "test",
            "PULUMI_OPTION_GENERATE_CODE": "false",  # only the official host can write source
        }

    def program(self, body: str) -> None:
        (self.folder / "__main__.py").write_text(self.header + textwrap.dedent(body))

    def command(self, *arguments: str) -> list[str]:
        return [str(self.engine.bin_dir / "pulumi"), *arguments, "--non-interactive"]

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run the engine; return what it said. ``fails`` says which outcome is expected."""
        result = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT,
            check=False,
        )
        said = result.stdout + result.stderr
        assert (result.returncode != 0) == fails, said
        return said

    def up(self, *arguments: str, fails: bool = False) -> str:
        return self.run("up", "--yes", "--skip-preview", *arguments, fails=fails)

    def settled(self) -> None:
        """Assert that neither the program nor the servers ask for a change."""
        self.run("preview", "--refresh", "--expect-no-changes")

    def drifted(self) -> str:
        """Take over what somebody else has changed; return what the engine found."""
        return self.run("refresh", "--yes", "--skip-preview")

    def destroy(self) -> str:
        return self.run("destroy", "--yes", "--skip-preview")

    def export(self) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.run("stack", "export"))
        return exported

    def resources(self) -> list[Mapping[str, Any]]:
        """Everything in the state except the stack itself and providers."""
        return [
            resource
            for resource in self.export()["deployment"].get("resources", [])
            if not resource["type"].startswith("pulumi:")
        ]

    def resource(self, name: str) -> Mapping[str, Any]:
        return next(resource for resource in self.resources() if resource["urn"].endswith(f"::{name}"))


def plain(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Replace encrypted values by a word, so that outputs can be compared as a whole."""
    secret = {key for key, value in outputs.items() if isinstance(value, dict) and "ciphertext" in value}
    return {key: "(secret)" if key in secret else value for key, value in outputs.items()}


def children(pid: int) -> Sequence[int]:
    """List the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

"""The command as people and pipelines call it."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow_service_catalog
import pytest
from mlflow_service_catalog.command_line import main

from tests import guides
from tests.unit.service_catalog.samples import ENTRY, OF_A_PORTAL, OTHER_STACK

SOURCE = Path(mlflow_service_catalog.__file__).parents[1]
README = SOURCE.parent / "README.md"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "services.json"
    file.write_bytes(OF_A_PORTAL.encode())
    return file


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    file = tmp_path / "entry.json"
    file.write_text(json.dumps(ENTRY))
    return file


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    """Puts something into standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def ids(catalog: Path) -> list[str]:
    return [each["id"] for each in json.loads(catalog.read_bytes())]


def test_an_entry_comes_from_standard_input(
    catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given(monkeypatch, json.dumps(ENTRY).encode())

    assert main(["merge", str(catalog)]) == 0
    assert capsys.readouterr().out == f"{catalog}: mlflow-platform.prod added\n"
    assert ids(catalog) == ["grafana", "minio", "mlflow-platform.prod"]


def test_an_entry_comes_from_a_file_and_goes_again_without_a_trace(
    catalog: Path, entry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["merge", str(catalog), "--entry", str(entry)]
    assert [main(words), main(words)] == [0, 0]
    entry.write_text(json.dumps(ENTRY | {"owner": "ml-team"}))
    assert main(words) == 0
    assert [main(["remove", str(catalog), ENTRY["id"]]) for _ in range(2)] == [0, 0]

    said = [line.rpartition("prod ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == ["added", "up to date", "replaced", "removed", "not there"]
    assert catalog.read_bytes() == OF_A_PORTAL.encode()


def test_a_check_tells_by_its_exit_code_and_writes_nothing(
    catalog: Path, entry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merging, removing = ["merge", str(catalog), "--entry", str(entry)], ["remove", str(catalog), ENTRY["id"]]

    assert [main([*merging, "--check"]), main([*removing, "--check"])] == [1, 0]
    assert catalog.read_bytes() == OF_A_PORTAL.encode()
    main(merging)
    assert [main([*merging, "--check"]), main([*removing, "--check"])] == [0, 1]
    assert capsys.readouterr().out.splitlines()[0] == f"{catalog}: mlflow-platform.prod would be added"


def test_an_entry_by_hand_is_taken_over_by_an_option(
    catalog: Path, entry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog.write_text('[{"url": "https://mlflow.example.com"}]')
    words = ["merge", str(catalog), "--entry", str(entry)]

    assert main(words) == 2
    assert main([*words, "--take-over"]) == 0
    assert f"mlflow-service-catalog: {catalog} somebody else's entry" in capsys.readouterr().err
    assert ids(catalog) == [ENTRY["id"]]


def test_mode_link_and_byte_order_mark_stay(catalog: Path, entry: Path, tmp_path: Path) -> None:
    catalog.write_bytes(b"\xef\xbb\xbf[]\r\n")
    catalog.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(catalog.name)

    assert main(["merge", str(link), "--entry", str(entry)]) == 0

    assert link.is_symlink()
    assert stat.S_IMODE(catalog.stat().st_mode) == 0o640
    assert catalog.read_bytes().startswith(b"\xef\xbb\xbf[\r\n  {\r\n")


def test_a_file_that_is_up_to_date_is_not_touched(catalog: Path, entry: Path) -> None:
    words = ["merge", str(catalog), "--entry", str(entry)]
    main(words)
    before = catalog.stat()

    main(words)

    assert (catalog.stat().st_ino, catalog.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_disk_that_is_full_leaves_the_file_as_it_was(
    catalog: Path, entry: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    assert main(["merge", str(catalog), "--entry", str(entry)]) == 2
    assert capsys.readouterr().err == f"mlflow-service-catalog: {catalog}: No space left on device\n"
    assert catalog.read_bytes() == OF_A_PORTAL.encode()
    assert sorted(each.name for each in catalog.parent.iterdir()) == ["entry.json", "services.json"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "does not exist. Fix: mend the path; a new catalog begins as []"),
        (b"[\xff]", "is not UTF-8 from byte 1 on"),
        (b"[", "is not JSON: "),
    ],
    ids=["absent", "another encoding", "half a file"],
)
def test_a_file_that_cannot_be_used_is_named(
    content: bytes | None, what: str, entry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.json"
    if content is not None:
        file.write_bytes(content)

    assert main(["merge", str(file), "--entry", str(entry)]) == 2
    assert f"mlflow-service-catalog: {file} {what}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "is empty"), (b"\xff", "is not UTF-8 from byte 0 on"), (b"{}", "is no entry of a service catalog")],
    ids=["nothing", "another encoding", "no entry"],
)
def test_an_entry_that_cannot_be_used_leaves_the_file_alone(
    content: bytes,
    what: str,
    catalog: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given(monkeypatch, content)

    assert main(["merge", str(catalog)]) == 2
    assert f"mlflow-service-catalog: the entry on standard input {what}" in capsys.readouterr().err
    assert catalog.read_bytes() == OF_A_PORTAL.encode()


def test_an_absent_entry_file_is_named(catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["merge", str(catalog), "--entry", "/does/not/exist.json"]) == 2
    assert capsys.readouterr().err == "mlflow-service-catalog: /does/not/exist.json: No such file or directory\n"


def test_stacks_that_come_at_the_same_moment_all_get_in(catalog: Path) -> None:
    entries = [OTHER_STACK | {"id": f"stack-{n}", "url": f"https://{n}.example.com"} for n in range(8)]
    code = "import sys; from mlflow_service_catalog.command_line import main; sys.exit(main())"
    words = [sys.executable, "-c", code, "merge", str(catalog)]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}

    running = [subprocess.Popen(words, stdin=subprocess.PIPE, env=environment, text=True) for _ in entries]
    for process, each in zip(running, entries, strict=True):
        assert process.stdin
        process.stdin.write(json.dumps(each))
        process.stdin.close()

    assert [process.wait(60) for process in running] == [0] * len(entries)
    assert sorted(ids(catalog)) == sorted(["grafana", "minio", *(each["id"] for each in entries)])


@pytest.mark.parametrize("words", [[], ["merge"], ["remove"]], ids=["the command", "merge", "remove"])
def test_the_readme_shows_the_help_as_it_is(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")

    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])

    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() in README.read_text()


def test_the_example_of_the_readme_works() -> None:
    (example,) = guides.blocks(README, "python")
    names: dict[str, Any] = {"text_of_the_entry": json.dumps(ENTRY), "text_of_the_file": OF_A_PORTAL}

    exec(example, names)  # noqa: S102 - what people are told to write

    assert json.loads(names["edit"].text)[-1] == ENTRY


def test_the_readme_names_every_member_and_all_of_the_interface() -> None:
    documented = set(re.findall(r"`(\w+)", README.read_text()))

    assert {*ENTRY, *mlflow_service_catalog.__all__} <= documented

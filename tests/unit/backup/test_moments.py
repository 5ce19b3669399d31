"""Point in time: names, places and documents, without a server or a bucket."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyrage
import pytest

from mlflow_backup.archive.manifest import Dump
from mlflow_backup.command_line import parser
from mlflow_backup.failures import NothingToDoError, RefusedError, UsageError
from mlflow_backup.point_in_time.catalogue import Server, choose, stretch
from mlflow_backup.point_in_time.fetching import moment_of
from mlflow_backup.point_in_time.places import Branch, place_of
from mlflow_backup.point_in_time.records import Base, Position
from mlflow_backup.point_in_time.segments import HEADER, Header, Segment
from mlflow_backup.point_in_time.settings import FetchSettings, RunSettings
from mlflow_backup.storage.bucket import Found

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SIZE = 16 << 20
SYSTEM = "7712613759066308658"
PLATFORM = "mlflow.example.com/mlflow"
BRANCH = Branch(PLATFORM, SYSTEM)
BEGUN = datetime(2026, 11, 26, 19, tzinfo=UTC)
BASE = Base(
    id="20261126T190000",
    platform=PLATFORM,
    system=SYSTEM,
    tool="1.0",
    postgresql=150018,
    segment_bytes=SIZE,
    begin_wal="000000010000000000000003",
    end_wal="000000010000000000000003",
    begun=BEGUN.isoformat(),
    ended=(BEGUN + timedelta(minutes=1)).isoformat(),
    files={"base.tar.gz": Dump(bytes=100, sha256="a" * 64, plaintext_bytes=90, plaintext_sha256="b" * 64)},
    recipients=("0" * 16,),
)
POSITION = Position(
    platform=PLATFORM,
    system=SYSTEM,
    segment_bytes=SIZE,
    finished="000000010000000000000005",
    partial="000000010000000000000006",
    covered_until=(BEGUN + timedelta(hours=1)).isoformat(),
    written=(BEGUN + timedelta(hours=1)).isoformat(),
)


def header(number: int, *, timeline: int = 1, system: int = int(SYSTEM), size: int = SIZE) -> Header:
    found = Header.read(HEADER.pack(0xD110, 0x0007, timeline, number * size, 0, system, size, 8192))
    assert found is not None
    return found


def server(numbers: Iterable[int], partial: Iterable[int] = ()) -> Server:
    def found(number: int) -> tuple[str, Found]:
        name = Segment(number, 1).name(SIZE)
        return name, Found(BRANCH.log_file(name), 10, "", "2026-11-26T19:10:00+00:00")

    return Server(BRANCH, finished=dict(map(found, numbers)), partial=dict(map(found, partial)))


@pytest.mark.parametrize(
    ("name", "size", "number"),
    [
        ("000000010000000000000003", SIZE, 3),
        ("0000000100000001000000FF", SIZE, 511),
        ("000000020000000A00000003", 1 << 30, 43),
    ],
)
def test_a_segments_name_is_its_number_and_its_timeline(name: str, size: int, number: int) -> None:
    segment = Segment.parse(name, size)

    assert segment == Segment(number, int(name[:8], 16))
    assert segment.name(size) == name


def test_what_is_no_segment_has_no_number() -> None:
    for name in ("00000002.history", "000000010000000000000003.partial", "00000001000000000000000g", ""):
        assert Segment.parse(name, SIZE) is None


def test_segments_of_a_later_timeline_follow_those_of_the_same_number() -> None:
    assert sorted([Segment(4, 1), Segment(3, 2), Segment(3, 1)]) == [Segment(3, 1), Segment(3, 2), Segment(4, 1)]


def test_a_file_that_nothing_was_written_to_has_no_header() -> None:
    assert Header.read(bytes(SIZE >> 10)) is None
    assert Header.read(b"short") is None


def test_a_segment_belongs_to_its_server_and_its_place() -> None:
    header(3).demand("x", Segment(3, 1), SYSTEM, SIZE)
    header(3, timeline=1).demand("the first of a timeline", Segment(3, 2), SYSTEM, SIZE)
    for other, reason in ((header(3, system=7), "foreign"), (header(4), "damaged"), (header(3, timeline=2), "damaged")):
        with pytest.raises(RefusedError) as refused:
            other.demand("x", Segment(3, 1), SYSTEM, SIZE)
        assert refused.value.reason == reason


def test_every_key_is_read_back_as_what_it_is() -> None:
    name = "000000010000000000000003"
    assert place_of(PLATFORM, BRANCH.log_file(name)).log == name  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.log_file(name, partial=True)).is_partial  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.log_file("00000002.history")).log == "00000002.history"  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.base_manifest(BASE.id)).is_manifest  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.base_file(BASE.id, "base.tar.gz")).base == BASE.id  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.base_file(BASE.id, "backup_manifest")).is_manifest is False  # type: ignore[union-attr]
    assert place_of(PLATFORM, BRANCH.position) is not None


def test_keys_of_others_are_passed_over() -> None:
    other = Branch(f"{PLATFORM}/more", SYSTEM)
    for key in (other.position, other.base_manifest(BASE.id), f"{BRANCH.prefix}notes.txt", "backups/x/manifest.json"):
        assert place_of(PLATFORM, key) is None


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert Base.parse("x", BASE.text()) == BASE
    assert Position.parse("x", POSITION.text()) == POSITION


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"format": 1', b'"format": 2', "knows none above 1"),
        (b'"postgresql": 150018', b'"postgresql": "15"', "its field 'postgresql' is no int"),
        (b"2026-11-26T19:01:00+00:00", b"2026-11-26T19:01:00", "its field 'ended' is no time"),
        (b"2026-11-26T19:01:00+00:00", b"yesterday", "its field 'ended' is no time"),
        (b"{", b"[", "it is no JSON"),
    ],
)
def test_a_damaged_manifest_is_refused(old: bytes, new: bytes, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        Base.parse("x", BASE.text().replace(old, new))


def test_a_moment_leads_to_the_newest_base_backup_before_it() -> None:
    later = replace(BASE, id="20261127T190000", ended=(BEGUN + timedelta(days=1)).isoformat())
    bases = [(server([]), later), (server([]), BASE)]

    assert choose(bases, None, "b")[1:] == (later, None)
    assert choose(bases, BEGUN + timedelta(days=2), "b")[1:] == (later, None)
    assert choose(bases, BEGUN + timedelta(hours=2), "b")[1:] == (BASE, later)
    with pytest.raises(NothingToDoError, match="the oldest base backup ended at 2026-11-26T19:01:00"):
        choose(bases, BEGUN, "b")
    with pytest.raises(NothingToDoError, match="bucket b holds no base backup"):
        choose([], None, "b")


def test_the_next_base_backup_of_another_server_says_nothing_about_the_end() -> None:
    other = replace(BASE, system="7", ended=(BEGUN + timedelta(days=1)).isoformat())

    assert choose([(server([]), other), (server([]), BASE)], BEGUN + timedelta(hours=2), "b")[1:] == (BASE, None)


def test_the_log_leads_from_the_base_backup_to_its_end() -> None:
    found = stretch(server([2, 3, 4, 5], [5, 6]), BASE, None, POSITION)

    assert [name[-1] for name in found.segments] == ["3", "4", "5", "6"]
    assert found.gap == ""


def test_behind_the_next_base_backup_no_segment_matters() -> None:
    until = replace(BASE, end_wal="000000010000000000000004")

    assert [name[-1] for name in stretch(server([3, 4, 5]), BASE, until, POSITION).segments] == ["3", "4"]


def test_a_gap_ends_the_log_and_is_named() -> None:
    found = stretch(server([3, 5], [6]), BASE, None, POSITION)

    assert [name[-1] for name in found.segments] == ["3"]
    assert "segment 000000010000000000000004 of the log is missing" in found.gap


def test_a_moment_has_a_zone() -> None:
    assert moment_of("latest") is None
    assert moment_of("2026-11-26T19:00:00+00:00") == BEGUN
    for text in ("2026-11-26T19:00:00", "now", ""):
        with pytest.raises(UsageError, match="with its zone"):
            moment_of(text)


def test_help_names_every_command_and_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["--help"])
    said = capsys.readouterr().out

    for word in ("pitr-run", "pitr-list", "pitr-fetch", "pitr-restore", "BACKUP_PITR_FOLDER", "pg_monitor"):
        assert word in said


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "recipients").write_text(f"{identity.to_public()}\n")
    (tmp_path / "identity").write_text(f"{identity}\n")
    (tmp_path / "services").write_text("[log]\nhost=db\n")
    (tmp_path / "key").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    return {
        "BACKUP_PLATFORM": PLATFORM,
        "BACKUP_RECIPIENTS_FILE": str(tmp_path / "recipients"),
        "BACKUP_IDENTITY_FILE": str(tmp_path / "identity"),
        "BACKUP_TARGET_BUCKET": "backups",
        "BACKUP_TARGET_REGION": "us-east-1",
        "BACKUP_TARGET_CREDENTIALS_FILE": str(tmp_path / "key"),
        "BACKUP_PITR_FOLDER": str(tmp_path),
        "PGSERVICEFILE": str(tmp_path / "services"),
        "PGSERVICE": "log",
    }


def test_the_settings_have_defaults(variables: dict[str, str], tmp_path: Path) -> None:
    settings = RunSettings.of(variables)

    assert (settings.folder, settings.slot) == (tmp_path, "mlflow_pitr")
    assert (settings.ship_seconds, settings.base_hours) == (60, 24)
    assert FetchSettings.of(variables, "log").superuser == "postgres"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"BACKUP_PITR_FOLDER": ""}, "BACKUP_PITR_FOLDER is not set"),
        ({"BACKUP_PITR_FOLDER": "/nowhere"}, "BACKUP_PITR_FOLDER is '/nowhere', which is no folder: make it first"),
        ({"BACKUP_PITR_SLOT": "MLflow"}, "BACKUP_PITR_SLOT is 'MLflow': a slot's name has lower-case letters"),
        ({"BACKUP_PITR_SHIP_SECONDS": "600"}, "BACKUP_PITR_SHIP_SECONDS is '600': it is to be a whole number from 1"),
        ({"BACKUP_PITR_BASE_HOURS": "0"}, "BACKUP_PITR_BASE_HOURS is '0': it is to be a whole number from 1"),
        ({"PGSERVICE": "other"}, "PGSERVICE is 'other', and .* has no section"),
    ],
)
def test_a_bad_setting_is_named(variables: dict[str, str], changed: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RunSettings.of({**variables, **changed})


def test_a_bad_setting_of_a_recovery_is_named(variables: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="BACKUP_PITR_SUPERUSER is 'a b': it is to be the name of a role"):
        FetchSettings.of({**variables, "BACKUP_PITR_SUPERUSER": "a b"})
    with pytest.raises(UsageError, match="--database-service is 'other'"):
        FetchSettings.of(variables, "other")


def test_whatever_role_a_stack_may_name_the_program_understands(variables: dict[str, str]) -> None:
    assert FetchSettings.of({**variables, "BACKUP_PITR_SUPERUSER": "chief-of_all2"}).superuser == "chief-of_all2"

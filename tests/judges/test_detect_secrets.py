"""detect-secrets on every file of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import paths
from sandbox.judges import detect_secrets, files

if TYPE_CHECKING:
    import pytest

    from tests.conftest import Accept


def test_no_file_holds_anything_like_a_secret_that_no_exception_is_for(accept: Accept) -> None:
    accept(detect_secrets.judge(files.tracked()), whole=True)


def test_it_notices_a_key_and_tells_only_where_it_is_even_where_a_comment_says_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "CLONE", tmp_path)
    # In one piece, it would be found here.
    key = "AKIA" + "QYLPMN5HHHFPZAM2"
    file = Path("settings.txt")
    (tmp_path / file).write_text(f"first line\nkey: {key}  # pragma: allowlist secret\n")

    (finding,) = detect_secrets.judge([file]).findings

    assert (finding.rule, finding.object, finding.text) == ("AWS Access Key", "settings.txt", "line 2")

"""Changes a file at one stroke: whoever reads it meanwhile gets the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow_service_catalog.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow_service_catalog.editing import Edit, Outcome


def rewrite(file: Path, change: Callable[[str], Edit], *, write: bool = True) -> Outcome:
    """Applies a change to a file's text.

    Two at a time wait for one another. The file keeps its mode, and its owner where that is allowed; a symbolic link
    stays one.

    Args:
        file: in UTF-8, with or without a byte order mark.
        change: from the present text to the next.
        write: False only tells what would come of it.

    Raises:
        CatalogError: the file cannot be read or written, or the change refuses its content.
    """
    try:
        target = file.resolve(strict=True)
        with _alone_in(target.parent):
            text = target.read_bytes().decode()
            edit = change(text)
            if write and edit.text != text:
                _replace(target, edit.text.encode())
    except FileNotFoundError as error:
        raise CatalogError(f"{file} does not exist. Fix: mend the path; a new catalog begins as []") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"{file} is not UTF-8 from byte {error.start} on") from error
    except OSError as error:
        raise CatalogError(f"{file}: {error.strerror}") from error
    except CatalogError as error:
        raise CatalogError(f"{file} {error}") from error
    return edit.outcome


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Holds a lock on the folder: the file itself is another one after each change."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(target: Path, content: bytes) -> None:
    before = target.stat()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as made:
        try:
            made.write(content)
            made.flush()
            os.fchmod(made.fileno(), before.st_mode & 0o7777)
            with contextlib.suppress(PermissionError):
                os.fchown(made.fileno(), before.st_uid, before.st_gid)
            os.fsync(made.fileno())
            Path(made.name).replace(target)
        except BaseException:
            Path(made.name).unlink()
            raise

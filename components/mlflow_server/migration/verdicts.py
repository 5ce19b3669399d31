"""What is to be done with a database, and what is to be said of a failure, by what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import schema
from .outcome import EndedError, Ending, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence


def demand_change(image: schema.Image, before: str | None, found: Sequence[str]) -> None:
    """Let pass what this image has to change and can.

    Raises:
        EndedError: There is nothing to do, or it is not for this image to do.
    """
    if before == image.head:
        raise EndedError(Outcome.NOTHING_TO_DO, f"the schema is at {before}, as MLflow {image.version} wants it")
    if before and before not in image.known:
        raise EndedError(
            Outcome.REFUSED,
            f"the database is at {before}, which MLflow {image.version} with its {image.head} does not know: a newer"
            " one has migrated it, and MLflow does not go back. Set `image` to that newer one, or restore a backup"
            " from before its migration",
        )
    if before is None and not schema.is_empty(found) and not schema.has_first_tables(found):
        raise EndedError(
            Outcome.REFUSED,
            f"the database has tables ({', '.join(found[:3])}, ...) and none of them is MLflow's: it belongs to"
            " something else. Set `databaseName` to one of its own",
        )


@dataclass(frozen=True)
class Found:
    """What the database says after a failure."""

    fate: str | None
    """Of the transaction, as `txid_status` has it."""
    revision: str | None


def verdict(image: schema.Image, before: str | None, why: str, found: Found, *, passing: bool) -> Ending:
    """Tell a failure by what it has left of the database.

    Args:
        image: What was to be reached.
        before: The revision at the start.
        why: The failure.
        found: What there is now.
        passing: Another attempt may not meet it.
    """
    at = f"the schema is at {found.revision or 'no revision'}"
    if found.fate == "committed" and found.revision == image.head:
        return Ending(Outcome.DONE, f"{at}, although the answer was lost: {why}")
    if found.fate == "in progress":
        return Ending(Outcome.RETRY_LATER, f"{why}; PostgreSQL is still rolling back, {at}")
    if found.fate != "aborted" or found.revision != before:
        return Ending(
            Outcome.LEFT_CHANGED,
            f"{why}; a part was committed, {at} and was at {before or 'none'}. Restore the last backup",
        )
    outcome = Outcome.RETRY_LATER if passing else Outcome.ROLLED_BACK
    return Ending(outcome, f"{why}; PostgreSQL has rolled all of it back, {at} as before")

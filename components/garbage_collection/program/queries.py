"""What is asked of MLflow's tables, of which MLflow's own methods tell too little: no age, no reference, no place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlflow.entities import LifecycleStage
from mlflow.entities.model_registry.model_version_stages import STAGE_DELETED_INTERNAL
from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
from mlflow.store.tracking.dbmodels.models import SqlExperiment, SqlLoggedModel, SqlRun
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import func, or_, select

from .outcome import Kind

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement, Select

_DEFAULT_EXPERIMENT = int(SqlAlchemyStore.DEFAULT_EXPERIMENT_ID)
_DELETED = LifecycleStage.DELETED
# As tables and not as classes, whose attributes MLflow does not type.
_RUN = SqlRun.__table__.c
_MODEL = SqlLoggedModel.__table__.c
_EXPERIMENT = SqlExperiment.__table__.c
_VERSION = SqlModelVersion.__table__.c


def due(kind: Kind, before_ms: int, only: str | None = None) -> Select[Any]:
    """Ask for all of a kind that have been deleted since before a time, or for one of them, the oldest first.

    Its rows have an `id`, `since_ms`, when it was deleted or a model changed last, and the `location` of its artifacts.
    Models of an experiment that is due are due, deleted or not, since they would lose their rows together with it.
    """
    if kind is Kind.RUN:
        condition = (_RUN.lifecycle_stage == _DELETED) & (_RUN.deleted_time <= before_ms)
        return _asked(_RUN.run_uuid, _RUN.deleted_time, _RUN.artifact_uri, condition, only)
    expired = (
        (_EXPERIMENT.lifecycle_stage == _DELETED)
        & (_EXPERIMENT.last_update_time <= before_ms)
        & (_EXPERIMENT.experiment_id != _DEFAULT_EXPERIMENT)
    )
    if kind is Kind.MODEL:
        changed = _MODEL.last_updated_timestamp_ms
        condition = (_MODEL.lifecycle_stage == _DELETED) & (changed <= before_ms)
        condition |= _MODEL.experiment_id.in_(select(_EXPERIMENT.experiment_id).where(expired))
        return _asked(_MODEL.model_id, changed, _MODEL.artifact_location, condition, only)
    number = None if only is None else int(only)
    return _asked(
        _EXPERIMENT.experiment_id, _EXPERIMENT.last_update_time, _EXPERIMENT.artifact_location, expired, number
    )


def contents(session: Session, experiment: str) -> str:
    """Name what is left in an experiment; empty when nothing is."""
    numbers = {
        Kind.RUN: select(func.count()).where(_RUN.experiment_id == int(experiment)),
        Kind.MODEL: select(func.count()).where(_MODEL.experiment_id == int(experiment)),
    }
    counted = {kind: session.execute(query).scalar_one() for kind, query in numbers.items()}
    return " and ".join(f"{number} {kind.singular}(s)" for kind, number in counted.items() if number)


def version_of(session: Session, thing: str) -> str | None:
    """Find a version of a registered model, not deleted, that names a run or a model, or a place below it.

    An id is 32 random digits, so that its place can be found by the id alone, however the URI is written.
    """
    query = select(_VERSION.name, _VERSION.version).where(
        _VERSION.current_stage.is_distinct_from(STAGE_DELETED_INTERNAL),
        or_(
            _VERSION.run_id == thing,
            _VERSION.source.contains(thing, autoescape=True),
            _VERSION.storage_location.contains(thing, autoescape=True),
        ),
    )
    row = session.execute(query.limit(1)).first()
    return f"{row.version} of the registered model {row.name!r}" if row else None


def _asked(
    identity: ColumnElement[Any],
    since: ColumnElement[Any],
    location: ColumnElement[Any],
    condition: ColumnElement[bool],
    only: str | int | None,
) -> Select[Any]:
    found = select(identity.label("id"), since.label("since_ms"), location.label("location")).where(condition)
    return found.order_by(since) if only is None else found.where(identity == only)

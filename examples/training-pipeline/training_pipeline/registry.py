"""The steps in the registry: a model becomes a version, and the version the champion where it passes the gate."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import mlflow

from training_pipeline import data, judgement
from training_pipeline.errors import PipelineError
from training_pipeline.training import models_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from mlflow_client import MLFlowClient

    from training_pipeline.judgement import Gate, Verdict

CHAMPION = "champion"
"""The alias of the version that users of the model load."""
CHALLENGER = "challenger"
"""The alias of the newest version that is not the champion."""
METRIC, VALUE = "gate.metric", "gate.value"
"""Tags of a version: by what it was judged, and what it showed."""

_LOG = logging.getLogger(__name__)


def register(client: MLFlowClient, name: str, run_id: str) -> str:
    """Makes the model of a run a version, once however often it is asked for, and the challenger.

    Args:
        client: connected.
        name: of the registered model, which is created where there is none.
        run_id: what `train` has returned.

    Returns:
        The version's number.

    Raises:
        PipelineError: the run has no model.
    """
    models = models_of(client, run_id)
    if not models:
        raise PipelineError(f"--run-id: run {run_id} has no model", "give the run_id that the step train has printed")
    known = [each for each in client.model_versions(name) if each.run_id == run_id]
    version = known[0] if known else client.register_model(name, model_uri=models[0].model_uri)
    number = str(version.version)
    if aliases(client, name).get(CHAMPION) != number:
        client.set_alias(name, CHALLENGER, number)
    return number


def promote(client: MLFlowClient, name: str, version: str, gate: Gate) -> Verdict:
    """Makes a version the champion where it passes the gate; else it stays the challenger.

    Champion and candidate are judged on the same rows, now, by what the registry gives for each. Tags on the version
    say what came of it.

    Args:
        client: connected.
        name: of the registered model.
        version: the candidate, as `register` has returned it.
        gate: what it has to show.

    Raises:
        NotFoundError: there is no such model or version.
    """
    champion = aliases(client, name).get(CHAMPION)
    if champion == version:
        verdict = judgement.Verdict(promoted=True, reason=f"version {version} is the champion already")
    else:
        verdict = _judge(client, name, version, champion, gate)
    _LOG.info("version %s of %s: %s", version, name, verdict.reason)
    if verdict.promoted:
        # The alias last: an attempt that was killed before it is made up for by the next one.
        client.set_alias(name, CHAMPION, version)
        if aliases(client, name).get(CHALLENGER) == version:
            client.delete_alias(name, CHALLENGER)
    return verdict


def aliases(client: MLFlowClient, name: str) -> Mapping[str, str]:
    """The number of the version that each alias of a model points to."""
    return {alias: str(version) for alias, version in client.tracking.get_registered_model(name).aliases.items()}


def predict(name: str, version: str, part: data.Part) -> np.ndarray:
    """What a version of the registry says of some rows: a row each, with a probability for each class."""
    probabilities: np.ndarray = mlflow.pyfunc.load_model(f"models:/{name}/{version}").predict(part.features)
    return probabilities


def _judge(client: MLFlowClient, name: str, version: str, champion: str | None, gate: Gate) -> Verdict:
    held_out = data.load().held_out

    def shown_by(number: str) -> float:
        return judgement.measure(held_out.target, predict(name, number, held_out))[gate.metric]

    candidate, best = shown_by(version), shown_by(champion) if champion else None
    verdict = judgement.judge(gate, candidate, best)
    tags = {
        METRIC: gate.metric,
        VALUE: repr(candidate),
        "gate.outcome": verdict.outcome,
        "gate.reason": verdict.reason,
        "gate.rows": held_out.dataset().digest,
    }
    if champion:
        tags |= {"gate.champion_version": champion, "gate.champion_value": repr(best)}
    for key, value in tags.items():
        client.tracking.set_model_version_tag(name, version, key, value)
    return verdict

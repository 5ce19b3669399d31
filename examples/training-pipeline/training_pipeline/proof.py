"""The last step: the champion is loaded and served from the registry once, and says what the gate has seen it say."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import numpy as np

from training_pipeline import data, judgement, registry, serving
from training_pipeline.errors import PipelineError

if TYPE_CHECKING:
    from mlflow_client import MLFlowClient

_TOLERANCE = 1e-9
"""Of probabilities and metrics, which JSON carries exactly."""
_LOG = logging.getLogger(__name__)


def serve_once(client: MLFlowClient, name: str) -> str:
    """Loads the champion, starts a scoring server on it, and compares what both say of the rows held out.

    Returns:
        The number of the version that is the champion.

    Raises:
        PipelineError: there is no champion, the server does not come up, or what it says is not what it should.
    """
    champion = registry.aliases(client, name).get(registry.CHAMPION)
    if champion is None:
        raise PipelineError(
            f"--model-name: no version of {name} is the {registry.CHAMPION}",
            "let a version pass the gate (promote), or lower its --threshold",
        )
    held_out = data.load().held_out
    loaded = registry.predict(name, champion, held_out)
    _compare_with_the_gate(client, name, champion, judgement.measure(held_out.target, loaded))
    with serving.serving(f"models:/{name}@{registry.CHAMPION}", client.tracking_uri) as url:
        served = serving.predict(url, held_out.features)
    if served.shape != loaded.shape or not np.allclose(served, loaded, rtol=0, atol=_TOLERANCE):
        raise PipelineError(
            f"the scoring server says something else than version {champion} of {name} does",
            f"look whether somebody has moved the alias {registry.CHAMPION} meanwhile, and run the step again",
        )
    _LOG.info("version %s of %s is served, and says what it should", champion, name)
    return champion


def _compare_with_the_gate(client: MLFlowClient, name: str, version: str, measured: dict[str, float]) -> None:
    tags = client.tracking.get_model_version(name, version).tags
    if registry.METRIC not in tags:
        _LOG.warning("version %s of %s became the champion without the gate: nothing to compare with", version, name)
        return
    metric, expected = tags[registry.METRIC], float(tags[registry.VALUE])
    if not math.isclose(measured[metric], expected, abs_tol=_TOLERANCE):
        raise PipelineError(
            f"version {version} of {name} shows {metric} {measured[metric]:.6f}, and the gate has seen {expected:.6f}",
            "look for other versions of packages than those that the gate ran with (requirements.txt)",
        )
    _LOG.info("version %s of %s shows %s %.4f, as the gate has seen it", version, name, metric, expected)

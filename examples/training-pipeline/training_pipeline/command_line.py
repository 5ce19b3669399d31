"""The steps as commands of a task: arguments in, lines of results out, and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from mlflow_client import ConfigurationError, MLFlowClient, MLFlowClientError, setup_mlflow_for_dolphinscheduler
from mlflow_client.errors import explained

from training_pipeline import judgement, proof, registry, training
from training_pipeline.errors import PipelineError
from training_pipeline.outputs import hand_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Step = Callable[[argparse.Namespace], int]

FAILED, HELD = 1, 3
"""Exit codes; argparse ends with 2."""
TRACKING_URI = "MLFLOW_TRACKING_URI"
_EPILOG = f"""\
Results are lines on standard output: ${{setValue(name=value)}} in a task of DolphinScheduler, name=value elsewhere.
Exit codes: 0 done; {FAILED} failed, standard error says why; 2 wrong arguments; {HELD} held back, with --fail-if-held.
"""


def main(words: Sequence[str] | None = None) -> int:
    """Runs a step; returns the exit code."""
    arguments = _parser().parse_args(words)
    step: Step = arguments.step
    try:
        with explained(arguments.command, arguments.tracking_uri or os.environ.get(TRACKING_URI, "")):
            return step(arguments)
    except (PipelineError, MLFlowClientError, ConfigurationError) as error:
        sys.stderr.write(f"{error}\n")
        return FAILED


def _train(arguments: argparse.Namespace) -> int:
    client = setup_mlflow_for_dolphinscheduler(
        arguments.experiment, tracking_uri=arguments.tracking_uri, json_logs=False
    )
    settings = training.Settings(components=arguments.components, regularization=arguments.regularization)
    hand_on(run_id=training.train(client, settings))
    return 0


def _register(arguments: argparse.Namespace) -> int:
    client = MLFlowClient(arguments.tracking_uri)
    hand_on(model_version=registry.register(client, arguments.model_name, arguments.run_id))
    return 0


def _promote(arguments: argparse.Namespace) -> int:
    client = MLFlowClient(arguments.tracking_uri)
    gate = judgement.Gate(metric=arguments.metric, threshold=arguments.threshold, margin=arguments.margin)
    verdict = registry.promote(client, arguments.model_name, arguments.model_version, gate)
    hand_on(outcome=verdict.outcome)
    return HELD if arguments.fail_if_held and not verdict.promoted else 0


def _serve_once(arguments: argparse.Namespace) -> int:
    client = MLFlowClient(arguments.tracking_uri)
    hand_on(served_version=proof.serve_once(client, arguments.model_name))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training_pipeline",
        description="Train a model, register it, make it the champion where it is better, and serve it once.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(dest="command", required=True, metavar="STEP")
    train = _add(steps, "train", _train, "train a model in a run of its own; prints run_id")
    _option(train, "--experiment", _text, "training-pipeline", "where runs go")
    _option(train, "--components", _components, 2, "principal components that the model sees")
    _option(train, "--regularization", _positive, 1.0, "C of the logistic regression; less is a simpler model")
    register = _add(steps, "register", _register, "make the model of a run a version; prints model_version")
    register.add_argument("--run-id", type=_text, required=True, help="as train has printed it")
    promote = _add(steps, "promote", _promote, "make a version the champion where it passes the gate; prints outcome")
    promote.add_argument("--model-version", type=_version, required=True, help="as register has printed it")
    promote.add_argument("--metric", choices=judgement.METRICS, default="roc_auc", help="by default %(default)s")
    _option(promote, "--threshold", _share, 0.95, "the least that is good enough")
    _option(promote, "--margin", _share, 0.0, "by how much more than the champion's it has to be")
    promote.add_argument("--fail-if-held", action="store_true", help=f"exit with {HELD} where it does not pass")
    serve_once = _add(steps, "serve-once", _serve_once, "load and serve the champion once; prints served_version")
    for command in (register, promote, serve_once):
        _option(command, "--model-name", _text, "breast-cancer", "of the registered model")
    return parser


def _add(
    steps: argparse._SubParsersAction[argparse.ArgumentParser], name: str, step: Step, says: str
) -> argparse.ArgumentParser:
    command = steps.add_parser(name, help=says, description=says, epilog=_EPILOG)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("--tracking-uri", help=f"of the MLflow server; by default {TRACKING_URI}")
    command.set_defaults(step=step)
    return command


def _option(
    command: argparse.ArgumentParser, name: str, kind: Callable[[str], object], default: object, says: str
) -> None:
    command.add_argument(name, type=kind, default=default, help=f"{says}; by default %(default)s")


def _text(value: str) -> str:
    """A value that is there: what no task has handed on stays a placeholder in DolphinScheduler."""
    if not value.strip() or "${" in value:
        raise argparse.ArgumentTypeError(
            f"{value!r} is no value: does the task that it comes from print it, and declare it as its output?"
        )
    return value


def _version(value: str) -> str:
    if not _text(value).isascii() or not value.isdigit():
        raise argparse.ArgumentTypeError(f"{value!r} is no version: give its number, like 3")
    return value


def _components(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= training.MOST_COMPONENTS:
        raise argparse.ArgumentTypeError(f"{value!r}: give a whole number from 1 to {training.MOST_COMPONENTS}")
    return int(value)


def _positive(value: str) -> float:
    number = _number(value)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{value!r}: give a number greater than 0")
    return number


def _share(value: str) -> float:
    number = _number(value)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"{value!r}: give a number from 0 to 1, as the metrics are")
    return number


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} is no number: give one like 0.95") from None

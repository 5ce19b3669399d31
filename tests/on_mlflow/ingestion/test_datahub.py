"""How it goes with DataHub itself, by a strict double of it: whole, away, without permission, and mended afterwards."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.datahub import DataHub, serving
from tests.ingestion import Ingestion, rest_sink
from tests.integration.plugin_harness import free_port
from tests.on_mlflow.ingestion.test_content import model_urn
from tests.on_mlflow.ingestion.world import MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow import MlflowClient

    from tests.on_mlflow.ingestion.world import World

    Serve = Callable[..., DataHub]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(serving(DataHub(**how)))


@pytest.mark.usefixtures("filled")
def test_datahub_takes_everything_and_is_told_what_is_deleted_later(
    ingestion: Ingestion, client: MlflowClient, serve: Serve
) -> None:
    client.create_registered_model("deleted later")
    datahub = serve()
    first = ingestion.to(datahub)

    assert (first.code, datahub.refusals) == (0, [])
    assert first.result["records"] == datahub.taken - 2, "all but the checkpoint and its state"
    assert {model_urn(MODEL), model_urn(MODEL, "1"), model_urn("deleted later")} <= datahub.there

    client.delete_registered_model("deleted later")
    before = set(datahub.there)
    second = ingestion.to(datahub)

    assert (second.code, second.result["removed"]) == (0, 1)
    assert before - datahub.there == {model_urn("deleted later")}


@pytest.mark.usefixtures("filled")
def test_what_an_outage_has_kept_from_datahub_the_next_run_mends(
    ingestion: Ingestion, client: MlflowClient, serve: Serve
) -> None:
    client.create_registered_model("deleted during an outage")
    datahub = serve()
    assert ingestion.to(datahub).code == 0
    client.delete_registered_model("deleted during an outage")

    datahub.answers_until = datahub.taken
    outage = ingestion.to(datahub)
    assert outage.code == 4
    assert outage.message.startswith(f"DataHub at {datahub.url} cannot be reached: ")
    assert len(datahub.checkpoints) == 1
    assert model_urn("deleted during an outage") in datahub.there

    datahub.answers_until = None
    assert ingestion.to(datahub).code == 0
    assert model_urn("deleted during an outage") not in datahub.there


def test_a_refused_token_is_named_and_nothing_is_sent(ingestion: Ingestion, serve: Serve, filled: World) -> None:
    datahub = serve()
    outcome = ingestion.to(datahub, token="an-old-one")  # noqa: S106 - it is refused

    assert (outcome.code, outcome.result["reason"]) == (3, "refused")
    assert outcome.message.startswith(f"DataHub at {datahub.url} refuses the token: 401 ")
    assert (datahub.taken, filled.trained in str(datahub.aspects)) == (0, False)
    assert "an-old-one" not in str(outcome)


def test_a_gate_in_front_of_datahub_that_refuses_is_told_in_the_same_words(ingestion: Ingestion, serve: Serve) -> None:
    outcome = ingestion.to(serve(open_config=False), token="an-old-one")  # noqa: S106 - it is refused

    assert outcome.code == 3
    assert "refuses the token" in outcome.message


@pytest.mark.usefixtures("filled")
def test_who_may_read_and_not_write_is_told_so(ingestion: Ingestion, serve: Serve) -> None:
    datahub = serve(may_write=False)
    outcome = ingestion.to(datahub)

    assert outcome.code == 3
    assert "refuses the token: User is unauthorized to modify entities (so for " in outcome.message
    assert datahub.checkpoints == []


def test_datahub_that_is_away_is_named(ingestion: Ingestion) -> None:
    outcome = ingestion.to(DataHub(url=f"http://127.0.0.1:{free_port()}"))

    assert (outcome.code, outcome.result["reason"]) == (4, "retry-later")
    assert "cannot be reached: " in outcome.message


def test_mlflow_that_is_away_is_named_and_nothing_is_sent(ingestion: Ingestion, serve: Serve) -> None:
    datahub = serve()
    alone = Ingestion(ingestion.python, ingestion.folder, f"http://127.0.0.1:{free_port()}")
    outcome = alone.to(datahub)

    assert outcome.code == 4
    assert outcome.message.startswith(f"MLflow at {alone.tracking_uri} cannot be reached: ")
    assert datahub.taken == 0


def test_what_the_framework_finds_wrong_with_a_recipe_is_told_without_its_values(
    ingestion: Ingestion, serve: Serve
) -> None:
    datahub = serve()
    file = ingestion.folder / "token"
    file.write_text(datahub.token)
    recipe = ingestion.recipe(rest_sink(datahub.url, file))
    recipe["source"]["config"]["stateful_ingestion"]["fail_safe_threshold"] = 4711
    recipe["source"]["config"]["materialise"] = True
    outcome = ingestion.run(recipe)

    assert (outcome.code, datahub.taken) == (2, 0)
    assert "stateful_ingestion.fail_safe_threshold: Input should be less than or equal to 100" in outcome.message
    assert "4711" not in outcome.message

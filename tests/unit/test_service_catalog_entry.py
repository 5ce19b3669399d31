"""What a portal gets: a ConfigMap that it can find, and a fragment for its file, both valid by the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from mlflow_service_catalog import merge, parse_entry

from tests import guides, runbook

if TYPE_CHECKING:
    from tests.unit.conftest import Deploy
    from tests.unit.engine import Recording, Registration


def config_map(recording: Recording) -> Registration:
    return recording.called("catalog-entry")


def content(recording: Recording) -> str:
    (only,) = config_map(recording).inputs["data"].values()
    return str(only)


@pytest.fixture(params=["dev", "prod", "tunnelled"])
def stack(request: pytest.FixtureRequest) -> Recording:
    recording: Recording = request.getfixturevalue(request.param)
    return recording


def test_the_entry_is_valid_by_the_schema_and_the_same_in_both_places(stack: Recording) -> None:
    assert parse_entry(content(stack)) == stack.exports["catalogEntry"]
    assert stack.outputs_of[stack.one(":ServiceCatalogEntry").urn] == {"entry": stack.exports["catalogEntry"]}


def test_the_guide_shows_the_entry_of_production(prod: Recording) -> None:
    (shown,) = guides.blocks(runbook.SERVICE_CATALOG, "json")

    assert json.loads(shown) == prod.exports["catalogEntry"]


def test_production_is_shown_as_its_owner_described_it(prod: Recording) -> None:
    assert prod.exports["catalogEntry"] == {
        "id": "mlflow-platform.prod",
        "name": "MLFlow",
        "url": "https://mlflow.254carbon.com",
        "category": "ML",
        "description": "ML experiment tracking and model registry",
        "icon": "🧪",
        "healthUrl": "https://mlflow.254carbon.com/health",
        "owner": "data-platform",
    }


def test_the_texts_are_those_of_the_configuration(deployed: Deploy) -> None:
    given = {"Id": "ml", "Name": "Tracking", "Icon": "flask", "Category": "AI", "Description": "Runs", "Owner": "us"}
    configured: dict[str, Any] = {f"catalog{member}": value for member, value in given.items()}

    assert deployed(**configured).exports["catalogEntry"] == {
        member.lower(): value for member, value in given.items()
    } | {
        "url": "http://mlflow.local",
        "healthUrl": "http://mlflow.local/health",
    }


def test_people_can_read_what_is_in_the_config_map(prod: Recording) -> None:
    assert '\n  "icon": "🧪",\n' in content(prod)


def test_a_portal_finds_it_by_its_label(prod: Recording, deployed: Deploy) -> None:
    own = deployed(catalogLabel="portal.example.com/entry", catalogLabelValue="yes")

    assert config_map(prod).metadata["name"] == "mlflow-catalog-entry"
    assert config_map(prod).metadata["namespace"] == "data-platform"
    assert config_map(prod).metadata["labels"]["mlflow-platform.io/catalog-entry"] == "true"
    assert config_map(own).metadata["labels"]["portal.example.com/entry"] == "yes"


def test_stacks_meet_neither_in_a_folder_nor_in_a_file(dev: Recording, deployed: Deploy) -> None:
    another = deployed("prod", namespace="production")
    files = [*config_map(dev).inputs["data"], *config_map(another).inputs["data"]]
    text = "[]"
    for recording in (dev, another):
        text = merge(text, recording.exports["catalogEntry"]).text

    assert files == ["mlflow.data-platform.json", "mlflow.production.json"]
    assert [entry["id"] for entry in json.loads(text)] == ["mlflow-platform.dev", "mlflow-platform.prod"]


def test_it_waits_for_the_route_that_it_leads_to(dev: Recording) -> None:
    assert dev.one("Ingress").urn in config_map(dev).dependencies


def test_there_is_none_where_none_is_wanted(deployed: Deploy) -> None:
    without: dict[str, Any] = {"catalogEntry": False}
    made = deployed(**without)

    assert made.of_type(":ServiceCatalogEntry") == []
    assert "catalogEntry" not in made.exports

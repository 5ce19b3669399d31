"""Judges that we did not write, on the objects of stack dev as they are live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.judges import api_server
from tests import live_objects
from tests.integration.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.judges.manifests import Manifest, Stacks
    from sandbox.judges.report import Report
    from tests.conftest import Accept

pytestmark = pytest.mark.usefixtures("platform")


@pytest.fixture(scope="module")
def objects() -> Sequence[Manifest]:
    return live_objects.handed_over(Stack())


def test_the_api_server_takes_every_object_without_a_warning(objects: Sequence[Manifest], accept: Accept) -> None:
    accept(api_server.judge({"dev": objects}), whole=False)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [({"spec": {"prots": []}}, "field not declared in schema"), ({"spec": {"type": "Nothing"}}, "Unsupported value")],
    ids=["unknown_field", "unknown_value"],
)
def test_the_api_server_refuses_what_is_no_service(
    objects: Sequence[Manifest], spoiled: dict[str, dict[str, object]], said: str
) -> None:
    service = next(each for each in objects if each["kind"] == "Service")

    (finding,) = api_server.judge({"spoiled": [{**service, "spec": service["spec"] | spoiled["spec"]}]}).findings

    assert (finding.rule, finding.object) == ("refused", f"Service/{service['metadata']['name']}")
    assert said in finding.text


@pytest.mark.parametrize("judge", live_objects.JUDGES.values(), ids=live_objects.JUDGES)
def test_nothing_is_found_in_the_live_objects_that_no_exception_is_for(
    objects: Sequence[Manifest], judge: Callable[[Stacks], Report], accept: Accept
) -> None:
    accept(judge({"dev, live": live_objects.in_the_cluster(objects)}), whole=False)

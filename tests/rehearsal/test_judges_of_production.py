"""Judges that we did not write, on the objects of production as they are live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.judges import api_server, promtool, shellcheck
from tests import live_objects
from tests.rehearsal.conftest import production

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.judges.manifests import Manifest, Stacks
    from sandbox.judges.report import Report
    from tests.conftest import Accept

JUDGES = {
    **live_objects.JUDGES,
    promtool.NAME: promtool.judge,
    shellcheck.NAME: shellcheck.judge_objects,
}


@pytest.fixture(scope="module")
def objects() -> Sequence[Manifest]:
    return live_objects.handed_over(production())


def test_the_api_server_takes_every_object_without_a_warning(objects: Sequence[Manifest], accept: Accept) -> None:
    accept(api_server.judge({"prod": objects}), whole=False)


@pytest.mark.parametrize("judge", JUDGES.values(), ids=JUDGES)
def test_nothing_is_found_in_the_live_objects_that_no_exception_is_for(
    objects: Sequence[Manifest], judge: Callable[[Stacks], Report], accept: Accept
) -> None:
    accept(judge({"prod, live": live_objects.in_the_cluster(objects)}), whole=False)

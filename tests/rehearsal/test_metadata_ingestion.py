"""Production tells a DataHub what it holds: by its CronJob, from its pod, past its network policies, with a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox import jobs, network, rehearsal
from sandbox.private_files import write_private
from tests.datahub import DataHub, serving
from tests.integration.cluster import NAMESPACE
from tests.rehearsal.conftest import HOST, configure, production

if TYPE_CHECKING:
    from collections.abc import Iterator

CLUSTER = jobs.Cluster(NAMESPACE)
INGESTION = "mlflow-ingestion"


@pytest.fixture(scope="module")
def datahub() -> Iterator[DataHub]:
    """A DataHub on the host, of which the stack knows for as long as it is there."""
    before = rehearsal.FILE.read_text()
    with serving(DataHub(), address=network.HOST_ADDRESS) as catalogue:
        configure(datahubUrl=catalogue.url, datahubPeers=[{"cidr": f"{network.HOST_ADDRESS}/32"}])
        rehearsal.pulumi("config", "set", "--secret", "datahubToken", stdin=catalogue.token)
        production().up()
        yield catalogue
        write_private(rehearsal.FILE, before)
        production().up()


def test_every_experiment_arrives_with_a_link_that_people_can_open(datahub: DataHub) -> None:
    jobs.finish(CLUSTER, jobs.begin(CLUSTER, INGESTION))

    assert datahub.refusals == []
    containers = [kept["containerProperties"] for kept in datahub.aspects.values() if "containerProperties" in kept]
    assert "Default" in {each["name"] for each in containers}
    assert all(each["externalUrl"].startswith(f"https://{HOST}/") for each in containers)
    assert datahub.checkpoints


def test_a_token_that_is_refused_ends_the_job_with_one_line(datahub: DataHub) -> None:
    datahub.token, known = "another", datahub.token
    try:
        with pytest.raises(jobs.JobError) as refused:
            jobs.finish(CLUSTER, jobs.begin(CLUSTER, INGESTION))
    finally:
        datahub.token = known

    assert refused.value.exit_code == 3
    assert "token" in refused.value.log.strip().splitlines()[-1]

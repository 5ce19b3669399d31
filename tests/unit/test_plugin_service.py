"""The gRPC service of the plugins, asked as the engine asks, with a resource that lives in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.engine.plugins.minio.documents import same_policy, unique_id, user_name_problem
from sandbox.engine.plugins.minio.provider import MinioProvider
from sandbox.engine.plugins.postgresql.provider import PostgresqlProvider
from sandbox.engine.plugins.protocol.properties import Property
from sandbox.engine.plugins.protocol.provider import Provider
from sandbox.engine.plugins.protocol.resource import Created, PartialFailureError, Resource, ResourceError
from sandbox.engine.plugins.protocol.schema import Schema
from sandbox.engine.plugins.protocol.server import ProviderService
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values, from_struct, to_struct

if TYPE_CHECKING:
    import grpc

URN = "urn:pulumi:test::test::test:index/thing:Thing::thing"
Shelf = dict[str, Values]


class Refused(Exception):  # noqa: N818 - stands for grpc's own way out of a handler
    """What the engine would get instead of an answer."""

    def __init__(self, message: str, status: Any = None) -> None:
        super().__init__(message)
        self.status = status


class Context:
    """The part of a gRPC context that the service uses."""

    def abort(self, _code: grpc.StatusCode, details: str) -> None:
        raise Refused(details)

    def abort_with_status(self, status: Any) -> None:
        raise Refused(status.details, status)


class Thing(Resource[Shelf]):
    token = "test:index/thing:Thing"  # noqa: S105 - a type token
    identity = ("name",)
    schema: ClassVar[Schema] = Schema(
        {
            "name": Property(required=True),
            "color": Property(),
            "size": Property(force_new=True),
            "key": Property(computed=True, given=False, secret=True),
        }
    )

    def create(self, client: Shelf, new: Values) -> Created:
        if new["color"] == "broken":
            raise PartialFailureError(new["name"], new | {"key": "k"}, "painted wrong")
        client[new["name"]] = {"color": new["color"]}
        return Created(new["name"], {"key": "k"})

    def read(self, client: Shelf, identifier: str, state: Values) -> Values | None:
        if state.get("color") == "hidden":
            raise ResourceError("too dark")
        return client[identifier] | {"name": identifier} if identifier in client else None

    def update(self, client: Shelf, identifier: str, old: Values, new: Values) -> Values:  # noqa: ARG002
        client[identifier] = {"color": new["color"]}
        return {}

    def delete(self, client: Shelf, identifier: str, state: Values) -> None:  # noqa: ARG002
        client.pop(identifier, None)


class Things(Provider[Shelf]):
    name = "test"
    version = "1.0.0"
    config: ClassVar[Schema] = Schema({"server": Property(required=True), "password": Property(secret=True)})
    environment: ClassVar[dict[str, tuple[str, ...]]] = {"server": ("TEST_SERVER",)}

    def client(self, config: Values) -> Shelf:
        return {"old": {"color": config["server"]}}


@pytest.fixture
def service() -> ProviderService[Shelf]:
    service = ProviderService(Things((Thing(),)))
    service.Configure(provider_pb2.ConfigureRequest(args=to_struct({"server": "here"})), Context())
    return service


def test_a_preview_of_a_creation_leaves_open_what_the_server_decides(service: ProviderService[Shelf]) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=to_struct({"name": "a"}), preview=True)
    answer = service.Create(request, Context())
    assert answer.id == ""
    assert from_struct(answer.properties)["key"] is UNKNOWN
    assert "a" not in service.client


def test_a_creation_answers_with_what_the_server_then_has(service: ProviderService[Shelf]) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=to_struct({"name": "a", "color": "red"}))
    answer = service.Create(request, Context())
    assert (answer.id, from_struct(answer.properties)) == (
        "a",
        {"name": "a", "color": "red", "size": None, "key": "k", "id": "a"},
    )


@pytest.mark.parametrize(("color", "reason"), [("broken", "painted wrong"), ("hidden", "created, but not readable")])
def test_a_half_done_creation_is_reported_with_id_and_outputs(
    service: ProviderService[Shelf], color: str, reason: str
) -> None:
    request = provider_pb2.CreateRequest(urn=URN, properties=to_struct({"name": "a", "color": color}))
    with pytest.raises(Refused, match=reason) as refused:
        service.Create(request, Context())
    status = status_pb2.Status.FromString(refused.value.status.trailing_metadata[0][1])
    detail, packed = provider_pb2.ErrorResourceInitFailed(), any_pb2.Any()
    packed.CopyFrom(status.details[0])
    assert packed.Unpack(detail)
    assert (detail.id, from_struct(detail.properties)["key"]) == ("a", "k")


def test_a_vanished_object_is_answered_with_an_empty_id(service: ProviderService[Shelf]) -> None:
    request = provider_pb2.ReadRequest(urn=URN, id="gone", properties=to_struct({"name": "gone"}))
    assert service.Read(request, Context()).id == ""


def test_an_import_finds_inputs(service: ProviderService[Shelf]) -> None:
    answer = service.Read(provider_pb2.ReadRequest(urn=URN, id="old"), Context())
    assert from_struct(answer.inputs) == {"name": "old", "color": "here"}


def diff(service: ProviderService[Shelf], old: Values, new: Values) -> Any:
    request = provider_pb2.DiffRequest(urn=URN, id="a", olds=to_struct(old), news=to_struct(new))
    return service.Diff(request, Context())


def test_a_replacement_that_keeps_the_name_deletes_first(service: ProviderService[Shelf]) -> None:
    kept = diff(service, {"name": "a", "size": "s"}, {"name": "a", "size": "m"})
    assert (list(kept.replaces), kept.deleteBeforeReplace) == (["size"], True)
    assert kept.detailedDiff["size"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    renamed = diff(service, {"name": "a", "size": "s"}, {"name": "b", "size": "m"})
    assert renamed.deleteBeforeReplace is False
    assert diff(service, {"name": "a"}, {"name": "a"}).changes == provider_pb2.DiffResponse.DIFF_NONE


def test_an_unserved_type_is_refused_with_the_way_to_the_official_plugin(service: ProviderService[Shelf]) -> None:
    urn = "urn:pulumi:test::test::my:Parent$test:index/other:Other::thing"
    with pytest.raises(Refused, match=r"pulumi plugin install resource test 1\.0\.0"):
        service.Check(provider_pb2.CheckRequest(urn=urn), Context())


def test_a_changed_provider_replaces_nothing(service: ProviderService[Shelf]) -> None:
    request = provider_pb2.DiffRequest(
        urn="urn:pulumi:test::test::pulumi:providers:test::server",
        old_inputs=to_struct({"server": "here"}),
        news=to_struct({"server": UNKNOWN, "password": "x"}),
    )
    answer = service.DiffConfig(request, Context())
    assert list(answer.diffs) == ["password", "server"]
    assert list(answer.replaces) == []


def config_failures(provider: Provider[Any], **news: object) -> list[str]:
    return [failure.reason for failure in provider.check_config("server", news)]


def test_provider_arguments_are_checked_and_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MINIO_ENDPOINT", "MINIO_USER", "MINIO_PASSWORD", "PGPORT", "PGHOST"):
        monkeypatch.delenv(variable, raising=False)
    [missing] = config_failures(MinioProvider())
    assert 'The argument "minio_server" is required' in missing
    [unknown] = config_failures(PostgresqlProvider(), hots="a")
    assert unknown == (
        "could not validate provider configuration: Invalid or unknown key. Examine values at 'server.hots'."
    )
    assert config_failures(PostgresqlProvider(), port="5433", superuser="false", version="3.18.2") == []
    assert len(config_failures(PostgresqlProvider(), port="no number", clientcert="no json")) == 2
    monkeypatch.setenv("MINIO_ENDPOINT", "store:9000")
    assert config_failures(MinioProvider()) == []
    credentials = {"minioUser": "a", "minioPassword": "b"}
    assert MinioProvider().configured(credentials).url == "http://store:9000"
    with pytest.raises(ResourceError, match="set `minio_user` and `minio_password`"):
        MinioProvider().configured({"minioUser": "a"})
    with pytest.raises(ResourceError, match="without a scheme"):
        MinioProvider().configured(credentials | {"minioServer": "https://store:9000"})


def test_a_login_that_only_the_official_plugin_knows_is_refused() -> None:
    with pytest.raises(ResourceError, match="install the official one"):
        PostgresqlProvider().configured({"awsRdsIamAuth": "true"})


def test_policies_compare_by_meaning() -> None:
    one = '{"Version": "1", "Statement": {"Action": ["b", "a"], "Resource": ["r"], "Sid": ""}}'
    two = '{"Statement": [{"Resource": "r", "Action": ["a", "b"]}], "Version": "1"}'
    assert same_policy(one, two)
    assert not same_policy(one, two.replace('"a", ', ""))
    assert not same_policy("", one)


def test_generated_ids_look_like_those_of_the_official_plugin() -> None:
    first, second = unique_id("mlflow-"), unique_id("mlflow-")
    assert first < second
    assert len(first) == len("mlflow-20261123015954579600000001")


@pytest.mark.parametrize("name", ["mlflow", "a.b@c+d=e", "cn=a,ou=b,dc=c"])
def test_users_of_minio_and_of_ldap_are_accepted(name: str) -> None:
    assert user_name_problem(name) is None

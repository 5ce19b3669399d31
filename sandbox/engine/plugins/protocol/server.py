"""The gRPC service of a plugin: the engine's questions, answered from schemas and by resources.

It stands directly on ``ResourceProviderServicer``. ``pulumi.provider.experimental`` (SDK 3.259.0) cannot serve here:
it passes no old inputs on to Diff, cannot report a half-done create, and its DiffConfig reads attributes that its own
``PropertyDiff`` lacks.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import grpc
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.engine.plugins.protocol.resource import ClientT, PartialFailureError, Resource, ResourceError
from sandbox.engine.plugins.protocol.values import UNKNOWN, Values, from_struct, to_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.engine.plugins.protocol.properties import Failure
    from sandbox.engine.plugins.protocol.provider import Provider
    from sandbox.engine.plugins.protocol.schema import Change

Served = TypeVar("Served")

THREADS: Final = 32  # more than the engine's usual number of parallel operations on one provider
PARENT_POLL_SECONDS: Final = 1.0


class _Failed(grpc.Status):
    """An error answer that carries details."""

    def __init__(self, message: str, detail: Any) -> None:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[packed])
        self.code = grpc.StatusCode.UNKNOWN
        self.details = message
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _reported(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn errors of a resource into the answers that the engine understands, without a Python traceback."""

    @wraps(method)
    def guarded(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except PartialFailureError as error:
            properties = _outputs(self.resource(request), error.identifier, error.state)
            reasons = [str(error)]
            detail = provider_pb2.ErrorResourceInitFailed(id=error.identifier, properties=properties, reasons=reasons)
            return context.abort_with_status(_Failed(str(error), detail))
        except ResourceError as error:
            return context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return guarded


class ProviderService(provider_pb2_grpc.ResourceProviderServicer, Generic[ClientT]):
    """Serve one provider to one engine."""

    def __init__(self, provider: Provider[ClientT]) -> None:
        self.provider = provider
        self._client: ClientT | None = None

    @property
    def client(self) -> ClientT:
        """The client of the configured provider; the engine configures before it asks for anything else."""
        if self._client is None:
            raise ResourceError(f"the {self.provider.name} provider is used before it is configured")
        return self._client

    def resource(self, request: Any) -> Resource[ClientT]:
        """Find the resource type that a request is about, by the type part of its URN."""
        return self._served(self.provider.resources, request.urn.split("::")[2].rpartition("$")[2])

    def _served(self, table: Mapping[str, Served], token: str) -> Served:
        if token not in table:
            served = ", ".join(sorted(table)) or "none"
            raise ResourceError(
                f"{token} is not served by the stand-in for the {self.provider.name} plugin, which knows {served}. "
                f"Install the official one: pulumi plugin install resource {self.provider.name} {self.provider.version}"
            )
        return table[token]

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - gRPC fixes the names
        """Tell the version."""
        return plugin_pb2.PluginInfo(version=self.provider.version)

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        """Accept a cancellation: running statements end by themselves or with the process."""
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Validate the provider's arguments."""
        news = from_struct(request.news)
        failures = self.provider.check_config(_name(request), news)
        return provider_pb2.CheckResponse(
            inputs=to_struct(news, self.provider.config.secret), failures=_failures(failures)
        )

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Compare the provider's arguments."""
        changes = self.provider.diff_config(from_struct(request.old_inputs), from_struct(request.news))
        return _diff(changes, delete_first=False)

    @_reported
    def Configure(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Take the arguments over. Like the bridge, ask for no secret marks and let the engine keep them."""
        self._client = self.provider.configured(from_struct(request.args))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_reported
    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Fill in defaults and validate a resource's inputs."""
        schema = self.resource(request).schema
        news, olds = from_struct(request.news), from_struct(request.olds)
        inputs, failures = schema.check(_name(request), news, olds, request.randomSeed)
        return provider_pb2.CheckResponse(inputs=to_struct(inputs, schema.secret), failures=_failures(failures))

    @_reported
    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Compare stored outputs with wanted inputs, so that drift found by a refresh is repaired."""
        resource = self.resource(request)
        state, news = from_struct(request.olds), from_struct(request.news)
        changes = resource.schema.diff(state, news, request.ignoreChanges)
        planned = resource.schema.plan(news, state)
        keeps_identity = bool(resource.identity) and all(state.get(key) == planned[key] for key in resource.identity)
        return _diff(changes, delete_first=keeps_identity)

    @_reported
    def Create(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Create an object and read it back, or say in a preview what is known of it."""
        resource, inputs = self.resource(request), from_struct(request.properties)
        planned = resource.schema.plan(inputs)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_outputs(resource, UNKNOWN, planned))
        created = resource.create(self.client, _wanted(resource, planned, inputs))
        state = _known(planned) | created.outputs
        try:
            state |= resource.read(self.client, created.identifier, state) or {}
        except ResourceError as error:
            raise PartialFailureError(created.identifier, state, f"created, but not readable: {error}") from error
        properties = _outputs(resource, created.identifier, state)
        return provider_pb2.CreateResponse(id=created.identifier, properties=properties)

    @_reported
    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Refresh an object, or import it when nothing is stored yet; an empty answer means that it is gone."""
        resource = self.resource(request)
        stored, inputs = from_struct(request.properties), from_struct(request.inputs)
        identifier = request.id
        if not stored:
            if not resource.importable:
                raise ResourceError(f"resource {resource.token} does not support import")
            identifier, stored = resource.imported(identifier)
        found = resource.read(self.client, identifier, stored)
        if found is None:
            return provider_pb2.ReadResponse()
        state = resource.schema.completed(stored) | found
        return provider_pb2.ReadResponse(
            id=identifier,
            properties=_outputs(resource, identifier, state),
            inputs=to_struct(resource.schema.inputs_of(state, inputs), resource.schema.secret),
        )

    @_reported
    def Update(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Change an object in place and read it back, or say in a preview what it will be."""
        resource = self.resource(request)
        old, inputs = from_struct(request.olds), from_struct(request.news)
        planned = resource.schema.plan(inputs, old)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_outputs(resource, request.id, planned))
        outputs = resource.update(self.client, request.id, old, _wanted(resource, planned, inputs))
        state = _known(planned) | outputs
        try:
            found = resource.read(self.client, request.id, state)
        except ResourceError as error:  # what only the change has told (a rotated secret) must not be lost
            raise PartialFailureError(request.id, state, f"updated, but not readable: {error}") from error
        if found is None:
            raise ResourceError(f"{request.id} vanished while it was updated; run `pulumi refresh`, then `pulumi up`")
        return provider_pb2.UpdateResponse(properties=_outputs(resource, request.id, state | found))

    @_reported
    def Delete(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Delete an object."""
        self.resource(request).delete(self.client, request.id, from_struct(request.properties))
        return empty_pb2.Empty()

    @_reported
    def Invoke(self, request: Any, _context: Any) -> Any:  # noqa: N802
        """Answer a question of the program; like the bridge's, the answer marks nothing as secret."""
        function = self._served(self.provider.functions, request.tok)
        arguments, failures = function.arguments.check(request.tok, from_struct(request.args), {}, b"")
        if failures:
            return provider_pb2.InvokeResponse(failures=_failures(failures))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(function.call(self.client, arguments)))
        return response


def _name(request: Any) -> str:
    return str(request.urn.rpartition("::")[2])


def _outputs(resource: Resource[Any], identifier: object, state: Values) -> Any:
    """Write outputs; like the bridge's, they repeat the id."""
    return to_struct(state | {"id": identifier}, resource.schema.secret)


def _known(values: Values) -> Values:
    return {key: None if value is UNKNOWN else value for key, value in values.items()}


def _wanted(resource: Resource[Any], planned: Values, inputs: Values) -> Values:
    """Planned outputs together with write-only inputs, which appear in no output."""
    write_only = {key: inputs.get(key) for key, prop in resource.schema.properties.items() if prop.write_only}
    return _known(planned) | write_only


def _failures(failures: Sequence[Failure]) -> list[Any]:
    # The bridge leaves ``property`` empty for most failures: the engine then shows the reason without a prefix.
    return [provider_pb2.CheckFailure(reason=failure.reason) for failure in failures]


def _diff(changes: Sequence[Change], *, delete_first: bool) -> Any:
    kinds = provider_pb2.PropertyDiff
    detailed, replaces = {}, []
    for change in changes:
        if change.added:
            kind = kinds.ADD_REPLACE if change.replaces else kinds.ADD
        elif change.removed:
            kind = kinds.DELETE_REPLACE if change.replaces else kinds.DELETE
        else:
            kind = kinds.UPDATE_REPLACE if change.replaces else kinds.UPDATE
        detailed[change.name] = kinds(kind=kind)
        if change.replaces:
            replaces.append(change.name)
    response = provider_pb2.DiffResponse
    return response(
        changes=response.DIFF_SOME if changes else response.DIFF_NONE,
        diffs=[change.name for change in changes],
        replaces=replaces,
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(replaces) and delete_first,
    )


def serve(provider: Provider[Any]) -> None:
    """Serve until the engine sends SIGINT (or SIGTERM), or is gone; print the port first, as the engine expects."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    server = grpc.server(ThreadPoolExecutor(max_workers=THREADS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(ProviderService(provider), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    while not stop.wait(PARENT_POLL_SECONDS) and os.getppid() == parent:
        pass
    os._exit(0)  # a statement that still waits for a server must not hold the exit

"""A recording engine: runs a program under Pulumi's mocks and keeps every registration as the engine would see it.

Pulumi's own mocks show types, names and inputs only. Parents, protection, dependencies, explicit providers, registered
outputs and what is secret are in the requests, so this monitor reads those.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks a secret on the wire, is none
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REDACTED = "[secret]"
PROJECT = "mlflow-platform"
AUDIENCE = "0123456789abcdef" * 4
CLIENT_SECRET = "generated-client-secret"  # noqa: S105 - of no service token
TUNNEL_TOKEN = "generated-tunnel-token"  # noqa: S105 - of no tunnel


@dataclass(frozen=True)
class Registration:
    """One resource, as it was registered."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    provider: str
    protect: bool
    dependencies: frozenset[str]
    aliases: tuple[dict[str, Any], ...]
    """As `pulumi.Alias` has them on the wire: a `urn`, or a `spec` of what was different."""
    ignored: tuple[str, ...]
    """Properties whose changes are ignored."""
    replacing: tuple[str, ...]
    """Properties whose changes replace it."""
    after_update: tuple[str, ...]
    """Names of the hooks that follow each update."""
    patience: str
    """How long Pulumi waits for an update of it; empty leaves that to the provider."""
    inputs: dict[str, Any]
    """Secrets are unwrapped."""
    plain: dict[str, Any]
    """What would be readable in the state: secrets are redacted."""

    @property
    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = self.inputs["metadata"]
        return metadata

    @property
    def spec(self) -> dict[str, Any]:
        spec: dict[str, Any] = self.inputs["spec"]
        return spec

    @property
    def is_provider(self) -> bool:
        return self.type.startswith("pulumi:providers:")


@dataclass(frozen=True)
class Question:
    """What a program asked a provider for."""

    function: str
    provider: str
    arguments: dict[str, Any]


@dataclass
class Recording:
    """Everything that a program registered."""

    resources: list[Registration] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    hooks: dict[str, pulumi.ResourceHook] = field(default_factory=dict)
    outputs_of: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Outputs by URN, of the components that registered them."""
    exports: dict[str, Any] = field(default_factory=dict)
    secret_exports: set[str] = field(default_factory=set)

    def __iter__(self) -> Iterator[Registration]:
        return iter(self.resources)

    def of_type(self, suffix: str) -> list[Registration]:
        return [resource for resource in self.resources if resource.type.endswith(suffix)]

    def one(self, suffix: str, name: str | None = None) -> Registration:
        found = [resource for resource in self.of_type(suffix) if name is None or resource.name == name]
        assert len(found) == 1, f"{len(found)} resources of type {suffix} named {name}: {[r.name for r in found]}"
        return found[0]

    def called(self, name: str) -> Registration:
        found = [resource for resource in self.resources if resource.name == name]
        assert len(found) == 1, f"{len(found)} resources are called {name}"
        return found[0]

    def custom(self) -> list[Registration]:
        """Resources that a provider makes; components and providers are none."""
        return [resource for resource in self.resources if resource.custom and not resource.is_provider]


class RecordingMonitor(mocks.MockMonitor):
    def __init__(self, answers: mocks.Mocks) -> None:
        super().__init__(answers)
        self.recording = Recording()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK does not type it
        if request.type == "pulumi:pulumi:Stack":
            return answer
        assert answer.urn not in {resource.urn for resource in self.recording}, f"{answer.urn} is registered twice"
        wire = json_format.MessageToDict(request.object)
        self.recording.resources.append(
            Registration(
                urn=answer.urn,
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                provider=request.provider,
                protect=request.protect,
                dependencies=frozenset(request.dependencies),
                aliases=tuple(json_format.MessageToDict(alias) for alias in request.aliases),
                ignored=tuple(request.ignoreChanges),
                replacing=tuple(request.replaceOnChanges),
                after_update=tuple(request.hooks.after_update),
                patience=request.customTimeouts.update,
                inputs=_decode(wire, reveal=True),
                plain=_decode(wire, reveal=False),
            )
        )
        return answer

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        arguments = _decode(json_format.MessageToDict(request.args), reveal=True)
        self.recording.questions.append(Question(request.tok, request.provider, arguments))
        return super().Invoke(request)  # type: ignore[no-untyped-call] # the SDK does not type it

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if "::pulumi:pulumi:Stack::" not in request.urn:
            self.recording.outputs_of[request.urn] = _decode(json_format.MessageToDict(request.outputs), reveal=False)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call] # the SDK does not type it


class _Callbacks:
    """What would call the program back; the mocks have nothing in its place."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def register_resource_hook(self, hook: pulumi.ResourceHook) -> None:
        self._recording.hooks[hook.name] = hook


class _Answers(mocks.Mocks):
    """What providers would compute."""

    def __init__(self, *, preview: bool, outputs: Mapping[str, Any]) -> None:
        self._preview = preview
        self._outputs = outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        if args.token.endswith(":getZeroTrustTunnelCloudflaredToken"):
            return {**args.args, "token": TUNNEL_TOKEN}, []
        message = f"the program asked a provider for {args.token}"
        raise AssertionError(message)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        state = dict(args.inputs)
        if args.typ == "pulumi:pulumi:StackReference":
            return f"{args.name}-id", state | {"outputs": dict(self._outputs)}
        if self._preview:
            return "", state
        if args.typ.startswith("kubernetes:") and "metadata" in state:
            state["metadata"] = {"name": f"{args.name}-1a2b3c4d", **state["metadata"]}
        if args.typ.endswith(":IamServiceAccount"):
            state |= {"accessKey": "generated-access-key", "secretKey": "generated-secret-key"}
        if args.typ.endswith(":Role"):
            state = {"name": f"{args.name}-1a2b3c4", **state}
        if args.typ.endswith(":ZeroTrustAccessApplication"):
            state["aud"] = AUDIENCE
        if args.typ.endswith(":ZeroTrustAccessServiceToken"):
            state |= {"clientId": f"{args.name}.access", "clientSecret": CLIENT_SECRET}
        return f"{args.name}-id", state


def run(
    program: Callable[[], Mapping[str, pulumi.Input[Any]] | None],
    *,
    preview: bool = False,
    stack: str = "dev",
    outputs: Mapping[str, Any] | None = None,
) -> Recording:
    """Run a program to its end, with all that it left pending, and return what it registered and exported.

    Args:
        program: Returns what the stack exports.
        preview: Nothing that a provider computes is known.
        stack: Its name.
        outputs: What the stack exported the last time; by default it is a new one.
    """
    answers = _Answers(preview=preview, outputs=outputs or {})
    monitor = RecordingMonitor(answers)
    mocks.set_mocks(answers, PROJECT, stack, preview, monitor=monitor)
    settings.SETTINGS.callbacks = _Callbacks(monitor.recording)

    async def collect(exports: Mapping[str, pulumi.Input[Any]]) -> None:
        for name, value in exports.items():
            output = pulumi.Output.from_input(value)
            monitor.recording.exports[name] = await output.future(with_unknowns=False)
            if await output.is_secret():
                monitor.recording.secret_exports.add(name)

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK does not type it
    def body() -> Any:
        exports = program() or {}
        return pulumi.Output.from_input(collect(exports))

    body()
    return monitor.recording


def _decode(value: Any, *, reveal: bool) -> Any:
    """Turn the wire format into plain data; unknown values become `UNKNOWN`."""
    if isinstance(value, list):
        return [_decode(item, reveal=reveal) for item in value]
    if not isinstance(value, dict):
        return int(value) if isinstance(value, float) and value.is_integer() else value
    if value.get(SIGNATURE) == SECRET_SIGNATURE:
        return _decode(value["value"], reveal=True) if reveal else REDACTED
    return {key: _decode(item, reveal=reveal) for key, item in value.items()}


def as_text(resource: Registration) -> str:
    """Show what would be readable in the state."""
    return json.dumps(resource.plain)

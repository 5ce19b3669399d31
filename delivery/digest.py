"""What `pulumi preview --json` and `pulumi refresh --preview-only --json` print, as typed values.

The document is the engine's `display.PreviewDigest` (pulumi/pulumi, `sdk/pkg/display/json.go`, read at 3.259).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from delivery import values, verdict
from delivery.errors import DeliveryError
from policies.resource import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from delivery.verdict import Verdict

ROOT_TYPE = "pulumi:pulumi:Stack"
UNCHANGED = {"same", "refresh", "read", "discard", "read-replacement"}
"""Operations that change nothing (pkg/engine: `HasChanges`)."""
DATA_TYPES = {
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "minio:index/s3Bucket:S3Bucket",
    "postgresql:index/database:Database",
}
"""What takes stored data along when it is deleted."""
SECRET_OBJECT = "kubernetes:core/v1:Secret"  # noqa: S105 - a type
SECRET_PROPERTIES = {"data", "stringData"}
STEP_KEYS = {"op", "urn", "diffReasons", "replaceReasons", "detailedDiff"}
STATE_KEYS = {"type", "protect", "additionalSecretOutputs"}
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Colours, which messages carry even with `--color never`."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A property that changes."""

    path: str
    kind: str
    """`add`, `delete` or `update`, with `-replace` when it forces a replacement."""
    old: str
    """Ready to be shown, like `new`; empty where there is no value."""
    new: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one resource."""

    operation: str
    """The engine's word: `create`, `update`, `replace`, `delete`, `read`, `import` and their like."""
    urn: str
    protected: bool
    """Whether the engine refuses to delete or replace it."""
    unprotects: bool
    """Whether the change itself takes that protection away."""
    because: tuple[str, ...]
    """The properties that force a replacement."""
    differences: tuple[Difference, ...]

    @property
    def outline(self) -> tuple[object, ...]:
        """What is done to what. Values are left out: names that the engine makes up are others in each preview."""
        return self.operation, self.urn, self.unprotects, self.because, *((d.path, d.kind) for d in self.differences)

    @property
    def type(self) -> str:
        """Type token, without those of its parents."""
        return self.urn.split("::")[-2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def removes(self) -> bool:
        """Whether what exists now ceases to."""
        return "delete" in self.operation or "replace" in self.operation

    @property
    def loses_data(self) -> bool:
        """Whether stored data goes with it."""
        return self.removes and self.type in DATA_TYPES


@dataclass(frozen=True, kw_only=True)
class Message:
    """What the engine or the program said."""

    severity: str
    """`error`, `warning`, `info` or `info#err`."""
    text: str
    name: str
    """Of the resource that it is about; empty for none."""


@dataclass(frozen=True, kw_only=True)
class Digest:
    """A preview of one stack."""

    stack: str
    changes: tuple[Change, ...]
    counts: Mapping[str, int]
    """Number of resources by operation, unchanged ones as `same`."""
    messages: tuple[Message, ...]
    finished: bool
    """Whether the engine came to its summary; otherwise nobody knows what the rest would do."""
    verdict: Verdict | None = None
    """What the rules say, where they were asked."""

    @property
    def refusal(self) -> Verdict | None:
        """The verdict, where the rules forbid it."""
        return self.verdict if self.verdict and self.verdict.refused else None

    @property
    def failed(self) -> bool:
        """Whether an update would not succeed, or cannot be foreseen."""
        return not self.finished or any(message.severity == "error" for message in self.messages)

    @property
    def changed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.changes) or any(count for word, count in self.counts.items() if word not in UNCHANGED)


def document_of(text: str, source: str) -> dict[str, Any]:
    """The JSON object in what the engine printed, which may have lines of text around it.

    Args:
        text: standard output of the engine.
        source: where that comes from, for the message.

    Raises:
        DeliveryError: there is no digest in it.
    """
    start = re.search(r"^\{", text, re.MULTILINE)
    cure = "give what `pulumi preview --json` printed, which `python3 -m delivery preview` keeps"
    if start is None:
        raise DeliveryError(f"{source} holds no JSON object", cure)
    try:
        document, _ = json.JSONDecoder().raw_decode(text, start.start())
    except ValueError as error:
        raise DeliveryError(f"{source} is cut off, or no JSON: {error}", cure) from error
    if "sequence" in document and "timestamp" in document:
        raise DeliveryError(
            f"{source} is a stream of engine events, not a digest", "unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
        )
    for key, kind in (("steps", list), ("diagnostics", list), ("changeSummary", dict)):
        if not isinstance(document.get(key) or kind(), kind):
            raise DeliveryError(f"{source}: `{key}` is no {'array' if kind is list else 'object'}", cure)
    return dict(document)


def kept(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without what no report shows: configuration, and properties of what is made, deleted or the same."""
    return {
        "steps": [_kept_step(step) for step in document.get("steps") or []],
        **{key: value for key, value in document.items() if key in {"diagnostics", "changeSummary"}},
    }


def _kept_step(step: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in step.items() if key in STEP_KEYS}
    compared = step.get("op") not in UNCHANGED and step.get("oldState") and step.get("newState")
    for side in ("oldState", "newState"):
        if state := step.get(side):
            made[side] = {key: value for key, value in state.items() if key in STATE_KEYS}
            if compared:
                made[side] |= {kind: _masked(state.get(kind) or {}, state) for kind in ("inputs", "outputs")}
    return made


def _masked(properties: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    return {key: SECRET if _is_hidden(key, state) else value for key, value in properties.items()}


def parse(text: str, *, stack: str, source: str) -> Digest:
    """Reads a digest.

    Args:
        text: standard output of the engine.
        stack: name of the stack.
        source: where that comes from, for messages.

    Raises:
        DeliveryError: there is no digest in it.
    """
    return digest_of(document_of(text, source), stack=stack, source=source)


def digest_of(document: Mapping[str, Any], *, stack: str, source: str) -> Digest:
    """What a document says; arguments and errors are those of `parse`."""
    try:
        return Digest(
            stack=stack,
            changes=tuple(_changes(document.get("steps") or [])),
            counts=dict(document.get("changeSummary") or {}),
            messages=tuple(_messages(document.get("diagnostics") or [])),
            finished="changeSummary" in document,
            verdict=verdict.read(document[verdict.KEY]) if verdict.KEY in document else None,
        )
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise DeliveryError(
            f"{source} is not the digest of a preview: {type(error).__name__} at {error}",
            "see that the engine is the pinned one: `pulumi version`",
        ) from error


def _messages(diagnostics: list[dict[str, Any]]) -> Iterator[Message]:
    for found in diagnostics:
        text = ANSI.sub("", f"{found.get('prefix', '')}{found.get('message', '')}").strip()
        if text:
            name = found.get("urn", "").rpartition("::")[2]
            yield Message(severity=found.get("severity", "info"), text=text, name=name)


def _changes(found: list[dict[str, Any]]) -> Iterator[Change]:
    for step in found:
        old, new = step.get("oldState") or {}, step.get("newState") or {}
        change = Change(
            operation=step["op"],
            urn=step["urn"],
            protected=bool((old or new).get("protect")),
            unprotects=bool(old.get("protect") and new and not new.get("protect")),
            because=tuple(step.get("replaceReasons") or ()),
            differences=tuple(_differences(step, old, new)),
        )
        # Its own outputs are all that can change about the stack itself, and each of them comes from a resource.
        if change.type != ROOT_TYPE and (change.operation not in UNCHANGED or change.unprotects):
            yield change


def _differences(step: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    if step["op"] in UNCHANGED or not old or not new:
        return
    detailed = step.get("detailedDiff")
    if not detailed:  # a provider may name only the properties, and then computed outputs as well
        inputs = {**old.get("inputs", {}), **new.get("inputs", {})}
        detailed = {key: {} for key in step.get("diffReasons") or () if key in inputs}
    for path in sorted(detailed):
        order = ("inputs", "outputs") if detailed[path].get("inputDiff", True) else ("outputs", "inputs")
        sides = [_value(old, path, order), _value(new, path, ("inputs", "outputs"))]
        hidden = _is_hidden(path, old, new) or any(values.holds_secret(side) for side in sides)
        first, second = ("" if side is None else SECRET if hidden else values.shown(side) for side in sides)
        yield Difference(path=path, kind=detailed[path].get("kind", "update"), old=first, new=second)


def _value(state: Mapping[str, Any], path: str, order: tuple[str, str]) -> object:
    found = (values.at(state.get(kind, {}), path) for kind in order)
    return next((value for value in found if value is not None), None)


def _is_hidden(path: str, *states: Mapping[str, Any]) -> bool:
    """Whether a property is secret by its place, whatever its value looks like."""
    top = (values.steps(path) or [""])[0]
    return any(
        top in (state.get("additionalSecretOutputs") or ())
        or (state.get("type") == SECRET_OBJECT and top in SECRET_PROPERTIES)
        for state in states
    )

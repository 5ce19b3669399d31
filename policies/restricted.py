"""The Pod Security Standard `restricted` as of Kubernetes 1.34, which includes what `baseline` forbids.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.resource import mapping, sequence, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policies.workloads import Container, Pod

_HOST_NAMESPACES = ("hostNetwork", "hostPID", "hostIPC")
_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
_SYSCTLS = {
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
}
"""Those that the standard has had since Kubernetes 1.29."""
_PROFILES = ("RuntimeDefault", "Localhost")
_OPTIONAL: tuple[tuple[tuple[str, ...], tuple[object, ...]], ...] = (
    (("privileged",), (False,)),
    (("procMount",), ("Default",)),
    (("appArmorProfile", "type"), _PROFILES),
    (("seLinuxOptions", "type"), ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")),
    (("seLinuxOptions", "user"), ("",)),
    (("seLinuxOptions", "role"), ("",)),
    (("windowsOptions", "hostProcess"), (False,)),
)
"""What a security context may leave out, and what it may say otherwise."""
_ADDED = {"NET_BIND_SERVICE"}
_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


def pod_problems(pod: Pod) -> Iterator[str]:
    """Say what is wrong with a pod beside its containers."""
    if not any(pod.containers()):
        yield "the pod has no container that could be looked at"
    for key in _HOST_NAMESPACES:
        if pod.spec.get(key, False) is not False:
            yield f"the pod's {key} is {shown(pod.spec[key])}"
    for volume in map(mapping, sequence(pod.spec.get("volumes"))):
        for source in sorted(set(volume) - {"name"} - _VOLUMES):
            yield f"volume {volume.get('name')!r} is of the kind {source}"
    context = mapping(pod.spec.get("securityContext"))
    for sysctl in map(mapping, sequence(context.get("sysctls"))):
        if sysctl.get("name") not in _SYSCTLS:
            yield f"the pod sets the sysctl {sysctl.get('name')}"
    yield from _forbidden(context, "the pod's ")


def container_problems(container: Container) -> Iterator[str]:
    """Say what is wrong with one container; what it leaves out is the pod's."""
    own = mapping(container.fields.get("securityContext"))
    context = {**mapping(container.pod.spec.get("securityContext")), **own}
    if context.get("runAsNonRoot") is not True:
        yield f"runAsNonRoot is {shown(context.get('runAsNonRoot'))}"
    if context.get("runAsUser") == 0:
        yield "runAsUser is 0"
    profile = mapping(context.get("seccompProfile")).get("type")
    if profile not in _PROFILES:
        yield f"seccompProfile.type is {shown(profile)}"
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"allowPrivilegeEscalation is {shown(own.get('allowPrivilegeEscalation'))}"
    yield from _capabilities(mapping(own.get("capabilities")))
    yield from _forbidden(own, "")
    yield from _host_network(container.fields)


def _capabilities(capabilities: Mapping[str, Any]) -> Iterator[str]:
    if "ALL" not in sequence(capabilities.get("drop")):
        yield "capabilities.drop lacks ALL"
    for added in sorted(set(sequence(capabilities.get("add"))) - _ADDED):
        yield f"capabilities.add has {added}"


def _forbidden(context: Mapping[str, Any], whose: str) -> Iterator[str]:
    for path, allowed in _OPTIONAL:
        value: Any = context
        for key in path:
            value = mapping(value).get(key)
        if value is not None and value not in allowed:
            yield f"{whose}{'.'.join(path)} is {shown(value)}"


def _host_network(fields: Mapping[str, Any]) -> Iterator[str]:
    """Ports of the node, and probes and hooks that the kubelet would send elsewhere than to the pod."""
    for port in map(mapping, sequence(fields.get("ports"))):
        if port.get("hostPort"):
            yield f"hostPort is {shown(port['hostPort'])}"
    for path in _HANDLERS:
        handler: Mapping[str, Any] = fields
        for key in path:
            handler = mapping(handler.get(key))
        for action in ("httpGet", "tcpSocket"):
            host = mapping(handler.get(action)).get("host")
            if host:
                yield f"{'.'.join(path)}.{action}.host is {shown(host)}"

"""Which tools are built from which Go modules: pinned by go.mod, verified by a complete go.sum.

Several modules, since the Pulumi engine and the kubernetes plugin, and Prometheus and its operator, ask for different
versions of the same libraries. Tools of one module share their compiled packages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KUBERNETES_VERSION = "v1.34.4"
PULUMI_VERSION = "v3.259.0"
KUBERNETES_PLUGIN_VERSION = "4.25.0"
PROMETHEUS_VERSION = "3.15.1"
ALERTMANAGER_VERSION = "0.28.1"
PROMETHEUS_OPERATOR_VERSION = "0.85.0"
KUBE_STATE_METRICS_VERSION = "2.15.0"

_KUBERNETES_FLAGS = (
    f"-X k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION}"
    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34"
)


@dataclass(frozen=True)
class GoTool:
    """A binary of a module."""

    name: str
    package: str
    flags: str = ""
    """For the linker."""
    version_command: tuple[str, ...] = ()
    """How a tool that is already on the PATH tells its version; empty where it cannot be told."""
    version: str = ""
    """What that must print, as a whole word."""


@dataclass(frozen=True)
class GoModule:
    """Tools that resolve together."""

    folder: str
    tools: tuple[GoTool, ...]
    embeds: tuple[str, str] | None = None
    """A dependency and its folder of files that our main package embeds: they are copied beside it."""
    ships: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Data that the sandbox needs: name in the cache to a dependency and its folder."""
    tags: tuple[str, ...] = ()
    """Build constraints that hold."""


def _kubernetes(name: str, *version_command: str) -> GoTool:
    return GoTool(name, f"k8s.io/kubernetes/cmd/{name}", _KUBERNETES_FLAGS, version_command, KUBERNETES_VERSION)


def _monitoring(name: str, package: str, version: str) -> GoTool:
    # Never the machine's own: an image holds it alone, so it has to be static.
    return GoTool(name, package, f"-X github.com/prometheus/common/version.Version={version}")


PLATFORM = GoModule(
    "platform",
    (
        GoTool("coredns", "./coredns", "", ("-version",), "CoreDNS-1.13.1"),
        GoTool("pause", "./pause"),
        GoTool("etcd", "go.etcd.io/etcd/server/v3", "", ("--version",), "3.6.5"),
        GoTool("kube-router", "github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"),
        GoTool("minio", "github.com/minio/minio"),
        _kubernetes("kube-apiserver", "--version"),
        _kubernetes("kube-controller-manager", "--version"),
        _kubernetes("kube-proxy", "--version"),
        _kubernetes("kube-scheduler", "--version"),
        _kubernetes("kubelet", "--version"),
        _kubernetes("kubectl", "version", "--client"),
        GoTool(
            "pulumi",
            "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI_VERSION}",
            ("version",),
            PULUMI_VERSION,
        ),
    ),
    ships={
        "prometheus-operator-crds": (
            "github.com/prometheus-operator/prometheus-operator",
            "example/prometheus-operator-crd",
        )
    },
)
KUBERNETES_PLUGIN = GoModule(
    "kubernetes-plugin",
    (GoTool("pulumi-resource-kubernetes", ".", f"-X main.version={KUBERNETES_PLUGIN_VERSION}"),),
    embeds=("github.com/pulumi/pulumi-kubernetes/provider/v4", "cmd/pulumi-resource-kubernetes"),
)
MONITORING = GoModule(
    "monitoring",
    (
        _monitoring(
            "prometheus-operator",
            "github.com/prometheus-operator/prometheus-operator/cmd/operator",
            PROMETHEUS_OPERATOR_VERSION,
        ),
        _monitoring(
            "prometheus-config-reloader",
            "github.com/prometheus-operator/prometheus-operator/cmd/prometheus-config-reloader",
            PROMETHEUS_OPERATOR_VERSION,
        ),
        _monitoring("kube-state-metrics", "k8s.io/kube-state-metrics/v2", KUBE_STATE_METRICS_VERSION),
        _monitoring("alertmanager", "github.com/prometheus/alertmanager/cmd/alertmanager", ALERTMANAGER_VERSION),
    ),
)
PROMETHEUS = GoModule(
    "prometheus",
    (_monitoring("prometheus", "github.com/prometheus/prometheus/cmd/prometheus", PROMETHEUS_VERSION),),
    # Of the ways to discover targets the one that the operator writes down: another's dependency cannot be had from
    # the module proxy. Debian's Prometheus lacks this very one.
    tags=("remove_all_sd", "enable_kubernetes_sd"),
)
JUDGES = GoModule(
    "judges",
    (
        GoTool("actionlint", "github.com/rhysd/actionlint/cmd/actionlint"),
        GoTool("kube-score", "github.com/zegl/kube-score/cmd/kube-score"),
    ),
)
SANDBOX_MODULES = (PLATFORM, KUBERNETES_PLUGIN, MONITORING, PROMETHEUS)
ALL_MODULES = (*SANDBOX_MODULES, JUDGES)


def needed(*, monitoring: bool) -> tuple[GoModule, ...]:
    """The modules that a sandbox with or without the monitoring stack takes tools from, the most urgent first."""
    return tuple(module for module in SANDBOX_MODULES if monitoring or module not in (MONITORING, PROMETHEUS))

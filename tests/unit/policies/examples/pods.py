"""Of what pods may do."""

from __future__ import annotations

from typing import Any

from policies.resource import UNKNOWN
from tests.unit.policies.examples.example import Example, container, cron_job, deployment, kubernetes, pod

_RESTRICTED = "pods-restricted"
_CONTEXT: dict[str, Any] = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
_OWN_CONTEXT = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost", "localhostProfile": "mlflow.json"}}
_VOLUMES = "configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret"
_SYSCTLS = """
    kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports
    net.ipv4.ip_unprivileged_port_start net.ipv4.ping_group_range net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl
    net.ipv4.tcp_keepalive_probes net.ipv4.tcp_keepalive_time net.ipv4.tcp_syncookies
"""
_MAKERS = (
    "apps/v1:ReplicaSet",
    "apps/v1:DaemonSet",
    "apps/v1:StatefulSet",
    "core/v1:ReplicationController",
    "batch/v1:Job",
)
_ELSEWHERE = {"port": 80, "host": "169.254.169.254"}
_PROBES, _HOOKS = ("liveness", "readiness", "startup"), ("postStart", "preStop")
_WITHOUT_LIMITS = container(resources={"requests": {"cpu": "1", "memory": "1Gi"}})
_TOKEN_VOLUME = {"name": "identity", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}

EXAMPLES = (
    Example(rule=_RESTRICTED, sentence="a_deployment_that_is_hardened", resources=(deployment(), cron_job())),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_whose_containers_say_themselves_what_the_pod_leaves_out",
        resources=(deployment(container(securityContext=_OWN_CONTEXT), securityContext=None),),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_server_of_a_low_port_that_adds_the_one_capability_for_it",
        resources=(
            deployment(container(securityContext={"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}})),
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_probe_and_a_hook_within_the_pod",
        resources=(
            deployment(
                container(
                    ports=[{"name": "http", "containerPort": 5000}],
                    livenessProbe={"httpGet": {"path": "/health", "port": "http"}},
                    lifecycle={"preStop": {"sleep": {"seconds": 10}}},
                )
            ),
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_container_without_a_security_context",
        resources=(deployment({"name": "mlflow", "image": "mlflow:3.17.2"}, securityContext=None),),
        found=(
            "container 'mlflow': runAsNonRoot is not set",
            "container 'mlflow': seccompProfile.type is not set",
            "container 'mlflow': allowPrivilegeEscalation is not set",
            "container 'mlflow': capabilities.drop lacks ALL",
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="an_init_container_of_a_cron_job_that_is_root",
        resources=(
            cron_job(initContainers=[container(name="owner", securityContext={"runAsNonRoot": False, "runAsUser": 0})]),
        ),
        found=("container 'owner': runAsNonRoot is False", "container 'owner': runAsUser is 0"),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_that_is_root_for_all_its_containers",
        resources=(deployment(securityContext=_CONTEXT | {"runAsUser": 0}),),
        found=("container 'mlflow': runAsUser is 0",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_of_every_other_kind_that_makes_pods",
        resources=(
            *(kubernetes(kind, spec={"template": pod(hostPID=True)}) for kind in _MAKERS),
            kubernetes("core/v1:PodTemplate", template=pod(hostPID=True)),
        ),
        found=("the pod's hostPID is True",) * (len(_MAKERS) + 1),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_stateful_set_that_is_privileged",
        resources=(
            kubernetes(
                "apps/v1:StatefulSet",
                spec={"template": pod(container(securityContext={"privileged": True, "procMount": "Unmasked"}))},
            ),
        ),
        found=("container 'mlflow': privileged is True", "container 'mlflow': procMount is 'Unmasked'"),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_container_with_a_capability_too_many",
        resources=(deployment(container(securityContext={"capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]}})),),
        found=("container 'mlflow': capabilities.add has NET_ADMIN",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_without_a_seccomp_profile_or_with_a_loose_one",
        resources=(deployment(securityContext=_CONTEXT | {"seccompProfile": {"type": "Unconfined"}}),),
        found=("container 'mlflow': seccompProfile.type is 'Unconfined'",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_bare_pod_in_the_network_of_its_node_with_a_directory_of_it",
        resources=(
            kubernetes(
                "core/v1:Pod",
                spec=pod(hostNetwork=True, volumes=[{"name": "node", "hostPath": {"path": "/"}}])["spec"],
            ),
        ),
        found=("the pod's hostNetwork is True", "volume 'node' is of the kind hostPath"),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="pods_with_the_types_of_selinux_that_containers_have",
        resources=tuple(
            deployment(container(securityContext={"seLinuxOptions": {"type": type_}}))
            for type_ in ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_among_the_processes_of_its_node",
        resources=(deployment(hostPID=True, hostIPC=True),),
        found=("the pod's hostPID is True", "the pod's hostIPC is True"),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="an_ephemeral_container_that_is_privileged",
        resources=(deployment(ephemeralContainers=[container(name="debug", securityContext={"privileged": True})]),),
        found=("container 'debug': privileged is True",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_with_volumes_and_sysctls_of_every_harmless_kind",
        resources=(
            deployment(
                volumes=[{"name": kind.lower(), kind: {}} for kind in _VOLUMES.split()],
                securityContext=_CONTEXT | {"sysctls": [{"name": name, "value": "1"} for name in _SYSCTLS.split()]},
            ),
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_that_tunes_its_node_and_escapes_the_mandatory_access_control",
        resources=(
            deployment(
                securityContext=_CONTEXT
                | {
                    "sysctls": [{"name": "kernel.msgmax", "value": "1"}],
                    "seLinuxOptions": {"type": "spc_t", "user": "root", "role": "sysadm_r"},
                    "appArmorProfile": {"type": "Unconfined"},
                    "windowsOptions": {"hostProcess": True},
                }
            ),
        ),
        found=(
            "the pod sets the sysctl kernel.msgmax",
            "the pod's appArmorProfile.type is 'Unconfined'",
            "the pod's seLinuxOptions.type is 'spc_t'",
            "the pod's seLinuxOptions.user is 'root'",
            "the pod's seLinuxOptions.role is 'sysadm_r'",
            "the pod's windowsOptions.hostProcess is True",
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_port_of_the_node",
        resources=(deployment(container(ports=[{"containerPort": 5000, "hostPort": 5000}])),),
        found=("container 'mlflow': hostPort is 5000",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="probes_and_hooks_of_another_host",
        resources=(
            deployment(
                container(
                    **{f"{probe}Probe": {"httpGet": _ELSEWHERE} for probe in _PROBES},
                    lifecycle={hook: {"tcpSocket": _ELSEWHERE} for hook in _HOOKS},
                )
            ),
        ),
        found=(
            *(f"container 'mlflow': {probe}Probe.httpGet.host is '169.254.169.254'" for probe in _PROBES),
            *(f"container 'mlflow': lifecycle.{hook}.tcpSocket.host is '169.254.169.254'" for hook in _HOOKS),
        ),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_pod_that_is_not_known_before_the_update",
        resources=(kubernetes("batch/v1:Job", spec={"template": UNKNOWN}),),
        found=("the pod has no container that could be looked at",),
    ),
    Example(
        rule=_RESTRICTED,
        sentence="a_setting_that_is_not_known_before_the_update",
        resources=(deployment(securityContext=_CONTEXT | {"runAsNonRoot": UNKNOWN}),),
        found=("container 'mlflow': runAsNonRoot is unknown until the update",),
    ),
    Example(
        rule="root-filesystem-read-only",
        sentence="a_container_that_writes_to_a_volume_alone",
        resources=(deployment(),),
    ),
    Example(
        rule="root-filesystem-read-only",
        sentence="a_container_that_may_write_to_its_image",
        resources=(deployment(container(), container(name="log", securityContext={"readOnlyRootFilesystem": False})),),
        found=("container 'log': securityContext.readOnlyRootFilesystem is False",),
    ),
    Example(rule="pods-without-token", sentence="a_pod_without_a_token", resources=(deployment(),)),
    Example(
        rule="pods-without-token",
        sentence="a_pod_that_leaves_it_to_its_service_account",
        resources=(deployment(automountServiceAccountToken=None),),
        found=("the pod's automountServiceAccountToken is not set",),
    ),
    Example(
        rule="pods-without-token",
        sentence="a_pod_that_projects_a_token_by_itself",
        resources=(cron_job(volumes=[_TOKEN_VOLUME]),),
        found=("volume 'identity' projects a serviceAccountToken",),
    ),
    Example(rule="resources-set", sentence="a_container_with_requests_and_limits", resources=(deployment(),)),
    Example(
        rule="resources-set",
        sentence="a_container_without_limits",
        resources=(deployment(_WITHOUT_LIMITS),),
        found=("container 'mlflow': resources lacks limits.cpu, limits.memory",),
    ),
    Example(
        rule="resources-set",
        sentence="an_init_container_without_resources",
        resources=(deployment(initContainers=[container(name="wait", resources=None)]),),
        found=("container 'wait': resources lacks requests.cpu, requests.memory, limits.cpu, limits.memory",),
    ),
    Example(rule="service-links-off", sentence="a_pod_without_service_links", resources=(deployment(),)),
    Example(
        rule="service-links-off",
        sentence="a_pod_with_the_default_of_kubernetes",
        resources=(deployment(enableServiceLinks=None),),
        found=("the pod's enableServiceLinks is not set",),
    ),
)

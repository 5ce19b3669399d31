"""The explicit providers: what reaches a cluster, a database server or an object store says so by its options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as kubernetes
import pulumi_minio as minio
import pulumi_postgresql as postgresql

if TYPE_CHECKING:
    import pulumi_cloudflare as cloudflare

    from stacks.access_settings import CloudflareApi
    from stacks.storage_settings import BucketAdmin, DatabaseAdmin


def kubernetes_provider(context: str | None) -> kubernetes.Provider:
    """Reach the cluster of a context in the kubeconfig that `KUBECONFIG` or the home directory has."""
    return kubernetes.Provider("kubernetes", context=context)


def postgresql_provider(admin: DatabaseAdmin) -> postgresql.Provider:
    """Reach the database server as its administrator, with the same checks of its certificate as the pods make."""
    return postgresql.Provider(
        "postgresql",
        host=admin.host,
        port=admin.port,
        username=admin.user,
        password=admin.password,
        # As a superuser the provider reads pg_shadow, which a mere administrator (any managed service) may not.
        superuser=admin.superuser,
        sslmode=admin.ssl_mode,
        sslrootcert=admin.ca_file,
        connect_timeout=15,
    )


def minio_provider(admin: BucketAdmin, name: str = "minio") -> minio.Provider:
    """Reach an object store as its administrator; backups may be on another one, hence the name."""
    return minio.Provider(
        name,
        minio_server=admin.server,
        minio_user=admin.user,
        minio_password=admin.password,
        minio_region=admin.region,
        minio_ssl=admin.tls,
        minio_cacert_file=admin.ca_file,
    )


def cloudflare_provider(api: CloudflareApi) -> cloudflare.Provider:
    """Reach Cloudflare's API."""
    # The SDK takes seconds to import, which a stack without Access need not wait for.
    import pulumi_cloudflare as cloudflare  # noqa: PLC0415

    return cloudflare.Provider("cloudflare", api_token=api.token, base_url=api.base_url)

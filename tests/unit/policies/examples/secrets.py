"""Of where secrets are."""

from __future__ import annotations

from policies.resource import SECRET, UNKNOWN
from tests.unit.policies.examples.example import Example, container, cron_job, deployment, kubernetes, resource

_ENCRYPTED, _CREDENTIALS, _FILES = "secrets-encrypted", "no-credentials-in-plain-text", "secrets-as-files"
_ROLE = "postgresql:index/role:Role"
_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
_PRIVATE_KEY = "-----BEGIN " + "EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n"
_IDENTITY = "AGE-SECRET-KEY-1" + "Q" * 58
_SIGNED = "eyJhbGciOiJub25l.eyJzdWIiOiJub2JvZHki.c2lnbmF0dXJl"


EXAMPLES = (
    Example(
        rule=_ENCRYPTED,
        sentence="secrets_that_the_engine_encrypts",
        resources=(
            resource(_ROLE, {"name": "mlflow", "login": True, "password": SECRET}),
            resource("pulumi:providers:minio", {"minioUser": "root", "minioPassword": SECRET}),
            resource("pulumi:providers:cloudflare", {"apiToken": SECRET}),
            kubernetes("core/v1:Secret", type="Opaque", stringData=SECRET),
        ),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="a_secret_of_tls_whose_certificate_everybody_sees_anyway",
        resources=(
            kubernetes(
                "core/v1:Secret",
                type="kubernetes.io/tls",
                stringData={"tls.crt": _CERTIFICATE * 2, "tls.key": SECRET},
            ),
        ),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="properties_that_only_sound_like_secrets",
        resources=(
            deployment(imagePullSecrets=[{"name": "registry"}]),
            resource("cloudflare:index/zeroTrustAccessPolicy:ZeroTrustAccessPolicy", {"tokenId": "a1"}),
            kubernetes("networking.k8s.io/v1:Ingress", spec={"tls": [{"secretName": "mlflow-tls"}]}),
            kubernetes("core/v1:ConfigMap", data={"AWS_SHARED_CREDENTIALS_FILE": "/etc/mlflow/bucket/credentials"}),
        ),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="a_secret_that_a_provider_has_yet_to_make",
        resources=(kubernetes("core/v1:Secret", stringData=UNKNOWN),),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="a_role_with_a_plain_password",
        resources=(resource(_ROLE, {"name": "mlflow", "password": "correct-horse"}),),
        found=("password is not marked as secret",),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="providers_with_plain_logins",
        resources=(
            resource("pulumi:providers:postgresql", {"username": "admin", "password": "staple"}),
            resource("pulumi:providers:minio", {"minioUser": "root", "minioPassword": "buckets"}),
            resource("pulumi:providers:cloudflare", {"apiToken": "cloud"}),
        ),
        found=(
            "password is not marked as secret",
            "minioPassword is not marked as secret",
            "apiToken is not marked as secret",
        ),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="a_plain_secret_deep_within",
        resources=(resource("example:index:Thing", {"users": [{"name": "ci", "secretKey": "plain"}]}),),
        found=("users[0].secretKey is not marked as secret",),
    ),
    Example(
        rule=_ENCRYPTED,
        sentence="a_secret_of_kubernetes_with_plain_entries",
        resources=(
            kubernetes(
                "core/v1:Secret",
                stringData={"password": "plain", "pg_service.conf": "[mlflow]"},
                data={"tls.crt": _CERTIFICATE, "tls.key": "TUhjQw=="},
            ),
        ),
        found=(
            "stringData.password is not marked as secret",
            "data['tls.key'] is not marked as secret",
            "stringData['pg_service.conf'] is not marked as secret",
        ),
    ),
    Example(
        rule=_CREDENTIALS,
        sentence="settings_that_name_a_user_and_a_public_key",
        resources=(
            kubernetes(
                "core/v1:ConfigMap",
                data={
                    "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg2://mlflow@postgres-shared:5432/mlflow",
                    "recipients": "age10a4f5zdgf84awdr8xfnxcx6paa6lh2jspmeqlqh5z3hphygvay5sxam4kq",
                    "database.pem": _CERTIFICATE,
                },
            ),
        ),
    ),
    *(
        Example(
            rule=_CREDENTIALS,
            sentence=f"a_config_map_with_{what.replace(' ', '_')}",
            resources=(kubernetes("core/v1:ConfigMap", data={"settings": text}),),
            found=(f"data.settings holds {what}",),
        )
        for what, text in {
            "a kubeconfig with its key": "users:\n- user:\n    client-key-data: TUhjQw==\n",
            "a private key": _PRIVATE_KEY,
            "an age identity": f"# created\n{_IDENTITY}\n",
            "a URL with a password": "postgresql://mlflow:horse@postgres-shared:5432/mlflow",
            "an AWS access key": "aws_access_key_id = AKIA" + "A" * 16,
            "a signed token": f"Authorization: Bearer {_SIGNED}",
        }.items()
    ),
    Example(
        rule=_CREDENTIALS,
        sentence="an_argument_with_a_password_in_a_url",
        resources=(cron_job(container(args=["--to", "https://ci:horse@example.com/"])),),
        found=("spec.jobTemplate.spec.template.spec.containers[0].args[1] holds a URL with a password",),
    ),
    Example(
        rule=_FILES,
        sentence="a_secret_in_a_volume_and_variables_that_name_its_files",
        resources=(
            deployment(
                container(
                    env=[
                        {"name": "PGSERVICEFILE", "value": "/etc/mlflow/database/pg_service.conf"},
                        {"name": "AWS_SHARED_CREDENTIALS_FILE", "value": "/etc/mlflow/bucket/credentials"},
                        {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                        {"name": "AWS_SESSION_TOKEN", "value": ""},
                    ],
                    envFrom=[{"configMapRef": {"name": "mlflow-settings"}}],
                ),
                volumes=[{"name": "database", "secret": {"secretName": "mlflow-database"}}],
            ),
        ),
    ),
    Example(
        rule=_FILES,
        sentence="variables_from_a_secret",
        resources=(
            deployment(
                container(
                    env=[{"name": "PGPASS", "valueFrom": {"secretKeyRef": {"name": "mlflow-database", "key": "x"}}}],
                    envFrom=[{"secretRef": {"name": "mlflow-bucket"}}],
                )
            ),
        ),
        found=(
            "container 'mlflow': variable PGPASS is a secret",
            "container 'mlflow': envFrom makes every entry of a Secret a variable",
        ),
    ),
    Example(
        rule=_FILES,
        sentence="variables_and_arguments_with_the_secret_itself",
        resources=(
            cron_job(
                container(
                    env=[{"name": "PGPASSWORD", "value": "plain"}, {"name": "DSN", "value": SECRET}],
                    command=["mlflow", SECRET],
                    args=SECRET,
                )
            ),
        ),
        found=(
            "container 'mlflow': variable PGPASSWORD is a secret",
            "container 'mlflow': variable DSN is a secret",
            "container 'mlflow': command has a secret",
            "container 'mlflow': args has a secret",
        ),
    ),
)

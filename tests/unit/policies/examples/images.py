"""Of what containers run."""

from __future__ import annotations

from tests.unit.policies.examples.example import Example, container, cron_job, deployment

_DIGEST = "@sha256:" + "0a" * 32


_PINNED = (
    "ghcr.io/mlflow/mlflow:v3.17.2-full",
    "registry.example.com:5000/mlflow-backup:1.0",
    "mlflow:1",
    f"mlflow{_DIGEST}",
    f"mlflow:latest{_DIGEST}",
    "docker.io/envoyproxy/envoy:distroless-v1.40.0",
)
_UNPINNED = {
    "mlflow": "has neither a tag nor a digest, which means latest",
    "registry.example.com:5000/mlflow": "has neither a tag nor a digest, which means latest",
    "ghcr.io/mlflow/mlflow:latest": "has the tag latest, which moves",
    "nginx:stable-alpine": "has the tag stable-alpine, which moves",
    "mlflow@sha256:short": "is no reference to an image",
    "": "is no reference to an image",
}

EXAMPLES = (
    *(
        Example(rule="images-pinned", sentence=f"the_image_{image}", resources=(deployment(container(image=image)),))
        for image in _PINNED
    ),
    *(
        Example(
            rule="images-pinned",
            sentence=f"the_image_{image or 'of_no_name'}",
            resources=(cron_job(container(image=image)),),
            found=(f"container 'mlflow': image {image!r} {why}",),
        )
        for image, why in _UNPINNED.items()
    ),
    Example(
        rule="images-pinned",
        sentence="an_init_container_with_a_moving_tag",
        resources=(deployment(initContainers=[container(name="wait", image="busybox:latest")]),),
        found=("container 'wait': image 'busybox:latest' has the tag latest, which moves",),
    ),
    Example(
        rule="images-pinned",
        sentence="a_volume_of_an_image_with_a_moving_tag",
        resources=(deployment(volumes=[{"name": "model", "image": {"reference": "model:main"}}]),),
        found=("volume 'model': image 'model:main' has the tag main, which moves",),
    ),
)

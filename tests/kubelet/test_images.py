"""Images: their names, and pulls that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fakek8s.kubelet.images import check_reference, repository
from fakek8s.kubelet.runtime import ImageError
from tests.kubelet.pods import state

if TYPE_CHECKING:
    from tests.kubelet.pods import Pods


async def test_an_image_nobody_can_have_is_asked_for_again_and_again(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "registry.invalid/app:1"})

    waiting = state(pod)["state"]["waiting"]
    assert waiting["reason"] == "ImagePullBackOff"
    assert 'Back-off pulling image "registry.invalid/app:1": ErrImagePull: ' in waiting["message"]
    assert pod["status"]["phase"] == "Pending"
    seen = {
        c["state"]["waiting"]["reason"]
        for s in pods.statuses("p")
        for c in s.get("containerStatuses", ())
    }
    assert seen == {"ContainerCreating", "ErrImagePull", "ImagePullBackOff"}
    before = len([e for e in await pods.events("p") if e[0] == "Pulling"])
    await pods.advance(10)
    assert len(await pods.events("p")) >= before
    assert state(await pods.get("p"))["state"]["waiting"]["reason"] == "ImagePullBackOff"


async def test_a_refused_image_can_be_had_once_it_is_corrected(pods: Pods) -> None:
    pods.plane.programs.refuse("registry.example/app:bad", "no such manifest")
    pod = await pods.create("p", {"image": "registry.example/app:bad"})
    assert "no such manifest" in state(pod)["state"]["waiting"]["message"]

    patch = {"spec": {"containers": [{"name": "c", "image": "registry.example/app:good"}]}}
    await pods.client.patch("pods", "ns", "p", patch, form="strategic")
    await pods.advance(10)

    assert (await pods.get("p"))["status"]["phase"] == "Running"


async def test_a_malformed_name_is_no_image(pods: Pods) -> None:
    pod = await pods.create("p", {"image": "UPPER/Case"})

    waiting = state(pod)["state"]["waiting"]
    assert waiting["reason"] == "InvalidImageName"
    assert "invalid reference format" in waiting["message"]


@pytest.mark.parametrize(
    ("image", "full"),
    [
        ("nginx", "docker.io/library/nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("grafana/grafana", "docker.io/grafana/grafana:latest"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/app", "localhost/app:latest"),
        ("host:5000/a/b", "host:5000/a/b:latest"),
        ("nginx@sha256:" + "a" * 64, "docker.io/library/nginx@sha256:" + "a" * 64),
    ],
)
def test_names_get_the_host_and_the_tag_they_leave_out(image: str, full: str) -> None:
    assert check_reference(image) == full


def test_a_repository_is_a_name_without_tag_and_digest() -> None:
    assert repository("nginx:1.27") == "docker.io/library/nginx"
    assert repository("host:5000/app@sha256:" + "0" * 64) == "host:5000/app"


@pytest.mark.parametrize("image", ["", "a b", "Nginx", "a//b", "a:tag:tag", "-x"])
def test_what_is_no_reference_is_refused(image: str) -> None:
    with pytest.raises(ImageError):
        check_reference(image)

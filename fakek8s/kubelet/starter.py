"""Starting containers: the image, the configuration, the runtime, and what users hear of it.

Source: pkg/kubelet/kuberuntime (startContainer, doBackOff), pkg/kubelet/images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakek8s.kubelet.environment import ConfigError
from fakek8s.kubelet.expansion import expand
from fakek8s.kubelet.files import Volume
from fakek8s.kubelet.restarts import should_restart
from fakek8s.kubelet.runtime import ContainerConfig, ImageError, Mount, StartError
from fakek8s.machinery.timestamps import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.events import Recorder
    from fakek8s.clock import Clock
    from fakek8s.kubelet.containers import Container
    from fakek8s.kubelet.entry import Entry
    from fakek8s.kubelet.environment import Environment
    from fakek8s.kubelet.runtime import Runtime

Object = dict[str, Any]


class Starter:
    """Starts the containers of one node."""

    def __init__(
        self,
        runtime: Runtime,
        clock: Clock,
        recorder: Recorder,
        environment: Environment,
        allocatable: Object,
        again: Callable[[str, float], None],
    ) -> None:
        """`again(uid, seconds)` has a pod looked at again later."""
        self._runtime = runtime
        self._clock = clock
        self._recorder = recorder
        self._environment = environment
        self._allocatable = allocatable
        self._again = again
        self._present: dict[str, str] = {}

    async def start(self, entry: Entry, container: Container) -> bool:
        """Starts a container, or says why it has to wait; True if it runs."""
        if container.exited and await self._backs_off(entry, container):
            return False
        reference = await self._image(entry, container)
        if reference is None:
            return False
        try:
            config = self._config(entry, container)
        except ConfigError as error:
            if container.waiting != ("CreateContainerConfigError", str(error)):
                await self._event(entry, container, "Warning", "Failed", f"Error: {error}")
            container.waiting = ("CreateContainerConfigError", str(error))
            entry.problem = str(error)
            return False
        await self._replace(container)
        identity = self._runtime.create_container(entry.sandbox, config)
        container.image_reference = reference
        container.waiting = None
        await self._event(entry, container, "Normal", "Created", "Container created")
        try:
            self._runtime.start_container(identity)
        except StartError as error:
            container.current = self._runtime.container_status(identity)
            if should_restart(container.spec, entry.spec, container.current.exit_code):
                container.waiting = ("RunContainerError", str(error))
            await self._event(entry, container, "Warning", "Failed", f"Error: {error}")
            self._again(entry.uid, 1.0)
            return False
        container.current = self._runtime.container_status(identity)
        await self._event(entry, container, "Normal", "Started", "Container started")
        return True

    async def _replace(self, container: Container) -> None:
        """Makes the last run the previous one; the one before it is forgotten."""
        if container.current is None:
            return
        now, finished = self._clock.now(), container.current.finished_at
        container.backoff.advance(finished or now, now)
        if container.previous is not None:
            await self._runtime.remove_container(container.previous.id)
        container.previous, container.current = container.current, None
        container.results.clear()
        container.restarts += 1

    async def _backs_off(self, entry: Entry, container: Container) -> bool:
        assert container.current is not None
        now = self._clock.now()
        left = container.backoff.left(container.current.finished_at or now, now)
        if left <= 0:
            return False
        delay = format_duration(int(container.backoff.delay) * 10**9)
        title = f"{container.name} in pod {entry.title}"
        if container.waiting is None or container.waiting[0] != "CrashLoopBackOff":
            text = f"Back-off restarting failed container {title}"
            await self._event(entry, container, "Warning", "BackOff", text)
        container.waiting = (
            "CrashLoopBackOff",
            f"back-off {delay} restarting failed container={container.name} pod={entry.title}",
        )
        self._again(entry.uid, left)
        return True

    async def _image(self, entry: Entry, container: Container) -> str | None:
        """The image's reference; None while there is none."""
        image: str = container.spec.get("image", "")
        policy = container.spec.get("imagePullPolicy", "IfNotPresent")
        if policy != "Always" and image in self._present:
            text = f'Container image "{image}" already present on machine'
            text += " and can be accessed by the pod"
            await self._event(entry, container, "Normal", "Pulled", text)
            return self._present[image]
        now, failed_at = self._clock.now(), container.image_failed_at
        if failed_at is not None and (left := container.image_backoff.left(failed_at, now)) > 0:
            await self._image_waits(entry, container, image, left)
            return None
        try:
            reference = self._runtime.pull_image(image)
        except ImageError as error:
            await self._image_failed(entry, container, image, error)
            return None
        if policy == "Never":  # Whoever says so has put it there: all images are at hand.
            self._present[image] = reference
            return await self._image(entry, container)
        await self._event(entry, container, "Normal", "Pulling", f'Pulling image "{image}"')
        text = f'Successfully pulled image "{image}" in 0s (0s including waiting). '
        await self._event(entry, container, "Normal", "Pulled", text + "Image size: 0 bytes.")
        self._present[image] = reference
        container.image_failed_at = None
        return reference

    async def _image_failed(
        self, entry: Entry, container: Container, image: str, error: ImageError
    ) -> None:
        if error.reason == "InvalidImageName":
            if container.waiting is None:
                await self._event(entry, container, "Warning", "InspectFailed", error.message)
                await self._event(entry, container, "Warning", "Failed", f"Error: {error.reason}")
            container.waiting = (error.reason, error.message)
            return
        await self._event(entry, container, "Normal", "Pulling", f'Pulling image "{image}"')
        text = f'Failed to pull image "{image}": {error.message}'
        await self._event(entry, container, "Warning", "Failed", text)
        await self._event(entry, container, "Warning", "Failed", f"Error: {error.reason}")
        now = self._clock.now()
        container.image_backoff.advance(now, now)
        container.image_failed_at = now
        container.waiting = (error.reason, error.message)
        self._again(entry.uid, 0)

    async def _image_waits(
        self, entry: Entry, container: Container, image: str, left: float
    ) -> None:
        text, known = f'Back-off pulling image "{image}"', container.waiting
        self._again(entry.uid, left)
        if known is not None and known[0] == "ImagePullBackOff":
            return
        await self._event(entry, container, "Normal", "BackOff", text)
        await self._event(entry, container, "Warning", "Failed", "Error: ImagePullBackOff")
        if known is not None:
            text += f": {known[0]}: {known[1]}"
        container.waiting = ("ImagePullBackOff", text)

    def _config(self, entry: Entry, container: Container) -> ContainerConfig:
        """Raises ConfigError."""
        spec, pod = container.spec, entry.pod
        env = self._environment.of(pod, spec, hostname(pod), self._allocatable)
        volumes = entry.volumes or {}
        return ContainerConfig(
            name=container.name,
            image=spec.get("image", ""),
            command=tuple(expand(word, env) for word in spec.get("command") or ()),
            args=tuple(expand(word, env) for word in spec.get("args") or ()),
            env=env,
            working_dir=spec.get("workingDir", ""),
            mounts=tuple(
                Mount(
                    path=mount["mountPath"],
                    volume=volumes.get(mount["name"]) or Volume(),
                    sub_path=mount.get("subPath") or expand(mount.get("subPathExpr", ""), env),
                    read_only=bool(mount.get("readOnly")),
                )
                for mount in spec.get("volumeMounts") or ()
            ),
        )

    async def _event(
        self, entry: Entry, container: Container, kind: str, reason: str, message: str
    ) -> None:
        await self._recorder.event(entry.pod, kind, reason, message, container.field_path)


def hostname(pod: Object) -> str:
    """What a pod calls itself (GeneratePodHostNameAndDomain), without a domain."""
    name: str = pod["spec"].get("hostname") or pod["metadata"]["name"]
    return name[:63].rstrip("-.")

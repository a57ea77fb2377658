"""The volumes of a pod: their files, made from what the API holds.

Source: pkg/volume (configmap, secret, downwardapi, projected), whose messages these are.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from fakek8s import errors
from fakek8s.kubelet import downward
from fakek8s.kubelet.files import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakek8s.client.client import Client
    from fakek8s.client.informer import Informers

Object = dict[str, Any]

#: What the server says of subresources it does not serve.
_NOT_SERVED = frozenset({404, 405, 501})


class MountError(Exception):
    """A volume can't be set up yet."""


class Volumes:
    """Makes volumes. Those that outlive pods (claims, host paths) are kept here."""

    def __init__(self, client: Client, informers: Informers, allocatable: Object) -> None:
        self._client = client
        self._maps = informers.of("configmaps")
        self._secrets = informers.of("secrets")
        self._allocatable = allocatable
        self._kept: dict[str, Volume] = {}

    async def of(self, pod: Object) -> dict[str, Volume]:
        """All volumes of a pod by name. Raises MountError."""
        found = {}
        for volume in pod["spec"].get("volumes") or ():
            try:
                found[volume["name"]] = await self._volume(pod, volume)
            except MountError as error:
                raise MountError(
                    f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}'
                ) from None
        return found

    async def _volume(self, pod: Object, volume: Object) -> Volume:
        namespace = pod["metadata"]["namespace"]
        if source := volume.get("configMap"):
            return Volume(self._config(namespace, source, source.get("name", "")))
        if source := volume.get("secret"):
            return Volume(self._secret(namespace, source, source.get("secretName", "")))
        if source := volume.get("downwardAPI"):
            return Volume(self._downward(pod, source))
        if source := volume.get("projected"):
            files: dict[str, bytes] = {}
            for part in source.get("sources") or ():
                files |= await self._projected(pod, part)
            return Volume(files)
        if source := volume.get("persistentVolumeClaim"):
            return self._lasting(f"claim {namespace}/{source['claimName']}")
        if source := volume.get("hostPath"):
            return self._lasting(f"path {source['path']}")
        return Volume()

    def _lasting(self, key: str) -> Volume:
        return self._kept.setdefault(key, Volume())

    def _config(self, namespace: str, source: Object, name: str) -> dict[str, bytes]:
        obj = self._maps.get(namespace, name)
        if obj is None:
            if source.get("optional"):
                return {}
            raise MountError(f'configmap "{name}" not found')
        data = {key: value.encode() for key, value in (obj.get("data") or {}).items()}
        data |= {k: base64.b64decode(v) for k, v in (obj.get("binaryData") or {}).items()}
        return _chosen(data, source, "configmap references non-existent config key: {}")

    def _secret(self, namespace: str, source: Object, name: str) -> dict[str, bytes]:
        obj = self._secrets.get(namespace, name)
        if obj is None:
            if source.get("optional"):
                return {}
            raise MountError(f'secret "{name}" not found')
        data = {key: base64.b64decode(value) for key, value in (obj.get("data") or {}).items()}
        return _chosen(data, source, "references non-existent secret key: {}")

    def _downward(self, pod: Object, source: Object) -> dict[str, bytes]:
        found = {}
        for item in source.get("items") or ():
            try:
                if reference := item.get("fieldRef"):
                    value = downward.field_value(pod, reference["fieldPath"])
                else:
                    reference = item["resourceFieldRef"]
                    container = next(
                        c
                        for c in pod["spec"]["containers"]
                        if c["name"] == reference["containerName"]
                    )
                    value = downward.resource_value(container, self._allocatable, reference)
            except (downward.FieldError, StopIteration) as error:
                raise MountError(str(error)) from None
            found[item["path"]] = value.encode()
        return found

    async def _projected(self, pod: Object, part: Object) -> dict[str, bytes]:
        namespace = pod["metadata"]["namespace"]
        if source := part.get("configMap"):
            return self._config(namespace, source, source.get("name", ""))
        if source := part.get("secret"):
            return self._secret(namespace, source, source.get("name", ""))
        if source := part.get("downwardAPI"):
            return self._downward(pod, source)
        if source := part.get("serviceAccountToken"):
            return await self._token(pod, source)
        return {}

    async def _token(self, pod: Object, source: Object) -> dict[str, bytes]:
        metadata, account = pod["metadata"], pod["spec"].get("serviceAccountName", "default")
        audience = source.get("audience", "")
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [audience] if audience else [],
                "expirationSeconds": source.get("expirationSeconds", 3600),
                "boundObjectRef": {
                    "kind": "Pod",
                    "apiVersion": "v1",
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                },
            },
        }
        try:
            answer = await self._client.create_subresource(
                "serviceaccounts", metadata["namespace"], account, "token", request
            )
        except errors.APIError as error:
            if error.code in _NOT_SERVED and f'"{account}"' not in error.message:
                return {}
            raise MountError(f"failed to fetch token: {error.message}") from None
        return {source["path"]: answer["status"]["token"].encode()}


def _chosen(data: dict[str, bytes], source: Object, missing: str) -> dict[str, bytes]:
    items = source.get("items")
    if not items:
        return data
    found = {}
    absent: Callable[[str], str] = missing.format
    for item in items:
        if item["key"] in data:
            found[item["path"]] = data[item["key"]]
        elif not source.get("optional"):
            raise MountError(absent(item["key"]))
    return found

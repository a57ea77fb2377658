"""Conversion of custom resources by webhook: what is asked, and what of the answer is believed.

Upstream: apiextensions pkg/apiserver/conversion/webhook_converter.go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from fakek8s import errors
from fakek8s.machinery.clone import clone
from fakek8s.machinery.printing import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Object = dict[str, Any]

_GROUP = "apiextensions.k8s.io"
_VERSIONS = ("v1", "v1beta1")


class PostError(Exception):
    """A webhook gave no answer; the message is that of Go's REST client."""


class Post(Protocol):
    """Calls a webhook."""

    async def __call__(self, client_config: Object, body: bytes, /) -> Any:
        """The JSON of the reply. Raises PostError."""


class WebhookConverter:
    """The conversion webhook of one definition."""

    def __init__(self, webhook: Object, post: Post, uid: Callable[[], str]) -> None:
        """webhook: `spec.conversion.webhook` of the definition."""
        self._config: Object = webhook.get("clientConfig") or {}
        wanted: list[str] = webhook.get("conversionReviewVersions") or []
        self._version = next((v for v in wanted if v in _VERSIONS), "")
        self._post = post
        self._uid = uid

    async def convert(self, objects: Sequence[Object], api_version: str) -> list[Object]:
        """The objects, all of one kind and none of that version yet, in it; raises APIError 500."""
        first = objects[0]
        what = f"conversion webhook for {first['apiVersion']}, Kind={first['kind']}"
        if not self._version:
            raise errors.plain(500, "no supported conversion review versions")
        uid = self._uid()
        review = {
            "kind": "ConversionReview",
            "apiVersion": f"{_GROUP}/{self._version}",
            "request": {"uid": uid, "desiredAPIVersion": api_version, "objects": list(objects)},
        }
        try:
            # In a task, which a write may not be in yet and without which nothing times out.
            answer = await asyncio.ensure_future(self._post(self._config, orjson.dumps(review)))
            converted = self._converted(answer, uid)
        except (PostError, _AnswerError) as error:
            raise errors.plain(500, f"{what} failed: {error}") from None
        if len(converted) != len(objects):
            raise errors.plain(
                500, f"{what} returned {len(converted)} objects, expected {len(objects)}"
            )
        try:
            return [
                _believed(original, found, api_version)
                for original, found in zip(objects, converted, strict=True)
            ]
        except _AnswerError as error:
            raise errors.plain(500, f"{what} returned {error}") from None

    def _converted(self, answer: Any, uid: str) -> list[Any]:
        answer = answer if isinstance(answer, dict) else {}
        expected = f"{_GROUP}/{self._version}"
        if self._version == "v1":
            said = answer.get("apiVersion", ""), answer.get("kind", "")
            if said != (expected, "ConversionReview"):
                raise _AnswerError(
                    f"expected webhook response of {expected}, Kind=ConversionReview, "
                    f"got {said[0]}, Kind={said[1]}"
                )
        response = answer.get("response")
        if not isinstance(response, dict):
            raise _AnswerError("no response provided")
        said_uid = response.get("uid", "")
        if self._version == "v1" and said_uid != uid:
            raise _AnswerError(f"expected response.uid={quote(uid)}, got {quote(said_uid)}")
        result = response.get("result") or {}
        if result.get("status") != "Success":
            status = result.get("status", "")
            raise _AnswerError(
                result.get("message") or f"response.result.status was '{status}', not 'Success'"
            )
        return response.get("convertedObjects") or []


class _AnswerError(Exception):
    """What is wrong with an answer."""


def _believed(original: Object, found: Any, api_version: str) -> Object:
    """A converted object with the original's metadata, but for labels and annotations."""
    found = found if isinstance(found, dict) else {}
    said = found.get("apiVersion", "")
    if said != api_version:
        raise _AnswerError(
            "invalid object at index 0: invalid groupVersion "
            f"(expected {api_version}, received {said})"
        )
    kind, said = original["kind"], found.get("kind", "")
    if said != kind:
        raise _AnswerError(
            f"invalid object at index 0: invalid kind (expected {kind}, received {said})"
        )
    if "metadata" not in found:
        raise _AnswerError("invalid metadata: missing metadata in converted object")
    metadata, old = found["metadata"], original["metadata"]
    if not isinstance(metadata, dict):
        raise _AnswerError("invalid metadata: invalid metadata in converted object")
    for name, shown in (("name", "name"), ("namespace", "namespace"), ("uid", "UID")):
        before, after = old.get(name, ""), metadata.get(name, "")
        if before != after:
            raise _AnswerError(f"invalid object: must have the same {shown}: {before} != {after}")
    kept = {k: v for k, v in old.items() if k not in ("labels", "annotations")}
    for name in ("labels", "annotations"):
        values = metadata.get(name)
        if values is None:
            continue
        if not isinstance(values, dict):
            raise _AnswerError(f"invalid metadata: invalid metadata.{name} in converted object")
        for key, value in values.items():
            if not isinstance(value, str):
                raise _AnswerError(
                    f"invalid metadata: metadata.{name}[{key}] must be a string in converted object"
                )
        kept[name] = values
    return {**found, "metadata": clone(kept)}

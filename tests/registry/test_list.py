"""Lists: pages of one moment, selectors, and the tokens that lead on."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s import errors
from fakek8s.registry.list import decode_token, token

if TYPE_CHECKING:
    from fakek8s.client.client import Client
    from fakek8s.server.answer import ListPage
    from fakek8s.server.server import Server

MAPS = "configmaps"


async def page_of(client: Client, namespace: str = "ns", **query: str) -> ListPage:
    parameters = {name: [value] for name, value in query.items()}
    answer = await client.request("GET", MAPS, namespace, query=parameters)
    assert answer.page is not None
    return answer.page


def names(page: ListPage) -> list[str]:
    return [entry.object["metadata"]["name"] for entry in page.entries]


@pytest.fixture
async def five(client: Client) -> Client:
    for name in "abcde":
        labels = {"vowel": "yes"} if name in "ae" else {}
        await client.create(MAPS, "ns", {"metadata": {"name": name, "labels": labels}})
    return client


async def test_pages_show_the_moment_of_the_first_one(five: Client) -> None:
    first = await page_of(five, limit="2")
    assert names(first) == ["a", "b"]
    assert first.metadata["remainingItemCount"] == 3
    await five.delete(MAPS, "ns", "d")
    await five.create(MAPS, "ns", {"metadata": {"name": "bb"}})
    rest = await page_of(five, limit="9", **{"continue": first.metadata["continue"]})
    assert names(rest) == ["c", "d", "e"]
    assert rest.metadata == {"resourceVersion": first.metadata["resourceVersion"]}
    assert names(await page_of(five)) == ["a", "b", "bb", "c", "e"]


async def test_an_expired_token_hands_out_one_that_goes_on_from_now(
    five: Client, server: Server
) -> None:
    first = await page_of(five, limit="2")
    await five.delete(MAPS, "ns", "c")
    server.registry.store.compact(server.registry.store.revision)
    with pytest.raises(errors.APIError) as expired:
        await page_of(five, limit="9", **{"continue": first.metadata["continue"]})
    assert expired.value.code == 410
    again = await page_of(five, limit="9", **{"continue": expired.value.metadata["continue"]})
    assert names(again) == ["d", "e"]


async def test_a_selector_hides_the_count_of_what_remains(five: Client) -> None:
    page = await page_of(five, limit="1", labelSelector="vowel")
    assert names(page) == ["a"]
    assert "remainingItemCount" not in page.metadata
    rest = await page_of(five, labelSelector="vowel", **{"continue": page.metadata["continue"]})
    assert names(rest) == ["e"]


async def test_a_field_selector_narrows_all_namespaces_to_one(five: Client) -> None:
    await five.create("namespaces", "", {"metadata": {"name": "ns-two"}})
    await five.create(MAPS, "ns-two", {"metadata": {"name": "a"}})
    page = await page_of(five, "", fieldSelector="metadata.namespace=ns,metadata.name=a")
    assert [entry.name_key for entry in page.entries] == ["ns/a"]


async def test_an_exact_version_shows_the_past(five: Client) -> None:
    then = (await page_of(five)).metadata["resourceVersion"]
    await five.delete(MAPS, "ns", "a")
    past = await page_of(five, resourceVersion=then, resourceVersionMatch="Exact")
    assert names(past) == ["a", "b", "c", "d", "e"]
    newer = await page_of(five, resourceVersion=then, resourceVersionMatch="NotOlderThan")
    assert names(newer) == ["b", "c", "d", "e"]


async def test_a_version_of_the_future_is_a_timeout(five: Client) -> None:
    with pytest.raises(errors.APIError) as refused:
        await page_of(five, resourceVersion="99999", resourceVersionMatch="NotOlderThan")
    assert refused.value.code == 504
    assert refused.value.retry_after == 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"labelSelector": "!"}, 400),
        ({"fieldSelector": "data.x=1"}, 400),
        ({"limit": "many"}, 400),
        ({"continue": "not base64!"}, 400),
        ({"resourceVersion": "-1"}, 400),
        ({"resourceVersionMatch": "Exact"}, 422),
        ({"sendInitialEvents": "true"}, 422),
    ],
)
async def test_bad_parameters_are_refused_never_ignored(
    client: Client, query: dict[str, Any], code: int
) -> None:
    with pytest.raises(errors.APIError) as refused:
        await page_of(client, **query)
    assert refused.value.code == code


def test_a_token_survives_its_journey() -> None:
    text = token("ns/some.name", "ns/", 7)
    assert decode_token(text, "ns/") == ("ns/some.name\0", 7)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"[]", "cannot unmarshal array into Go value of type storage.continueToken"),
        (b'{"v":5}', "cannot unmarshal number into Go struct field continueToken.v of type string"),
        (
            b'{"v":"meta.k8s.io/v1","rv":"x"}',
            "cannot unmarshal string into Go struct field continueToken.rv of type int64",
        ),
    ],
)
def test_tokens_of_another_shape_are_refused_in_gos_words(body: bytes, why: str) -> None:
    text = base64.urlsafe_b64encode(body).decode().rstrip("=")
    with pytest.raises(errors.APIError, match=re.escape(why)):
        decode_token(text, "ns/")


async def test_a_token_of_the_future_is_a_timeout(five: Client) -> None:
    with pytest.raises(errors.APIError) as refused:
        await page_of(five, **{"continue": token("ns/a", "ns/", 99999)})
    assert refused.value.code == 504


@pytest.mark.parametrize("name", ["limit", "timeoutSeconds"])
async def test_an_empty_number_is_no_number(five: Client, name: str) -> None:
    with pytest.raises(errors.APIError, match='parsing "": invalid syntax'):
        await page_of(five, **{name: ""})

"""Large and odd definitions of real operators: they install, and hold objects to their schemas."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from fakek8s.cluster import Cluster
from tests.crds.modules import MODULES, definitions
from tests.crds.samples import sample

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Object = dict[str, Any]

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
#: Those that programs are known to need, so that an empty archive can't pass.
NEEDED = {
    "virtualservices.networking.istio.io",
    "gateways.networking.istio.io",
    "services.serving.knative.dev",
    "brokers.eventing.knative.dev",
    "triggers.eventing.knative.dev",
    "httproutes.gateway.networking.k8s.io",
    "certificates.cert-manager.io",
    "prometheuses.monitoring.coreos.com",
    "applications.argoproj.io",
    "rollouts.argoproj.io",
    "workflows.argoproj.io",
    "compositions.apiextensions.crossplane.io",
}
#: What kinds want beside what their schemas say they require.
_USED = {"of": {"resourceRef": {"name": "a"}}, "reason": "kept"}
_PIPELINE = {"pipeline": [{"step": "a", "functionRef": {"name": "a"}}]}
_PACKAGE = {"package": "example.com/a/b:v1"}
_BACKEND = {"rules": [{"backendRefs": [{"name": "a", "port": 80}]}]}
WANTED: dict[str, Object] = {
    "trafficextensions.extensions.istio.io": {"lua": {"inlineCode": "a"}},
    "workloadentries.networking.istio.io": {"address": "10.0.0.1"},
    "gitlabsources.sources.knative.dev": {"sink": {"uri": "https://example.com"}},
    "backendtlspolicies.gateway.networking.k8s.io": {
        "validation": {"hostname": "a.example", "wellKnownCACertificates": "System"}
    },
    "compositions.apiextensions.crossplane.io": _PIPELINE,
    "compositionrevisions.apiextensions.crossplane.io": _PIPELINE,
    "configurations.pkg.crossplane.io": _PACKAGE,
    "functions.pkg.crossplane.io": _PACKAGE,
    "providers.pkg.crossplane.io": _PACKAGE,
    "imageconfigs.pkg.crossplane.io": {"matchImages": [{"type": "Prefix", "prefix": "a"}]},
    "clusterusages.protection.crossplane.io": _USED,
    "usages.protection.crossplane.io": _USED,
    "usages.apiextensions.crossplane.io": _USED,
    "tcproutes.gateway.networking.k8s.io": _BACKEND,
    "tlsroutes.gateway.networking.k8s.io": _BACKEND,
    "udproutes.gateway.networking.k8s.io": _BACKEND,
    "xbackends.gateway.networking.x-k8s.io": {"externalHostname": {"hostname": "a.example"}},
}


class API:
    """Requests as the admin: (code, body)."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def __call__(self, method: str, path: str, body: Object | None = None) -> tuple[int, Any]:
        # A stream: aiohttp warns of long bodies that are given whole.
        data = None if body is None else io.BytesIO(json.dumps(body).encode())
        headers = {"Content-Type": "application/json"}
        async with self._session.request(
            method, self._url + path, data=data, headers=headers
        ) as reply:
            return reply.status, await reply.json()


@pytest.fixture
async def api() -> AsyncIterator[API]:
    async with Cluster(profile="apiserver", tls=False) as cluster:
        headers = {"Authorization": f"Bearer {cluster.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield API(session, cluster.url)


def test_the_modules_hold_what_they_are_here_for() -> None:
    names = {crd["metadata"]["name"] for module in MODULES for crd in definitions(module)}
    assert names >= NEEDED
    assert len(names) > 80


@pytest.mark.parametrize("module", MODULES)
async def test_real_definitions_are_served_and_keep_to_their_schemas(api: API, module: str) -> None:
    for crd in definitions(module):
        code, made = await api("POST", CRDS, crd)
        assert code == 201, made["message"]
        _, made = await api("GET", f"{CRDS}/{crd['metadata']['name']}")
        held = {c["type"]: c["status"] for c in made["status"]["conditions"]}
        held.pop("KubernetesAPIApprovalPolicyConformant", None)
        assert held == {"NamesAccepted": "True", "Established": "True"}, crd["metadata"]["name"]
        for version in versions(crd):
            await check(api, crd, version)


def versions(crd: Object) -> list[Object]:
    """The served versions; of those that a webhook of the operator's converts, the stored one."""
    spec = crd["spec"]
    webhook = (spec.get("conversion") or {}).get("strategy") == "Webhook"
    return [v for v in spec["versions"] if v["served"] and (v["storage"] or not webhook)]


async def check(api: API, crd: Object, version: Object) -> None:
    """A valid object comes back from every version, an invalid one is told what is wrong."""
    spec, name = crd["spec"], f"a-{version['name']}"
    schema = version["schema"]["openAPIV3Schema"]
    of_spec = schema.get("properties", {}).get("spec", {})
    body = {
        **sample(schema),
        "apiVersion": f"{spec['group']}/{version['name']}",
        "kind": spec["names"]["kind"],
        "metadata": {"name": name},
    }
    if of_spec:
        body["spec"] = {**sample(of_spec), **WANTED.get(crd["metadata"]["name"], {})}
    code, made = await api("POST", f"{path(crd, version)}?fieldValidation=Strict", body)
    assert code == 201, made["message"]
    assert made["metadata"]["generation"] == 1
    for other in versions(crd):
        code, found = await api("GET", f"{path(crd, other)}/{name}")
        assert code == 200, found["message"]
        assert found["apiVersion"] == f"{spec['group']}/{other['name']}"
        assert found["metadata"]["uid"] == made["metadata"]["uid"]
        if other["schema"] == version["schema"]:
            assert found.get("spec") == made.get("spec")
    if of_spec.get("type") == "object":
        wrong = {**body, "metadata": {"name": "wrong"}, "spec": "text"}
        code, refused = await api("POST", path(crd, version), wrong)
        assert code == 422, refused
        assert 'spec in body must be of type object: "string"' in refused["message"]
    unknown = {**body, "metadata": {"name": "wrong"}, "nosuch": 1}
    code, refused = await api("POST", f"{path(crd, version)}?fieldValidation=Strict", unknown)
    if not schema.get("x-kubernetes-preserve-unknown-fields"):
        assert code == 400, refused
        assert 'unknown field "nosuch"' in refused["message"]


def path(crd: Object, version: Object) -> str:
    """Where the objects of a version are."""
    spec = crd["spec"]
    where = "namespaces/default/" if spec["scope"] == "Namespaced" else ""
    return f"/apis/{spec['group']}/{version['name']}/{where}{spec['names']['plural']}"

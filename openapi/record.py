#!/usr/bin/env python3
"""Record what a fresh kube-apiserver says about itself: `record.py URL TOKEN [--gotypes FILE]
[--out FOLDER]`.

The server must be alone (no controllers) and untouched since its start, so that the bootstrap
objects are its own. FILE is the output of gofacts, built against the same version. Each fact
becomes FOLDER/NAME.json.gz; FOLDER is by default the version's, beside this script. Needs the
standard library only.
"""

from __future__ import annotations

import argparse
import gzip
import json
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
COLUMN = ("name", "type", "format", "priority")
# Made anew by every server: of no use to another one.
FLEETING = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
BOOTSTRAP = (
    "/api/v1/namespaces",
    "/api/v1/services",
    "/api/v1/endpoints",
    "/api/v1/configmaps",
    *(
        f"/apis/rbac.authorization.k8s.io/v1/{name}"
        for name in ("clusterroles", "clusterrolebindings", "roles", "rolebindings")
    ),
    "/apis/scheduling.k8s.io/v1/priorityclasses",
    "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
    "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations",
    "/apis/apiregistration.k8s.io/v1/apiservices",
    "/apis/networking.k8s.io/v1/servicecidrs",
    "/apis/networking.k8s.io/v1/ipaddresses",
    "/apis/coordination.k8s.io/v1/leases",
)


class Server:
    """A live API server, read by GET."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._context = ssl._create_unverified_context()  # a throw-away server signs for itself

    def get(self, path: str, accept: str = "application/json") -> Any:
        """The parsed body of a GET; raises urllib.error.HTTPError."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept}
        request = urllib.request.Request(self._url + path, headers=headers)
        with urllib.request.urlopen(request, context=self._context, timeout=60) as answer:
            return json.load(answer)


def without_prose(value: Any) -> Any:
    """An OpenAPI document without descriptions (a property called "description" stays: it is no
    text).
    """
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    if isinstance(value, dict):
        return {
            key: without_prose(held)
            for key, held in value.items()
            if key != "description" or not isinstance(held, str)
        }
    return value


def discovery(server: Server) -> dict[str, Any]:
    """Both forms of discovery: each legacy document by path, and the aggregated lists."""
    legacy = {path: server.get(path) for path in ("/api", "/apis", "/api/v1")}
    for group in legacy["/apis"]["groups"]:
        for version in group["versions"]:
            path = f"/apis/{version['groupVersion']}"
            legacy[path] = server.get(path)
    return {
        "legacy": legacy,
        "aggregated": {path: server.get(path, AGGREGATED) for path in ("/api", "/apis")},
    }


def openapi_v3(server: Server) -> dict[str, Any]:
    """Every OpenAPI v3 document, by the path that the index gives it."""
    index = server.get("/openapi/v3")["paths"]
    return {
        path: without_prose(server.get(entry["serverRelativeURL"])) for path, entry in index.items()
    }


def tables(server: Server, legacy: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The printed columns of each resource that can be listed."""
    found = {}
    for path, document in legacy.items():
        for resource in document.get("resources", ()):
            if "list" in resource["verbs"]:
                collection = f"{path}/{resource['name']}"
                columns = server.get(f"{collection}?limit=1", TABLE)["columnDefinitions"]
                found[collection] = [{key: column[key] for key in COLUMN} for column in columns]
    return found


def bootstrap(server: Server) -> dict[str, list[dict[str, Any]]]:
    """The objects that the server made for itself. ConfigMaps keep their keys only: certificates
    are its own.
    """
    found = {}
    for path in BOOTSTRAP:
        try:
            items = server.get(path)["items"]
        except urllib.error.HTTPError as missing:
            if missing.code != 404:
                raise
            continue  # older versions lack some of these resources
        for item in items:
            for key in FLEETING:
                item["metadata"].pop(key, None)
            if path == "/api/v1/configmaps":
                item["data"] = dict.fromkeys(item.get("data", {}), "")
        found[path] = items
    return found


def save(folder: Path, name: str, value: Any) -> None:
    """Write one fact, the same bytes for the same value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with (folder / f"{name}.json.gz").open("wb") as file:
        file.write(gzip.compress(text.encode(), 9, mtime=0))


def main(arguments: list[str]) -> None:
    """Record all facts of one server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("token")
    parser.add_argument("--gotypes", type=Path, help="what gofacts wrote")
    parser.add_argument("--out", type=Path, help="folder; default: the version's")
    options = parser.parse_args(arguments)
    server = Server(options.url, options.token)
    version = server.get("/version")
    minor = f"{version['major']}.{version['minor'].rstrip('+')}"
    folder = options.out or Path(__file__).parent / minor
    folder.mkdir(parents=True, exist_ok=True)
    documents = discovery(server)
    save(folder, "version", version)
    save(folder, "discovery", documents)
    save(folder, "openapi_v2", without_prose(server.get("/openapi/v2")))
    save(folder, "openapi_v3", openapi_v3(server))
    save(folder, "tables", tables(server, documents["legacy"]))
    save(folder, "bootstrap", bootstrap(server))
    if options.gotypes is not None:
        save(folder, "gotypes", json.loads(options.gotypes.read_text()))


if __name__ == "__main__":
    main(sys.argv[1:])

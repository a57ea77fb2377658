"""Definitions that operators are installed with, out of the Go modules that carry them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

#: Module and version -> which of its files hold the definitions, the last one of a name counts.
MODULES = {
    "istio.io/api@v1.31.4": r"/kubernetes/customresourcedefinitions\.gen\.yaml",
    "knative.dev/serving@v0.51.0": r"/config/core/300-resources/[a-z-]+\.yaml",
    "knative.dev/eventing@v0.47.0": r"/config/core/resources/.*\.yaml",
    "knative.dev/operator@v0.42.2": (
        r"/kodata/(knative-eventing/1\.15\.0/[12]-|knative-serving/1\.15\.2/1-|eventing-source/1\.15/)"
    ),
    "sigs.k8s.io/gateway-api@v1.6.3": r"/config/crd/(standard|experimental)/gateway.*\.yaml",
    "github.com/cert-manager/cert-manager@v1.21.2": r"/deploy/crds/.*\.yaml",
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        r"/example/prometheus-operator-crd-full/.*\.yaml"
    ),
    "github.com/argoproj/argo-cd/v3@v3.2.0": r"/manifests/crds/.*-crd\.yaml",
    "github.com/argoproj/argo-events@v1.9.0": r"/manifests/base/crds/argoproj\.io_.*\.yaml",
    "github.com/argoproj/argo-rollouts@v1.9.1": r"/manifests/crds/.*-crd\.yaml",
    "github.com/argoproj/argo-workflows/v3@v3.7.0": r"/manifests/base/crds/full/argoproj.*\.yaml",
    "github.com/crossplane/crossplane/v2@v2.1.0": r"/cluster/crds/.*\.yaml",
}


@cache
def archives() -> dict[str, Path]:
    """The modules' archives: from Go's cache where there is Go, else from the module proxy."""
    return _by_go() if shutil.which("go") else _by_proxy()


def _by_go() -> dict[str, Path]:
    command = ["go", "mod", "download", "-json", *MODULES]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=False)
    found = {}
    for text in re.split(r"(?<=^\})\n", done.stdout, flags=re.MULTILINE):
        if text.strip():
            one = json.loads(text)
            assert "Zip" in one, one
            found[f"{one['Path']}@{one['Version']}"] = Path(one["Zip"])
    assert found.keys() == MODULES.keys(), done.stderr
    return found


def _by_proxy() -> dict[str, Path]:
    proxy = re.split("[,|]", os.environ.get("GOPROXY") or "https://proxy.golang.org")[0]
    folder = Path(tempfile.gettempdir()) / f"fakek8s-crds-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    found = {}
    for module in MODULES:
        path, _, version = module.partition("@")
        archive = found[module] = folder / f"{module.replace('/', '_')}.zip"
        if not archive.exists():
            # The proxy writes capitals as "!" and a small letter.
            path = re.sub("[A-Z]", lambda match: f"!{match[0].lower()}", path)
            with urllib.request.urlopen(f"{proxy}/{path}/@v/{version}.zip") as response:
                draft = archive.with_suffix(f".{os.getpid()}")
                draft.write_bytes(response.read())
                draft.replace(archive)
    return found


class _Loader(yaml.CSafeLoader):
    """YAML as the schemas use it, where `=` is a text."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


@cache
def definitions(module: str) -> list[Object]:
    """The module's CustomResourceDefinitions in order of their names."""
    wanted, found = re.compile(MODULES[module]), {}
    with zipfile.ZipFile(archives()[module]) as archive:
        for name in filter(wanted.search, sorted(archive.namelist())):
            for text in re.split(r"^---.*$", archive.read(name).decode(), flags=re.MULTILINE):
                if "\nkind: CustomResourceDefinition" in text:
                    body = yaml.load(text, _Loader)
                    found[body["metadata"]["name"]] = body
    return [found[name] for name in sorted(found)]

"""Real clients: every kubectl that can be found, against clusters of this process."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fakek8s.threaded import ThreadedCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = re.compile(r'v1\.(\d+)\.\d+|GitVersion:"v1\.(\d+)\.')
_COUNTER = itertools.count()

#: helm comes with no package of Python's: where it is not installed there is nothing to collect.
collect_ignore = [] if shutil.which("helm") else ["test_helm.py"]


def _candidates() -> Iterator[Path]:
    """Executables named kubectl*, in PATH and in the folders that FAKEK8S_KUBECTLS lists."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    folders += os.environ.get("FAKEK8S_KUBECTLS", "").split(os.pathsep)
    for folder in dict.fromkeys(filter(None, folders)):
        for path in sorted(Path(folder).glob("kubectl*")):
            if path.is_file() and os.access(path, os.X_OK):
                yield path.resolve()


def _minor(path: Path) -> int | None:
    """The minor version that a kubectl says it has; None for what is no kubectl."""
    try:
        done = subprocess.run(
            [path, "version", "--client"], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError:
        return None
    found = _VERSION.search(done.stdout)
    return int(found[1] or found[2]) if found else None


def kubectls() -> dict[int, Path]:
    """One kubectl for each minor version that is there, newest first."""
    found: dict[int, Path] = {}
    for path in dict.fromkeys(_candidates()):
        minor = _minor(path)
        if minor is not None:
            found.setdefault(minor, path)
    return dict(sorted(found.items(), reverse=True))


class Kubectl:
    """One kubectl at work in one namespace of one cluster."""

    def __init__(self, binary: Path, kubeconfig: str, home: Path, namespace: str) -> None:
        self.namespace = namespace
        self.home = home
        self._binary = binary
        self._environment = {
            "KUBECONFIG": kubeconfig,
            "HOME": str(home),
            "PATH": os.environ.get("PATH", ""),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A kubectl that goes on; the caller ends it."""
        return subprocess.Popen(
            [self._binary, "--namespace", self.namespace, *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(
        self, *arguments: str, stdin: str | None = None, editor: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """A kubectl's whole life, whatever comes of it."""
        environment = self._environment | ({"KUBE_EDITOR": editor} if editor else {})
        return subprocess.run(
            [self._binary, "--namespace", self.namespace, *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def __call__(self, *arguments: str, stdin: str | None = None, editor: str = "") -> str:
        """What a successful kubectl prints."""
        done = self.run(*arguments, stdin=stdin, editor=editor)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """What a successful `-o json` prints."""
        return json.loads(self(*arguments, "-o", "json"))

    def refused(self, *arguments: str, stdin: str | None = None) -> str:
        """What a kubectl that fails complains of."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode != 0, done.stdout
        return done.stderr


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[ThreadedCluster]:
    """One cluster with two nodes for all tests of this process; they keep to namespaces."""
    with ThreadedCluster(nodes=2) as cluster:
        yield cluster


@pytest.fixture(params=kubectls().items(), ids=lambda found: f"kubectl-1.{found[0]}")
def kubectl(
    request: pytest.FixtureRequest, shared_cluster: ThreadedCluster, tmp_path: Path
) -> Kubectl:
    """Each kubectl in turn, in a namespace of its own."""
    return _in_new_namespace(request.param[1], shared_cluster, tmp_path)


@pytest.fixture
def newest_kubectl(shared_cluster: ThreadedCluster, tmp_path: Path) -> Kubectl:
    """The newest kubectl, for what does not depend on its version."""
    return _in_new_namespace(next(iter(kubectls().values())), shared_cluster, tmp_path)


def _in_new_namespace(binary: Path, cluster: ThreadedCluster, home: Path) -> Kubectl:
    namespace = f"t{os.getpid()}-{next(_COUNTER)}"
    made = Kubectl(binary, cluster.kubeconfig, home, namespace)
    made("create", "namespace", namespace)
    return made

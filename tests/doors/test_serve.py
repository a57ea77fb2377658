"""`fakek8s serve`: ready when it says so, gone without a trace when it is told to."""

from __future__ import annotations

import signal
import socket
import ssl
import stat
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from .conftest import fakek8s, get

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from .conftest import Served

NODES = "/api/v1/nodes"
TOKENS = 'mastertoken,root,1,"system:masters,others"\nplaintoken,someone,2\n'


def test_who_sees_the_kubeconfig_can_use_it(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    path = tmp_path / "new" / "kubeconfig"
    process = start("--profile", "apiserver", "--kubeconfig", str(path))
    while not path.exists():
        assert process.poll() is None
    config: dict[str, Any] = yaml.safe_load(path.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    trusted = ssl.create_default_context(cadata=_pem(cluster["certificate-authority-data"]))
    request = urllib.request.Request(
        cluster["server"] + "/readyz", headers={"Authorization": f"Bearer {user['token']}"}
    )
    with urllib.request.urlopen(request, timeout=20, context=trusted) as response:
        assert response.read() == b"ok"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def _pem(data: str) -> str:
    import base64

    return base64.b64decode(data).decode()


def test_it_says_where_it_is(serve: Callable[..., Served]) -> None:
    served = serve("--profile", "apiserver")
    assert served.announced.startswith("fakek8s ")
    assert served.url.startswith("http://127.0.0.1:")
    config = yaml.safe_load(Path(served.kubeconfig).read_text())
    assert config["clusters"][0]["cluster"]["server"] == served.url
    assert served.get("/readyz") == (200, "ok")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_even_within_a_watch(
    serve: Callable[..., Served], number: signal.Signals
) -> None:
    served = serve()
    request = urllib.request.Request(
        f"{served.url}{NODES}?watch=1", headers={"Authorization": f"Bearer {served.token}"}
    )
    with urllib.request.urlopen(request, timeout=20) as watch:
        assert b'"ADDED"' in watch.readline()
        served.process.send_signal(number)
        assert served.process.wait(timeout=10) == 0
    out, err = served.process.communicate()
    assert (out, err) == ("", "")
    assert not Path(served.kubeconfig).exists()


def test_a_cluster_has_as_many_nodes_as_asked_for(serve: Callable[..., Served]) -> None:
    served = serve("--nodes", "3")
    assert len(served.names(NODES)) == 3


def test_an_api_server_alone_has_nothing_that_acts(serve: Callable[..., Served]) -> None:
    served = serve("--profile", "apiserver")
    assert served.names(NODES) == []
    assert served.names("/api/v1/namespaces/default/configmaps") == []
    assert served.names("/api/v1/namespaces/default/services") == ["kubernetes"]


def test_a_port_can_be_chosen_but_not_one_that_is_taken(serve: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = fakek8s("serve", "--plain-http", "--port", port)
    assert refused.returncode == 1
    assert refused.stderr.startswith("fakek8s: ")
    assert "address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr
    served = serve("--profile", "apiserver", "--port", port)
    assert served.url == f"http://127.0.0.1:{port}"
    assert served.get("/livez") == (200, "ok")


def test_tokens_come_from_a_file(serve: Callable[..., Served], tmp_path: Path) -> None:
    file = tmp_path / "tokens.csv"
    file.write_text(TOKENS)
    served = serve("--profile", "apiserver", "--token-auth-file", str(file))
    assert served.get(NODES, "mastertoken")[0] == 200
    status, refusal = served.get(NODES, "plaintoken")
    assert status == 403
    assert refusal["message"].startswith('nodes is forbidden: User "someone" cannot list')
    assert served.get(NODES, "unknown")[0] == 401
    assert served.get(NODES)[0] == 200  # the kubeconfig's own


def test_a_file_of_tokens_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    refused = fakek8s("serve", "--token-auth-file", str(tmp_path / "none.csv"))
    assert refused.returncode == 1
    assert "none.csv" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_service_addresses_come_from_the_range(serve: Callable[..., Served]) -> None:
    served = serve("--profile", "apiserver", "--service-cluster-ip-range", "10.9.0.0/24")
    _, service = served.get("/api/v1/namespaces/default/services/kubernetes")
    assert service["spec"]["clusterIP"] == "10.9.0.1"


def test_two_servers_share_nothing(serve: Callable[..., Served], tmp_path: Path) -> None:
    first = serve("--profile", "apiserver")
    second = serve("--profile", "apiserver", "--kubeconfig", str(tmp_path / "second"))
    assert first.token != second.token
    assert get(first.url + NODES, second.token)[0] == 401


@pytest.mark.parametrize(
    "arguments", [["serve", "--profile", "none"], ["serve", "--port", "x"], ["nosuch"], []]
)
def test_unknown_wishes_are_a_matter_of_usage(arguments: list[str]) -> None:
    refused = fakek8s(*arguments)
    assert refused.returncode == 2
    assert refused.stderr.startswith("usage: fakek8s")

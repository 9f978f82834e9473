"""nginx and HAProxy in front: they end TLS, we still know who calls and from where."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from msign.client.api import SoapClient
from msign.client.outgoing import Outgoing
from msign.faces.soap.options import SoapOptions
from msign.faces.soap.peer import peer_source
from msign.kernel.clock import monotonic
from msign.kernel.errors import Code, MSignError
from msign.kernel.words import ContentType
from msign.ops.instance import free_port
from tests.integration.soap_support import Api, running_api
from tests.support.pki import session_pki
from tests.unit.soap.support import REQUEST_ID

pytestmark = pytest.mark.tool
PUBLIC = "https://sign.example"


def systems_ca(folder: Path) -> Path:
    chain = session_pki().system("alfa-test").chain
    path = folder / "systems.pem"
    path.write_text("".join(_pem(one) for one in chain), "ascii")
    return path


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


@contextmanager
def behind(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        _wait(process, port)
        yield
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
        assert b"emerg" not in output, output


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + 60
    while monotonic() < deadline:
        assert process.poll() is None, process.communicate()[0].decode()
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("the proxy did not start")


def nginx(folder: Path, port: int, api: Api) -> list[str]:
    """The configuration of docs/protocol/soap.md, on loopback."""
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
        events {{}}
        http {{
          access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          server {{
            listen 127.0.0.1:{port} ssl;
            ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
            ssl_client_certificate {systems_ca(folder)}; ssl_verify_client optional; ssl_verify_depth 3;
            client_max_body_size 160m; proxy_request_buffering off; proxy_http_version 1.1;
            location / {{
              proxy_pass http://127.0.0.1:{api.port};
              proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
              proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
              proxy_set_header Host $host;
            }}
          }}
        }}
        """,
        "utf-8",
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(folder: Path, port: int, api: Api) -> list[str]:
    """The configuration of docs/protocol/soap.md, on loopback; the buffer sizes matter for large posts."""
    (folder / "both.pem").write_bytes((folder / "server.pem").read_bytes() + (folder / "server.key").read_bytes())
    (folder / "haproxy.cfg").write_text(
        f"""
global
    tune.bufsize 32768
    tune.maxrewrite 12288
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
frontend api
    bind 127.0.0.1:{port} ssl crt {folder}/both.pem ca-file {systems_ca(folder)} verify optional
    http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]
    option forwardfor
    default_backend app
backend app
    server one 127.0.0.1:{api.port}
""",
        "utf-8",
    )
    return ["haproxy", "-db", "-f", str(folder / "haproxy.cfg")]


COMMANDS = {"nginx": nginx, "haproxy": haproxy}


@pytest.fixture(scope="module", params=COMMANDS)
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, str]]:
    kind: str = request.param
    if shutil.which(kind) is None:
        pytest.skip(f"no {kind} on this machine")
    folder = tmp_path_factory.mktemp(kind)
    peers = peer_source(kind, trusted=("127.0.0.1/32",))
    with running_api(folder, peers=peers, tls=False, options=SoapOptions(public_url=PUBLIC)) as api:
        port = free_port()
        with behind(COMMANDS[kind](folder, port, api), port):
            yield api, f"https://127.0.0.1:{port}/MSign.svc"


def post(api: Api, url: str, name: str, content: bytes = bytes(32)) -> str:
    certificate, key = api.client(name)
    with SoapClient(url, certificate=certificate, key=key, ca=api.ca) as client:
        return client.post([Outgoing(content)], content_type=ContentType.HASH, short_description="Cerere")


def test_the_certificate_and_the_address_arrive(proxied: tuple[Api, str]) -> None:
    api, url = proxied
    assert post(api, url, "alfa-test") == REQUEST_ID
    assert api.gate.asked[-1] == (session_pki().system("alfa-test").der, "127.0.0.1")


def test_a_large_post_goes_through(proxied: tuple[Api, str]) -> None:
    api, url = proxied
    for size in (20_000, 33_000, 3_000_000):
        assert post(api, url, "alfa-test", bytes(size)) == REQUEST_ID


def test_an_unregistered_system_hears_the_fault(proxied: tuple[Api, str]) -> None:
    api, url = proxied
    with pytest.raises(MSignError, match="Unknown service consumer") as caught:
        post(api, url, "unknown")
    assert caught.value.code is Code.AUTHENTICATION_FAILED


def test_headers_that_a_client_forges_lose(proxied: tuple[Api, str]) -> None:
    api, url = proxied
    forged = {"X-SSL-Client-Cert": "x", "X-SSL-Client-DER": "x", "X-Forwarded-For": "192.0.2.10"}
    context = ssl.create_default_context(cafile=str(api.ca))
    context.load_cert_chain(*api.client())
    with httpx.Client(verify=context, trust_env=False) as client:
        client.post(url, headers={**forged, "Content-Type": "text/xml"}, content=b"<a/>")
    assert api.gate.asked[-1] == (session_pki().system("alfa-test").der, "127.0.0.1")


def test_headers_of_a_direct_caller_are_believed_only_from_the_proxy_networks(tmp_path: Path) -> None:
    peers = peer_source("nginx", trusted=("203.0.113.0/24",))
    with running_api(tmp_path, peers=peers, tls=False) as api:
        headers = {"X-SSL-Client-Cert": "x", "X-Forwarded-For": "192.0.2.10", "Content-Type": "text/xml"}
        answer = httpx.post(api.url, headers=headers, content=b"<a/>", trust_env=False)
        assert "Invalid authentication certificate" in answer.text
        assert api.gate.asked[-1] == (None, "127.0.0.1")


def test_the_wsdl_tells_the_public_address(proxied: tuple[Api, str]) -> None:
    api, url = proxied
    context = ssl.create_default_context(cafile=str(api.ca))
    text = httpx.get(url, verify=context, trust_env=False).text
    assert f'location="{PUBLIC}/MSign.svc"' in text

"""Where certificate and address come from: headers only from trusted proxies, addresses counted from the right."""

from __future__ import annotations

import base64
import datetime as dt
import ssl
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from msign.faces.soap.peer import Peer, peer_source
from msign.kernel.errors import MSignError


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sistem")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 0x40000000A1, start, start + dt.timedelta(days=30))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


DER = _certificate()
PEM = ssl.DER_cert_to_PEM_cert(DER)
NGINX = quote(PEM)
HAPROXY = base64.b64encode(DER).decode()
PROXY = "10.0.0.5"


def scope(client: str = PROXY, **headers: str | list[str]) -> dict[str, Any]:
    pairs = [
        (name.replace("_", "-").encode(), value.encode())
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    return {"client": (client, 4000), "headers": pairs, "extensions": {}}


def nginx(**more: Any) -> Any:
    return peer_source("nginx", trusted=("10.0.0.0/24", "fd00::/8"), **more)


def test_direct_tls_reads_the_extension() -> None:
    own = {"client": ("::ffff:192.0.2.7", 1), "headers": [], "extensions": {"tls": {"client_cert_chain": (PEM,)}}}
    assert peer_source("tls").read(own) == Peer(DER, "192.0.2.7")


@pytest.mark.parametrize("extensions", [{}, {"tls": {}}, {"tls": {"client_cert_chain": ()}}])
def test_direct_tls_without_certificate(extensions: dict[str, Any]) -> None:
    own = {"client": ("192.0.2.7", 1), "headers": [], "extensions": extensions}
    assert peer_source("tls").read(own) == Peer(None, "192.0.2.7")


def test_direct_tls_believes_no_header() -> None:
    own = scope("192.0.2.7", x_ssl_client_cert=NGINX, x_forwarded_for="198.51.100.1")
    assert peer_source("tls").read(own) == Peer(None, "192.0.2.7")


def test_nginx_form() -> None:
    assert nginx().read(scope(x_ssl_client_cert=NGINX, x_forwarded_for="198.51.100.1")) == Peer(DER, "198.51.100.1")


def test_haproxy_form() -> None:
    source = peer_source("haproxy", trusted=("10.0.0.5/32",))
    assert source.read(scope(x_ssl_client_der=HAPROXY, x_forwarded_for="198.51.100.1")) == Peer(DER, "198.51.100.1")


def test_headers_of_a_stranger_are_ignored() -> None:
    own = scope("198.51.100.66", x_ssl_client_cert=NGINX, x_forwarded_for="198.51.100.1")
    assert nginx().read(own) == Peer(None, "198.51.100.66")


def test_without_trusted_networks_nobody_is_believed() -> None:
    own = scope(x_ssl_client_cert=NGINX, x_forwarded_for="198.51.100.1")
    assert peer_source("nginx").read(own) == Peer(None, PROXY)


def test_a_forged_leftmost_address_loses() -> None:
    own = scope(x_ssl_client_cert=NGINX, x_forwarded_for="192.0.2.10, 198.51.100.1")
    assert nginx().read(own).address == "198.51.100.1"


def test_a_forged_separate_header_loses_too() -> None:
    own = scope(x_ssl_client_cert=NGINX, x_forwarded_for=["192.0.2.10", "198.51.100.1"])
    assert nginx().read(own).address == "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("192.0.2.10, 198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("198.51.100.1, 203.0.113.9", ""),  # the nearer hop is no proxy of ours
        ("198.51.100.1", ""),  # one hop is missing
        ("", ""),
        ("nonsense, 10.0.0.9", ""),
        ("[2001:db8::1]:443, 10.0.0.9", "2001:db8::1"),
        ("198.51.100.1:55000, fd00::1", "198.51.100.1"),
    ],
)
def test_two_proxies_are_counted_from_the_right(forwarded: str, address: str) -> None:
    own = scope(x_ssl_client_cert=NGINX, x_forwarded_for=forwarded)
    assert nginx(proxy_count=2).read(own).address == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        quote("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"),
        quote(PEM + PEM),
        quote("-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----\n"),
        NGINX[:-40],
        "A" * 70_000,
    ],
    ids=["empty", "nonsense", "no base64", "two", "no certificate", "cut", "too long"],  # alike in every process
)
def test_an_unreadable_header_is_no_certificate(value: str) -> None:
    assert nginx().read(scope(x_ssl_client_cert=value, x_forwarded_for="198.51.100.1")).certificate is None


def test_two_certificate_headers_are_none() -> None:
    own = scope(x_ssl_client_cert=[NGINX, NGINX], x_forwarded_for="198.51.100.1")
    assert nginx().read(own).certificate is None


@pytest.mark.parametrize("value", ["", "***", "QUJ"])
def test_haproxy_nonsense_is_no_certificate(value: str) -> None:
    source = peer_source("haproxy", trusted=("10.0.0.0/8",))
    assert source.read(scope(x_ssl_client_der=value, x_forwarded_for="198.51.100.1")).certificate is None


@pytest.mark.parametrize(
    ("kind", "trusted"), [("apache", ()), ("nginx", ("10.0.0.300",)), ("haproxy", ("10.0.0.5/8",))]
)
def test_a_wrong_setting_is_named(kind: str, trusted: tuple[str, ...]) -> None:
    with pytest.raises(MSignError, match=r"api\.(certificate_source|trusted_proxies)"):
        peer_source(kind, trusted=trusted)

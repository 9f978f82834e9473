"""The WSDL: as published, loaded by a client that others wrote, and telling the address that was reached."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import zeep
from lxml import etree

from msign.access.values import DenialReason
from msign.faces.soap import wsdl
from msign.faces.soap.contract import NAMESPACE, TYPES, Operation
from msign.faces.soap.options import SoapOptions
from tests.unit.soap.support import ROOT, Desk, denied

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
ADDRESS = "string(//*[local-name()='address']/@location)"


def test_gate_is_clean() -> None:
    done = subprocess.run(
        [sys.executable, "tools/schemas.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_wrappers_are_anonymous_and_types_are_named_and_global() -> None:
    schema = etree.fromstring(wsdl.schema())
    elements = {element.get("name"): element for element in schema.findall(f"{XS}element")}
    wrappers = {name for operation in Operation for name in (operation.value, f"{operation}Response")}
    assert {name for name, element in elements.items() if element.get("type") is None} == wrappers
    assert len(wrappers) == 6
    named = {kind.get("name") for kind in schema if kind.tag in (f"{XS}complexType", f"{XS}simpleType")}
    assert named == {kind.name for kind in TYPES}
    for name in named:
        assert name is not None
        assert (elements[name].get("nillable"), elements[name].get("type")) == ("true", f"tns:{name}")


def test_actions_stand_on_port_type_and_binding() -> None:
    tree = etree.fromstring(wsdl.wsdl())
    actions = tree.xpath("//@wsaw:Action", namespaces={"wsaw": "http://www.w3.org/2006/05/addressing/wsdl"})
    expected = [action for one in Operation for action in (one.action, f"{one.action}Response")]
    assert [str(action) for action in actions] == expected
    assert [str(one) for one in tree.xpath("//@soapAction")] == [operation.action for operation in Operation]


def test_annotations_of_the_published_schema_are_there() -> None:
    text = wsdl.wsdl().decode()
    assert text.count('EmitDefaultValue="false"') == 17
    assert ">1</EnumerationValue>" in text
    assert ">2</EnumerationValue>" in text


def test_zeep_loads_it_and_knows_all_members() -> None:
    client = zeep.Client(str(ROOT / "schemas" / "msign.wsdl"))
    operations = client.service._binding._operations
    assert set(operations) == {operation.value for operation in Operation}
    made = client.get_type(f"{{{NAMESPACE}}}SignContent")(Content=b"x", Name="a")
    assert made.Content == b"x"


@pytest.mark.parametrize("query", [b"", b"wsdl", b"WSDL", b"singleWsdl", b"singlewsdl"])
async def test_every_usual_address_gives_the_same(desk: Desk, query: bytes) -> None:
    answer = await desk.request("GET", query=query, host="sign.example:8443")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.body == wsdl.wsdl("https://sign.example:8443/MSign.svc")


async def test_other_queries_are_404(desk: Desk) -> None:
    assert (await desk.request("GET", query=b"xsd=xsd0")).status == 404


@pytest.mark.parametrize(
    "host", ["", "a b", 'x"><script>', "user@evil.example", "evil.example/path", "-x", "a" * 300, "[::1]x"]
)
async def test_a_host_header_that_is_no_host_is_not_repeated(desk: Desk, host: str) -> None:
    answer = await desk.request("GET", host=host)
    assert etree.fromstring(answer.body).xpath(ADDRESS) == "https://127.0.0.1:8443/MSign.svc"


@pytest.mark.parametrize("url", ["https://sign.example", "https://sign.example/", "https://sign.example/MSign.svc"])
async def test_a_configured_public_url_wins(tmp_path: Path, url: str) -> None:
    desk = Desk(tmp_path, options=SoapOptions(public_url=url))
    answer = await desk.request("GET", host="evil.example")
    assert etree.fromstring(answer.body).xpath(ADDRESS) == "https://sign.example/MSign.svc"
    desk.app.close()


async def test_the_wsdl_may_be_for_registered_systems_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path, options=SoapOptions(wsdl_require_certificate=True))
    assert (await desk.request("GET", host="localhost")).status == 200
    desk.gate.decision = denied(DenialReason.NO_CERTIFICATE)
    assert (await desk.request("GET", host="localhost")).status == 403
    desk.app.close()

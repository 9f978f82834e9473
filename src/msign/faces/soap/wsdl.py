"""The WSDL and the bare schema, written from the contract table. What is served equals `schemas/msign.wsdl`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from xml.sax.saxutils import quoteattr

from msign.faces.soap.contract import (
    NAMESPACE,
    PARAMETERS,
    RESULT_TYPES,
    SERIALIZATION,
    TYPES,
    Array,
    Complex,
    Enumeration,
    Member,
    Operation,
    Simple,
    Type,
)

DEFAULT_ADDRESS = (
    "https://localhost:8443/MSign.svc"  # what the committed file says; served copies name the reached host
)
_HEAD = f"""<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions name="MSignService" targetNamespace="{NAMESPACE}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:tns="{NAMESPACE}">
  <wsdl:types>"""
_SIMPLE = frozenset(Simple)
WriteOperation = Callable[[Operation], Iterator[str]]


@lru_cache(maxsize=64)
def wsdl(address: str = DEFAULT_ADDRESS) -> bytes:
    """Return the single-file WSDL with ``address`` as its ``soap:address``."""
    lines = [_HEAD, *_indented(_schema(), 4), "  </wsdl:types>"]
    for operation in Operation:
        lines += _messages(operation)
    lines += ['  <wsdl:portType name="IMSign">', *_each(_port_operation), "  </wsdl:portType>"]
    lines += [
        '  <wsdl:binding name="BasicHttpBinding_IMSign" type="tns:IMSign">',
        '    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>',
        *_each(_binding_operation),
        "  </wsdl:binding>",
        '  <wsdl:service name="MSignService">',
        '    <wsdl:port name="BasicHttpBinding_IMSign" binding="tns:BasicHttpBinding_IMSign">',
        f"      <soap:address location={quoteattr(address)}/>",
        "    </wsdl:port>",
        "  </wsdl:service>",
        "</wsdl:definitions>",
    ]
    return ("\n".join(lines) + "\n").encode()


def schema() -> bytes:
    """Return the schema of the messages on its own, for validating samples and responses."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', *_schema()]
    return ("\n".join(lines) + "\n").encode()


def _schema() -> Iterator[str]:
    yield (
        f'<xs:schema elementFormDefault="qualified" targetNamespace="{NAMESPACE}"'
        f' xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="{NAMESPACE}">'
    )
    for operation in Operation:
        yield from _indented(_wrapper(operation.value, PARAMETERS[operation]), 2)
        result = Member(f"{operation}Result", RESULT_TYPES[operation], nillable=True)
        yield from _indented(_wrapper(f"{operation}Response", (result,)), 2)
    for kind in TYPES:
        yield from _indented(_type(kind), 2)
        yield f'  <xs:element name="{kind.name}" nillable="true" type="tns:{kind.name}"/>'
    yield "</xs:schema>"


def _wrapper(name: str, members: tuple[Member, ...]) -> Iterator[str]:
    yield f'<xs:element name="{name}">'
    yield "  <xs:complexType>"
    yield from _indented(_sequence(members), 4)
    yield "  </xs:complexType>"
    yield "</xs:element>"


def _type(kind: Type) -> Iterator[str]:
    match kind:
        case Complex(name, members):
            yield f'<xs:complexType name="{name}">'
            yield from _indented(_sequence(members), 2)
            yield "</xs:complexType>"
        case Array(item):
            yield f'<xs:complexType name="{kind.name}">'
            yield "  <xs:sequence>"
            yield (
                f'    <xs:element minOccurs="0" maxOccurs="unbounded" name="{item}" nillable="true" type="tns:{item}"/>'
            )
            yield "  </xs:sequence>"
            yield "</xs:complexType>"
        case Enumeration(name, values, first):
            yield f'<xs:simpleType name="{name}">'
            yield '  <xs:restriction base="xs:string">'
            for position, value in enumerate(values):
                yield from _indented(_value(value, None if first is None else first + position), 4)
            yield "  </xs:restriction>"
            yield "</xs:simpleType>"


def _value(value: str, number: int | None) -> Iterator[str]:
    if number is None:
        yield f'<xs:enumeration value="{value}"/>'
        return
    yield f'<xs:enumeration value="{value}">'
    yield from _annotation(f'<EnumerationValue xmlns="{SERIALIZATION}">{number}</EnumerationValue>')
    yield "</xs:enumeration>"


def _sequence(members: tuple[Member, ...]) -> Iterator[str]:
    yield "<xs:sequence>"
    for member in members:
        yield from _indented(_element(member), 2)
    yield "</xs:sequence>"


def _element(member: Member) -> Iterator[str]:
    prefix = "xs" if member.type in _SIMPLE else "tns"
    occurs = "" if member.required else ' minOccurs="0"'
    nillable = ' nillable="true"' if member.nillable else ""
    start = f'<xs:element{occurs} name="{member.name}"{nillable} type="{prefix}:{member.type}"'
    if not member.omitted:
        yield f"{start}/>"
        return
    yield f"{start}>"
    yield from _annotation(f'<DefaultValue EmitDefaultValue="false" xmlns="{SERIALIZATION}"/>')
    yield "</xs:element>"


def _annotation(content: str) -> Iterator[str]:
    yield "  <xs:annotation>"
    yield "    <xs:appinfo>"
    yield f"      {content}"
    yield "    </xs:appinfo>"
    yield "  </xs:annotation>"


def _messages(operation: Operation) -> Iterator[str]:
    for side, element in (("Input", operation.value), ("Output", f"{operation}Response")):
        yield f'  <wsdl:message name="IMSign_{operation}_{side}Message">'
        yield f'    <wsdl:part name="parameters" element="tns:{element}"/>'
        yield "  </wsdl:message>"


def _port_operation(operation: Operation) -> Iterator[str]:
    yield f'    <wsdl:operation name="{operation}">'
    message = f"tns:IMSign_{operation}"
    yield f'      <wsdl:input wsaw:Action="{operation.action}" message="{message}_InputMessage"/>'
    yield f'      <wsdl:output wsaw:Action="{operation.action}Response" message="{message}_OutputMessage"/>'
    yield "    </wsdl:operation>"


def _binding_operation(operation: Operation) -> Iterator[str]:
    yield f'    <wsdl:operation name="{operation}">'
    yield f'      <soap:operation soapAction="{operation.action}" style="document"/>'
    for side in ("input", "output"):
        yield f"      <wsdl:{side}>"
        yield '        <soap:body use="literal"/>'
        yield f"      </wsdl:{side}>"
    yield "    </wsdl:operation>"


def _each(write: WriteOperation) -> Iterator[str]:
    for operation in Operation:
        yield from write(operation)


def _indented(lines: Iterator[str], width: int) -> Iterator[str]:
    for line in lines:
        yield " " * width + line

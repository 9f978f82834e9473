"""Text that is written in canonical form at once (Exclusive XML Canonicalization 1.0), so that nothing is
canonicalised afterwards: the bytes in the file are the bytes that are signed."""

from __future__ import annotations

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
XADES141 = "http://uri.etsi.org/01903/v1.4.1#"
EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_NAMESPACES = {"ds": DS, "xades": XADES, "xades141": XADES141}
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_ATTRIBUTE = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"})


def text(value: str) -> str:
    """Return character data in canonical form."""
    return value.translate(_TEXT)


def element(name: str, *content: str, scope: str = "", **attributes: str | None) -> str:
    """Return an element in canonical form; ``None`` attributes are left out.

    ``name`` is ``prefix:Local``. The namespace is declared on the element unless ``scope`` (a space-separated list of
    prefixes) says that an enclosing element has rendered it, which is exactly what exclusive canonicalisation does.
    """
    prefix = name.partition(":")[0]
    declared = "" if prefix in scope.split() else f' xmlns:{prefix}="{_NAMESPACES[prefix]}"'
    written = "".join(
        f' {key}="{value.translate(_ATTRIBUTE)}"' for key, value in sorted(attributes.items()) if value is not None
    )
    return f"<{name}{declared}{written}>{''.join(content)}</{name}>"

"""Reads a reply of the API as it arrives: texts into a tree of plain values, signatures straight into files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import cast

from lxml import etree

from msign.faces.soap.base64stream import Base64Decoder, NotBase64
from msign.faces.soap.contract import INSTANCE, NAMESPACE
from msign.kernel.errors import Code, MSignError
from msign.kernel.limits import KIB

_NIL = f"{{{INSTANCE}}}nil"
_MAX_TEXT = 64 * KIB
_MAX_DEPTH = 32
Targets = Callable[[int], Path]


@dataclass
class Node:
    """An element: its text, its children in order, and where its content went if that is a file."""

    name: str
    nil: bool = False
    text: str = ""
    children: list[Node] = field(default_factory=list)
    file: Path | None = None

    def all(self, name: str) -> list[Node]:
        """Return the children of the name."""
        return [child for child in self.children if child.name == name]

    def one(self, name: str) -> Node | None:
        """Return the first child of the name, unless it is nil."""
        found = next(iter(self.all(name)), None)
        return None if found is None or found.nil else found

    def value(self, name: str) -> str | None:
        """Return the text of a child."""
        found = self.one(name)
        return None if found is None else found.text

    def find(self, name: str) -> Node | None:
        """Return the first element of the name at any depth."""
        return self if self.name == name else next(filter(None, (child.find(name) for child in self.children)), None)


class ReplyReader:
    """Fed with bytes. The n-th ``Signature`` element is decoded into ``targets(n)``, when targets are given."""

    def __init__(self, targets: Targets | None = None) -> None:
        self._target = _Target(targets)
        self._parser = etree.XMLParser(
            target=cast("etree.ParserTarget", self._target), resolve_entities=False, no_network=True, huge_tree=False
        )

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        try:
            for start in range(0, len(data), 256 * KIB):
                self._parser.feed(data[start : start + 256 * KIB])
        except (etree.XMLSyntaxError, NotBase64) as error:
            raise unexpected(str(error)[:200]) from error

    def close(self) -> Node:
        """Return the root."""
        try:
            self._parser.close()
        except etree.XMLSyntaxError as error:
            raise unexpected(str(error)[:200]) from error
        return self._target.root.children[0]

    def abort(self) -> None:
        """Close what is open; files stay where they are, incomplete."""
        self._target.close_file()


def unexpected(why: str) -> MSignError:
    """Return the error of an answer that is none."""
    return MSignError(Code.BAD_MESSAGE, f"the server's answer cannot be read: {why}")


class _Target:
    def __init__(self, targets: Targets | None) -> None:
        self.root = Node("")
        self._stack = [self.root]
        self._targets = targets
        self._files = 0
        self._open: tuple[BufferedWriter, Base64Decoder] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if len(self._stack) > _MAX_DEPTH:
            raise unexpected("it is nested too deeply")
        node = Node(name, nil=attributes.get(_NIL) in ("true", "1"))
        self._stack[-1].children.append(node)
        self._stack.append(node)
        if tag == f"{{{NAMESPACE}}}Signature" and self._targets is not None and not node.nil:
            node.file = self._targets(self._files)
            self._files += 1
            self._open = (node.file.open("wb"), Base64Decoder())

    def end(self, _tag: str) -> None:
        node = self._stack.pop()
        if node.file is not None and self._open is not None:
            self._open[1].close()
            self.close_file()

    def data(self, text: str) -> None:
        if self._open is not None:
            file, decoder = self._open
            file.write(decoder.feed(text))
            return
        node = self._stack[-1]
        node.text += text
        if len(node.text) > _MAX_TEXT:
            raise unexpected(f"{node.name} is too long")

    def doctype(self, *_: object) -> None:
        raise unexpected("it has a document type declaration")

    def close(self) -> None:
        pass

    def close_file(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened[0].close()

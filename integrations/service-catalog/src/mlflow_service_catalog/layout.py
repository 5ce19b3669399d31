"""Where the entries of a services.json stand in its text.

The standard library's decoder parses each value and says where it ends; what is between them is scanned here.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from mlflow_service_catalog.errors import CatalogError

MEMBER = "services"
"""Of an object: the list of the entries."""
BYTE_ORDER_MARK = "\ufeff"
_SPACE = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True)
class Element:
    """One element of the list, whatever it is."""

    start: int
    end: int
    """Behind its last character."""
    value: Any
    """Parsed, with None in the place of each number: nothing here depends on one, and it may be of any size."""

    def member(self, name: str) -> Any:
        """A member of an object; None where it has none, or is no object."""
        return self.value.get(name) if isinstance(self.value, dict) else None


@dataclass(frozen=True)
class Layout:
    """A text and the list in it."""

    text: str
    start: int
    """Of its opening bracket."""
    end: int
    """Behind its closing bracket."""
    elements: tuple[Element, ...]

    def line(self, element: Element) -> int:
        """The line that an element begins in, from 1."""
        return self.text.count("\n", 0, element.start) + 1


def read_layout(text: str) -> Layout:
    """Finds the list: the whole document, or the member `services` of an object.

    Raises:
        CatalogError: it is not JSON, or there is no such list, or two.
    """
    try:
        found = _document(_Scanner(text))
    except json.JSONDecodeError as error:
        raise CatalogError(f"is not JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    except RecursionError as error:
        raise CatalogError("is nested too deeply") from error
    if found is None:
        raise CatalogError(f'is neither a list of entries nor an object with a list "{MEMBER}"')
    return found


def _document(scanner: _Scanner) -> Layout | None:
    found = None
    scanner.space()
    if scanner.sees("["):
        found = _list(scanner)
    elif scanner.sees("{"):
        found = _object(scanner)
    else:
        scanner.value()
    scanner.space()
    scanner.expect_end()
    return found


def _list(scanner: _Scanner) -> Layout:
    start, elements = scanner.at, list[Element]()
    scanner.take("[")
    scanner.space()
    while not scanner.sees("]"):
        if elements:
            scanner.take(",")
            scanner.space()
        begin = scanner.at
        value = scanner.value()
        elements.append(Element(begin, scanner.at, value))
        scanner.space()
    scanner.take("]")
    return Layout(scanner.text, start, scanner.at, tuple(elements))


def _object(scanner: _Scanner) -> Layout | None:
    found, first = None, True
    scanner.take("{")
    scanner.space()
    while not scanner.sees("}"):
        if not first:
            scanner.take(",")
            scanner.space()
        first = False
        name = scanner.name()
        if name == MEMBER and found:
            raise CatalogError(f'has two members "{MEMBER}": readers disagree on which one counts; remove one')
        if name == MEMBER and scanner.sees("["):
            found = _list(scanner)
        else:
            scanner.value()
        scanner.space()
    scanner.take("}")
    return found


class _Scanner:
    """A place in a text, which moves on by what it reads there."""

    def __init__(self, text: str) -> None:
        self.at = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self.text = text
        self._decoder = json.JSONDecoder(parse_int=_ignored, parse_float=_ignored, parse_constant=self._refuse)

    def space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def sees(self, character: str) -> bool:
        return self.text.startswith(character, self.at)

    def take(self, character: str) -> None:
        if not self.sees(character):
            raise json.JSONDecodeError(f"Expecting '{character}'", self.text, self.at)
        self.at += 1

    def value(self) -> Any:
        value, self.at = self._decoder.raw_decode(self.text, self.at)
        return value

    def name(self) -> str:
        """The name of a member, and all that comes before its value."""
        if not self.sees('"'):
            raise json.JSONDecodeError("Expecting a name in double quotes", self.text, self.at)
        name = str(self.value())
        self.space()
        self.take(":")
        self.space()
        return name

    def expect_end(self) -> None:
        if self.at != len(self.text):
            raise json.JSONDecodeError("Extra data", self.text, self.at)

    def _refuse(self, constant: str) -> None:
        """NaN and the infinities, which Python would take and JSON does not know."""
        raise json.JSONDecodeError(f"{constant} is no number of JSON", self.text, self.at)


def _ignored(_: str) -> None:
    """Stands for any number."""

"""Markdown is read as GitHub shows it."""

from __future__ import annotations

import pytest

from sandbox.guides.markdown import between, cell, sections
from tests import guides

DOCUMENT = """\
before
# One, two: `three`
text [a](b.md#c)
```sh
# no heading
[no](link)
```
## Why [it](x.md) matters
![picture](pictures/ui.png)
## Again
### Again
"""


def test_sections_have_the_anchors_that_github_gives_them() -> None:
    assert [(each.level, each.title, each.anchor) for each in sections(DOCUMENT)] == [
        (1, "One, two: `three`", "one-two-three"),
        (2, "Why [it](x.md) matters", "why-it-matters"),
        (2, "Again", "again"),
        (3, "Again", "again-1"),
    ]


def test_a_section_ends_where_the_next_one_begins() -> None:
    assert sections(DOCUMENT)[1].text == "![picture](pictures/ui.png)"


def test_links_in_headings_and_pictures_count_and_those_in_blocks_of_code_do_not() -> None:
    assert guides.links(DOCUMENT) == [("a", "b.md#c"), ("it", "x.md"), ("picture", "pictures/ui.png")]


def test_blocks_of_a_language_are_those_that_say_so() -> None:
    assert guides.blocks_of(DOCUMENT, "sh") == ["# no heading\n[no](link)\n"]
    assert guides.blocks_of(DOCUMENT, "yaml") == []


def test_a_block_within_a_list_loses_what_it_is_indented_by() -> None:
    assert guides.blocks_of("- so:\n  ```sh\n  make up\n  ```\n", "sh") == ["make up\n"]


def test_a_bar_does_not_end_a_cell() -> None:
    assert cell("a | b") == "a \\| b"


def test_only_what_is_between_two_lines_is_replaced() -> None:
    assert between("a\n<x>\nold\n<y>\nz\n", "<x>", "<y>", "new\n") == "a\n<x>\nnew\n<y>\nz\n"


@pytest.mark.parametrize("document", ["a <y>", "<x> <x> <y>", "<x> a"], ids=["no begin", "two begins", "no end"])
def test_a_document_without_its_two_lines_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="unpack"):
        between(document, "<x>", "<y>", "new")

"""What models that search the web add to a text: links, and the annotations that point at them (FACTS B.1).

As recorded, a link is ``([host](url))`` after the sentence it proves, and the annotation is of all of it.
"""

from __future__ import annotations

from random import Random
from typing import Any

from understudy.contracts.families import Family
from understudy.mockserver.chat import Document

_MARK = "?utm_source=openai"
_PAGES = (
    ("example.com", "news/spring-report", "Spring report"),
    ("example.org", "wiki/City_history", "City history - Example"),
    ("www.example.net", "guide/getting-started", "Getting started"),
    ("docs.example.com", "reference/overview", "Overview"),
    ("blog.example.org", "2025/a-closer-look", "A closer look"),
)


def searches(document: Document, family: Family) -> bool:
    """Return whether the web is searched for the answer to *document*."""
    return family.web_search or (not family.known and isinstance(document.get("web_search_options"), dict))


def cited(text: str, chance: Random) -> str:
    """Return *text* with one or two links behind it."""
    first = int(chance.random() * len(_PAGES))
    many = 1 + int(chance.random() * 2)
    links = (_link(_PAGES[(first + at) % len(_PAGES)]) for at in range(many))
    return " ".join((text, *links))


def notes(text: str) -> list[dict[str, Any]]:
    """Return an annotation for each link that is whole in *text*; indexes count characters."""
    found = []
    for page in _PAGES:
        at = text.find(_link(page))
        if at >= 0:
            found.append((at, _annotation(at, page)))
    return [annotation for _, annotation in sorted(found, key=lambda pair: pair[0])]


def _annotation(at: int, page: tuple[str, str, str]) -> dict[str, Any]:
    cited_page = {
        "end_index": at + len(_link(page)),
        "start_index": at,
        "title": page[2],
        "url": _address(page),
    }
    return {"type": "url_citation", "url_citation": cited_page}


def _link(page: tuple[str, str, str]) -> str:
    return f"([{page[0]}]({_address(page)}))"


def _address(page: tuple[str, str, str]) -> str:
    return f"https://{page[0]}/{page[1]}{_MARK}"

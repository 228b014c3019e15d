"""Formats that a pattern or a length narrows: always met where there is a value, and real to look at."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from understudy.mockserver.instances.allowance import Allowance
from understudy.mockserver.instances.formats import forms
from understudy.mockserver.instances.instance import Unsatisfiable, instance
from understudy.mockserver.instances.shapes import Shape
from understudy.mockserver.instances.strings import plain_words, text

# as zod writes them beside the format
ZOD_DATE = (
    r"(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:"
    r"(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|"
    r"(?:02)-(?:0[1-9]|1\d|2[0-8])))"
)
ZOD_EMAIL = (
    r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"
)
ZOD_UUID = (
    r"^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}|"
    r"00000000-0000-0000-0000-000000000000|ffffffff-ffff-ffff-ffff-ffffffffffff)$"
)
ZOD_MOMENT = rf"^{ZOD_DATE}T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z))$"
ZOD_URL = (
    r"^https?:\/\/(www\.)?[-a-zA-Z0-9@:%._\+~#=]{1,256}\.[a-zA-Z0-9()]{1,6}\b([-a-zA-Z0-9()@:%_\+.~#?&//=]*)$"
)
MAIL = r"[a-z]{2,}(\.\w+)*@"
# format, pattern, and what real values look like
PATTERNS: list[tuple[str, str, str]] = [
    ("date-time", "Z$", r"202\d-.*"),
    ("date-time", r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$", r"202\d-.*"),
    ("date-time", r"\.\d{3}Z$", r"202\d-.*"),
    ("date-time", r"\+\d{2}:\d{2}$", r"202\d-.*"),
    ("date-time", "T09:00:00Z$", r"202\d-.*"),
    ("date-time", ZOD_MOMENT, r"202\d-.*"),
    ("date", r"^\d{4}-\d{2}-\d{2}$", r"202\d-.*"),
    ("date", r"^\d{4}-01-01$", r"202\d-01-01"),
    ("date", "^2024-", r"2024-.*"),
    ("date", "^1999-", r"1999-.*"),
    ("date", rf"^{ZOD_DATE}$", r"202\d-.*"),
    ("time", r"^\d{2}:\d{2}:\d{2}", r".*"),
    ("duration", "^P", r"P.*"),
    ("duration", r"^PT\d+M$", r"PT\d\d?M"),
    ("email", r"@acme\.com$", rf"{MAIL}acme\.com"),
    ("email", r"acme\.com$", rf"{MAIL}acme\.com"),
    ("email", r"^[a-z]+@acme\.com$", r"[a-z]{3,}@acme\.com"),
    ("email", r"^[^@]+@(acme|globex)\.(com|org)$", rf"{MAIL}(acme|globex)\.(com|org)"),
    ("email", ZOD_EMAIL, rf"{MAIL}example\.(com|org|net)"),
    ("uuid", "^a", "a.*"),
    ("uuid", "^[0-9A-F-]+$", ".*"),
    ("uuid", r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", ".*"),
    ("uuid", ZOD_UUID, "(?!0{8}|f{8}).*"),
    ("ipv4", r"^10\.", r"10\..*"),
    ("ipv4", r"^172\.(1[6-9]|2\d|3[01])\.", r"172\..*"),
    ("ipv6", "^fe80::", r"fe80::[0-9a-f]+"),
    ("cuid", r"^[cC][^\s-]{8,}$", "c[0-9a-z]{24}"),
    ("uri", ZOD_URL, r"https?://example\.\w+(/\w+)*"),
    ("uri", r"^https://acme\.com/", r"https://acme\.com/\w+(/\w+)*"),
    ("uri", r"^s3://", r"s3://[\w.]+(/\w+)*"),
    ("uri", r"\.pdf$", r"https?://[\w./]+\.pdf"),
    ("hostname", r"\.internal$", r"[\w.]+\.internal"),
]
BOUNDS: list[tuple[str, dict[str, int], str]] = [
    ("email", {"maxLength": 8}, r"[a-z]+@[a-z]\.co"),
    ("email", {"maxLength": 6}, r"a@b\.co"),
    ("email", {"minLength": 40, "maxLength": 41}, r"[-.\w]+@example\.\w+"),
    ("uri", {"maxLength": 20}, r"https://[\w.]+(/\d+)?"),
    ("uri", {"maxLength": 11}, r"http://[a-z]\.io"),
    ("uri", {"minLength": 300, "maxLength": 300}, r"https?://example\.\w+/[-/\w]+"),
    ("hostname", {"maxLength": 5}, "[a-z]+"),
    ("date-time", {"minLength": 24}, r"202\d-.*"),
    ("duration", {"maxLength": 3}, r"P.*"),
    ("ipv4", {"maxLength": 8}, r"[\d.]+"),
    ("ipv6", {"minLength": 39}, r"2001:.*"),
]


def drawn(schema: dict[str, Any]) -> list[str]:
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    found = [instance(schema, Random(seed)) for seed in range(40)]
    assert all(map(validator.is_valid, found))
    return found


@pytest.mark.parametrize(("name", "pattern", "real"), PATTERNS)
def test_a_format_with_a_pattern_is_met_and_looks_real(name: str, pattern: str, real: str) -> None:
    found = drawn({"type": "string", "format": name, "pattern": pattern})

    assert [one for one in found if not re.fullmatch(real, one)] == []
    assert len(set(found)) > 3


@pytest.mark.parametrize(("name", "bounds", "real"), BOUNDS)
def test_a_format_with_a_length_is_met_and_looks_real(name: str, bounds: dict[str, int], real: str) -> None:
    found = drawn({"type": "string", "format": name, **bounds})

    assert [one for one in found if not re.fullmatch(real, one)] == []


def test_several_patterns_and_a_length_are_met_together() -> None:
    schema = {"type": "string", "format": "email", "pattern": "^[a-z]+@", "maxLength": 16}

    found = drawn({**schema, "allOf": [{"pattern": r"@acme\.com$"}]})

    assert len(set(found)) > 3


def test_an_unknown_format_leaves_the_pattern_to_itself() -> None:
    assert drawn({"type": "string", "format": "shoe-size", "pattern": "^EU 4[0-5]$"})[0].startswith("EU 4")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"format": "email", "pattern": "^x$"}, r"no text found for pattern '\^x\$' and format email"),
        ({"format": "date", "minLength": 11}, "no date of 11 to inf characters found"),
    ],
)
def test_what_no_text_can_be_is_an_error_that_names_both(asked: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsatisfiable, match=reason):
        instance({"type": "string", **asked}, Random(1))


def test_what_failed_some_times_is_not_tried_again_for_the_same_value() -> None:
    shape, chance, allowance = Shape(formats=("email",), patterns=("^x$",)), Random(1), Allowance()
    for _ in range(4):
        with pytest.raises(ValueError, match="no text found"):
            text(shape, chance, plain_words, "mail", allowance)
    before = chance.getstate()

    with pytest.raises(ValueError, match="no text found"):
        text(shape, chance, plain_words, "mail", allowance)

    assert chance.getstate() == before


@pytest.mark.parametrize(
    "name",
    ["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
     "uri-template", "json-pointer", "relative-json-pointer", "regex"],
)  # fmt: skip
def test_every_form_is_of_its_format(name: str) -> None:
    validator = jsonschema_rs.validator_for({"format": name}, validate_formats=True)

    texts = [form(Random(seed)) for form in forms(name) for seed in range(20)]

    assert [one for one in texts if not validator.is_valid(one)] == []

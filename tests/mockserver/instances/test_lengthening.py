"""Texts of a format are of it still when they are made longer."""

from __future__ import annotations

from random import Random

import jsonschema_rs
import pytest

from understudy.mockserver.instances.formats import forms
from understudy.mockserver.instances.lengthening import lengthened


@pytest.mark.parametrize(
    "name",
    ["date-time", "time", "email", "idn-email", "hostname", "idn-hostname", "uri", "iri", "url", "uri-reference",
     "iri-reference", "uri-template", "json-pointer", "relative-json-pointer", "regex"],
)  # fmt: skip
def test_a_longer_text_is_of_its_format(name: str) -> None:
    validator = jsonschema_rs.validator_for({"format": name}, validate_formats=True)
    for shortest in range(40, 220):
        text = lengthened(name, forms(name)[0](Random(shortest)), shortest)

        assert len(text) in (shortest, shortest + 1)
        assert validator.is_valid(text), text


def test_a_text_that_is_long_enough_or_of_one_length_only_stays() -> None:
    assert lengthened("email", "elm@example.com", 15) == "elm@example.com"
    assert lengthened("date", "2024-02-29", 11) == "2024-02-29"

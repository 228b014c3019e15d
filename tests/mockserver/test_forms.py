"""A profile decides how replies are laid out, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from understudy.contracts.families import family_of
from understudy.contracts.profiles.loading import names, profile
from understudy.contracts.profiles.profile import ErrorFact
from understudy.mockserver.chat import Answer, Choice, read_chat
from understudy.mockserver.encode import Encoded
from understudy.mockserver.errors import unmatched, wrong_key
from understudy.mockserver.forms import form_of
from understudy.mockserver.identity import stamp
from understudy.mockserver.usage import Counts

MARK = stamp(0, b"r" * 16, 0, 1_700_000_000.0)
CHAT = read_chat({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]})
FAMILY = family_of("gpt-4o-mini")
ANSWER = Answer((Choice({"role": "assistant", "content": "Hello.", "refusal": None, "annotations": []}),))


@pytest.mark.parametrize("name", names())
def test_every_built_in_profile_lays_out_an_answer_and_an_error(name: str) -> None:
    form = form_of(profile(name))

    usage = form.usage(Counts(8, 2), FAMILY)
    completion = json.loads(form.encode(CHAT, ANSWER, FAMILY, usage).text(MARK))
    body, pairs = form.failure(wrong_key("sk-some-key-0001"), MARK)

    assert completion["choices"][0]["message"]["content"] == "Hello."
    assert completion["usage"]["total_tokens"] == 10
    assert json.loads(body)
    assert dict(pairs)[b"content-length"] == b"%d" % len(body)
    assert dict(form.success(MARK, 10, 5))[b"content-length"] == b"5"


def test_a_profile_without_a_shape_of_its_own_takes_the_quick_way() -> None:
    form = form_of(profile("openai"))

    assert isinstance(form.encode(CHAT, ANSWER, FAMILY, form.usage(Counts(8, 2), FAMILY)), Encoded)


def test_what_a_profile_documents_of_an_error_replaces_ours() -> None:
    form = form_of(replace(profile("openai"), errors={"401": ErrorFact("401", type="no_key")}))

    assert json.loads(form.failure(wrong_key("sk-x"), MARK)[0])["error"]["type"] == "no_key"
    assert json.loads(form.failure(unmatched("x"), MARK)[0])["error"]["type"] == "understudy_unmatched"

"""Models that are known and not served."""

from __future__ import annotations

import json

import pytest

from understudy.contracts import family_of
from understudy.mockserver.availability import unavailable


@pytest.mark.parametrize("model", ["gpt-4-vision-preview", "gpt-3.5-turbo-0301", "gpt-4-32k", "o1-mini"])
def test_a_retired_model_is_told_apart_from_one_that_never_was(model: str) -> None:
    error = unavailable(model, family_of(model))

    assert error is not None
    assert (error.status, error.type, error.code) == (404, "invalid_request_error", "model_not_found")
    assert error.message.startswith(f"The model `{model}` has been deprecated, learn more here: https://")


def test_a_model_of_another_endpoint_may_not_be_sampled() -> None:
    error = unavailable("text-embedding-3-large", family_of("text-embedding-3-large"))

    assert error is not None
    assert (error.status, error.code) == (403, None)
    # as recorded: 178 bytes
    assert len(error.body()) == 178
    assert json.loads(error.body())["error"]["message"] == "You are not allowed to sample from this model"


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5", "o1", "gpt-4-0613", "llama-3", ""])
def test_a_model_that_is_served_has_no_error(model: str) -> None:
    assert unavailable(model, family_of(model)) is None

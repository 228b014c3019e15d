"""What is served beside chat completions: models, stored completions, a sign of life."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from understudy.mockserver import api, models
from understudy.mockserver.api import Route
from understudy.mockserver.bodies import read_document
from understudy.mockserver.errors import Refusal
from understudy.mockserver.settings import Settings
from understudy.mockserver.stored.memory import Stored
from understudy.mockserver.wire import Request

Document: TypeAlias = Mapping[str, Any]

OPEN = frozenset((api.HEALTH,))  # asked without a key


class Pages:
    """The documents behind the routes that no model has part in; Refusal for what there is not."""

    def __init__(self, settings: Settings, stored: Stored) -> None:
        self._settings = settings
        self._stored = stored
        self._served: Mapping[str, Callable[[Route, Request, str], Document]] = {
            api.HEALTH: lambda found, request, account: {"status": "ok"},
            api.MODELS: lambda found, request, account: models.listing(self._listed()),
            api.MODEL: self._model,
            api.STORED_LIST: lambda found, request, account: stored.listing(account, request.query),
            api.STORED_GET: lambda found, request, account: stored.get(account, found.name),
            api.STORED_UPDATE: self._update,
            api.STORED_DELETE: lambda found, request, account: stored.delete(account, found.name),
            api.STORED_MESSAGES: lambda found, request, account: stored.messages(
                account, found.name, request.query
            ),
        }

    def document(self, found: Route, request: Request, account: str) -> Document:
        """Return what *found* serves to *account* (the key it came with)."""
        return self._served[str(found.handler)](found, request, account)

    def _listed(self) -> Sequence[str]:
        """Return the models the server is restricted to, else those its profile names one by one."""
        named = [one.models for one in self._settings.api.models if one.listed and "*" not in one.models]
        return self._settings.models or named

    def _model(self, found: Route, request: Request, account: str) -> Document:
        document = models.model(found.name, self._settings.models)
        if document is None:
            raise Refusal(models.unknown(found.name))
        return document

    def _update(self, found: Route, request: Request, account: str) -> Document:
        body = read_document(request.body, self._settings.depth_limit)
        return self._stored.update(account, found.name, body)

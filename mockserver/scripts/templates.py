"""Texts with ``{{ … }}`` over the request: Jinja's, in a sandbox whose work and output are bounded.

Jinja's own sandbox keeps a template from attributes and calls that would harm; it does not keep it from
being busy for years. Here every loop turn and every call is counted, texts cannot be multiplied beyond
a million characters, and only filters that do no more than they say are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from understudy.mockserver.scripts.variables import NAMES

if TYPE_CHECKING:
    from jinja2 import Environment, Template

LONGEST_SOURCE = 100_000
"""Characters of a template."""

_LONGEST_REASON = 500  # characters: it may quote a value

Render = Callable[[Mapping[str, Any]], str]


class TemplateError(ValueError):
    """A template cannot be read or rendered. The message has the place and the reason."""


def template(source: str, place: str) -> Render:
    """Return what renders *source* with given variables (``variables.NAMES``).

    *place* is ``file:line``, for what goes wrong. Raises TemplateError, now for what is no template, and
    when rendering for a name that is not there or work beyond the bounds.
    """
    # loaded here: few scripts have templates, and Jinja costs as much as starting a server
    from jinja2.exceptions import SecurityError

    from understudy.mockserver.scripts.bounds import LARGEST, TooMuch, budget

    compiled = _compiled(source, place)

    def render(values: Mapping[str, Any]) -> str:
        pieces, length = [], 0
        try:
            with budget():
                for piece in compiled.generate(values):
                    pieces.append(piece)
                    length += len(piece)
                    if length > LARGEST:
                        raise TooMuch(f"it renders more than {LARGEST} characters")
        except SecurityError as error:
            raise TemplateError(f"{place}: {_reason(error)}; templates read, and change nothing") from None
        except Exception as error:  # nothing but the template runs here
            raise TemplateError(f"{place}: {_reason(error)}") from None
        return "".join(pieces)

    return render


def _compiled(source: str, place: str) -> Template:
    from jinja2 import TemplateError as Broken
    from jinja2 import TemplateSyntaxError

    if len(source) > LONGEST_SOURCE:
        raise TemplateError(f"{place}: a template of {len(source)} characters; {LONGEST_SOURCE} are allowed")
    try:
        return _environment().from_string(source)
    except TemplateSyntaxError as error:
        line = f", line {error.lineno} of the template" if source.count("\n") else ""
        raise TemplateError(f"{place}{line}: {error.message}") from None
    except SyntaxError as error:  # of the Python that Jinja makes of it: blocks in blocks, above all
        raise TemplateError(f"{place}: it cannot be compiled: {error.msg}") from None
    except (MemoryError, RecursionError):
        raise TemplateError(f"{place}: it is nested too deep") from None
    except Broken as error:
        raise TemplateError(f"{place}: {_reason(error)}") from None


def reads_headers(source: str) -> bool:
    """Return whether *source* may read headers."""
    return "headers" in source


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from understudy.mockserver.scripts.sandbox import Sandbox

    return Sandbox()


def _reason(error: BaseException) -> str:
    from jinja2 import UndefinedError

    said = str(error).split("\n")[0][:_LONGEST_REASON] or type(error).__name__
    if isinstance(error, UndefinedError) and said.endswith("is undefined"):
        return f"{said}; there are: {', '.join(NAMES)}"
    return said

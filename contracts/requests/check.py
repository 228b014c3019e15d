"""A chat completion request against its contract: its shape, then the rules a schema cannot say.

A sound request, the common case, costs one yes of the compiled schema and the checks that its
fields call for. Reasons are looked for only where there is something to explain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from understudy.contracts.documents import is_valid
from understudy.contracts.families import Family, family_of
from understudy.contracts.profiles.loading import profile as built_in
from understudy.contracts.profiles.profile import Profile
from understudy.contracts.requests.fields import FIELD_CHECKS
from understudy.contracts.requests.findings import RULES, Check, Finding, Planned, Request
from understudy.contracts.requests.history import HISTORY_CHECKS
from understudy.contracts.requests.models import MODEL_CHECKS
from understudy.contracts.requests.order import in_order, parts_of
from understudy.contracts.requests.profiles import Overlay, overlay_of
from understudy.contracts.requests.schemas import SCHEMA_CHECKS
from understudy.contracts.requests.shape import Misfit, misfits
from understudy.contracts.violations import Violation

_Plan: TypeAlias = Mapping[str, Sequence[tuple[Check, tuple[str, ...]]]]


def _by_field(planned: Sequence[Planned]) -> _Plan:
    table: dict[str, tuple[tuple[Check, tuple[str, ...]], ...]] = {}
    for field, check, reads in planned:
        table[field] = (*table.get(field, ()), (check, reads))
    return table


_PLAN = _by_field((*MODEL_CHECKS, *FIELD_CHECKS, *HISTORY_CHECKS, *SCHEMA_CHECKS))
_UNKNOWN_FAMILY = Family(known=False)


def check_request(document: object, *, profile: str | Profile = "openai") -> tuple[Violation, ...]:
    """Return what is wrong with *document*, in the order in which the API would find it.

    The API answers with the first of tier ``error`` only (FACTS A.7). *profile* is a profile or the name
    of a built-in one: its contract, ``openai`` or ``compatible`` (what every provider must be able to
    take), and what it documents laid over that. The rules of OpenAI's model families belong to the
    contract ``openai``; a gateway's models are its own. Raises ValueError for another name, and nothing
    for any JSON value that is nested less deep than Python's own limit (some 1,000 levels).
    """
    if profile == "openai":
        shape, found = _faults(document, "openai")
        return in_order(shape, found, document) if shape or found else ()
    known = built_in(profile) if isinstance(profile, str) else profile
    shape, found = _faults(document, known.contract)
    overlay = overlay_of(known)
    if overlay is not None:
        return _laid_over(document, shape, found, overlay)
    return in_order(shape, found, document) if shape or found else ()


def _laid_over(
    document: object, shape: Sequence[Misfit], found: Iterable[Finding], overlay: Overlay
) -> tuple[Violation, ...]:
    own = overlay.misfits(document)
    places = {misfit.parts for misfit in own}
    kept = [misfit for misfit in shape if misfit.parts not in places and overlay.keeps(misfit)]
    broken = {str(misfit.parts[0]) for misfit in (*own, *kept) if misfit.parts}
    all_found = [*overlay.kept(found, document), *overlay.findings(document, broken)]
    return overlay.without_waived(in_order((*own, *kept), all_found, document))


def _faults(document: Any, contract: str) -> tuple[Sequence[Misfit], Sequence[Finding]]:
    """Return what the contract alone finds: in the shape, and by its rules."""
    ruled = contract == "openai" and isinstance(document, dict)
    if is_valid("request", document, contract):
        return (), _findings(document, family_of(document["model"])) if ruled else ()
    shape = misfits(document, contract)
    if not ruled:
        return shape, ()
    broken = {str(misfit.parts[0]) for misfit in shape if misfit.parts}
    return shape, list(_findings_beside(document, broken))


def _findings(request: Request, family: Family) -> list[Finding]:
    found: list[Finding] = []
    for field in request:
        checks = _PLAN.get(field)
        if checks is not None and request[field] is not None:
            for check, _ in checks:
                found += check(request, family)
    return found


def _findings_beside(request: Request, broken: set[str]) -> Iterator[Finding]:
    """Yield what those checks find that rely on sound fields only."""
    family = _UNKNOWN_FAMILY if "model" in broken else family_of(request["model"])
    for field in request:
        for check, reads in _PLAN.get(field, ()):
            if request[field] is None or not broken.isdisjoint(reads):
                continue
            for finding in check(request, family):
                if RULES[finding.rule].early or parts_of(finding.param)[0] not in broken:
                    yield finding

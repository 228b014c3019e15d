"""A violation and the part of an exchange it was found in, as text, record and annotation."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from understudy.contracts.violations import Violation

Part: TypeAlias = Literal[
    "request",
    "completion",
    "error",
    "stream",
    "exchange",
    "model",
    "models",
    "stored_list",
    "message_list",
    "deleted",
]

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


class Finding(NamedTuple):
    part: Part
    violation: Violation


def as_text(finding: Finding) -> str:
    """Return the finding as lines for people: what, where, what is documented, how to mend it."""
    violation = finding.violation
    lines = [
        f"{violation.tier:<8}{finding.part} {violation.path}",
        f"        {violation.message}",
    ]
    if violation.documented and violation.documented not in violation.message:
        lines.append(f"        documented: {violation.documented}")
    if violation.advice:
        lines.append(f"        mend: {violation.advice}")
    source = f", {violation.source}" if violation.source else ""
    lines.append(f"        [{violation.rule}{source}]")
    return "\n".join(printable(line) for line in lines)


def as_record(finding: Finding, file: str) -> dict[str, str]:
    """Return the finding as an object of texts, for programs."""
    violation = finding.violation
    return {
        "file": file,
        "part": finding.part,
        "rule": violation.rule,
        "tier": violation.tier,
        "path": violation.path,
        "message": violation.message,
        "source": violation.source,
    }


def as_annotation(finding: Finding, file: str) -> str:
    """Return the finding as a workflow command, which GitHub shows beside the file."""
    violation = finding.violation
    command = _COMMANDS[violation.tier]
    title = _property(f"{violation.rule} ({finding.part})")
    text = _escaped(f"{violation.path}: {violation.message}")
    return f"::{command} file={_property(file)},title={title}::{text}"


def printable(text: str) -> str:
    """Return *text* with its control characters and lone surrogates written out."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def _escaped(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")

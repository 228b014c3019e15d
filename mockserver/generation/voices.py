"""Which models can speak, by name: those of OpenAI are known, of others the name tells."""

from __future__ import annotations

from fnmatch import fnmatchcase

from understudy.contracts.families import Family, family_of

_SPEAKERS = ("*audio*", "*omni*", "*speech*", "*voice*", "*voxtral*", "*-tts*", "*-live*", "*realtime*")
# makers of others than OpenAI whose models only write, but for those whose names tell otherwise
_WRITERS = (
    "claude*", "codestral*", "command*", "deepseek*", "devstral*", "gemini*", "gemma*", "glm*", "gpt-oss*",
    "grok*", "hermes*", "kimi*", "*llama*", "magistral*", "minimax*", "ministral*", "mistral*", "mixtral*",
    "nemotron*", "phi*", "pixtral*", "qwen*", "qwq*", "sonar*", "yi-*",
)  # fmt: skip


def speaks(model: str, family: Family) -> bool:
    """Return whether *model*, of *family*, can answer in audio; a name that says nothing can."""
    own = model.rpartition("/")[2].lower()  # gateways write vendor/model
    if not family.known:
        family = family_of(own)
    if family.known:
        return family.audio
    return _among(own, _SPEAKERS) or not _among(own, _WRITERS)


def _among(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)

"""Example bodies and replies of the admin API, as its OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

from understudy.mockserver.ledger import Ledger

RULE_GIVEN: dict[str, Any] = {"when": {"user": {"contains": "weather"}}, "reply": "Sunny.", "times": 2}
RULES_GIVEN = {"rules": [RULE_GIVEN]}
RULE: dict[str, Any] = {
    "id": "r-5f0c9a3e1b2d4786",
    "name": "",
    "place": "admin-1:1",
    "priority": 0,
    "times": 2,
    "then": "repeat",
    "when": {"user": {"contains": ["weather"]}},
    "answers": [{"choices": [{"text": "Sunny."}]}],
}
RULES = {"object": "list", "data": [RULE]}
FAULTS_GIVEN = {"faults": ["rate_limit:retry_after=2@times=2", {"fault": "cut_midstream", "p": 0.1}]}
FAULTS = {
    "object": "list",
    "data": [{"id": "f-0a1b2c3d4e5f6071", "spec": "rate_limit:retry_after=2@times=2", "place": "admin-2"}],
}
LIMIT = {"requests_per_minute": 60, "model": "gpt-4o*"}
LIMITS_GIVEN = {"limits": [LIMIT]}
LIMITS = {"object": "list", "data": [LIMIT]}
EXCHANGE: dict[str, Any] = {
    "object": "understudy.exchange",
    "number": 0,
    "at": 1_700_000_000.0,
    "method": "POST",
    "path": "/v1/chat/completions",
    "query": "",
    "status": 200,
    "source": "generated",
    "model": "gpt-4o-mini",
    "outcome": "sent",
    "usage": {"prompt_tokens": 8, "completion_tokens": 9, "total_tokens": 17},
    "violations": [],
    "complaint": "",
    "note": "",
    "fault": "",
    "key": "sk-under…0001",
    "ended": 1_700_000_000.5,
    "fingerprint": "6b1f0c2f4a1f7f0fd1a2b3c4d5e6f708",
    "retry_count": 0,
    "headers": {},
    "request_bytes": 73,
    "reply_bytes": 812,
}
EXCHANGES = {"object": "list", "data": [EXCHANGE], "has_more": False, "dropped": 0}
WHOLE_EXCHANGE = {
    **EXCHANGE,
    "request": {
        "headers": [["content-type", "application/json"]],
        "body": '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}',
    },
    "reply": {"headers": [["content-type", "application/json"]], "body": '{"id": "chatcmpl-…"}'},
}
HEALTH = {"status": "ok", "profile": "openai", "namespace": "default", "requests_kept": 1}
LEDGER = Ledger().document(lambda model: None)
CLOCK = {"kind": "scaled", "now": 1_700_000_000.0, "factor": 100.0, "can_advance": False}
SEED = {"seed": 7}
RESET = {"reset": ["journal"]}
REMOVED = {"removed": 1}
NAMESPACES = {"object": "list", "data": [{"name": "suite-1"}], "limit": 64, "dropped": 0}
OPENAPI = {"openapi": "3.1.0", "info": {"title": "Understudy admin API", "version": "1"}, "paths": {}}

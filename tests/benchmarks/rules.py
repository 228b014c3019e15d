"""Matching time with many rules as a ratio to few: ``python tests/benchmarks/rules.py [--json]``.

For each shape of rule, the two are timed in turns, and the best of several rounds is taken of each: what
else the machine does only ever adds. Requests are found by one rule, the last, and a second by none.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from understudy.mockserver.chat import ChatRequest, read_chat
from understudy.mockserver.scripts.script import Script, ToolResult, contains, regex
from understudy.mockserver.scripts.scripts import Scripts

FEW, MANY = 10, 10_000
ROUNDS, ASKED = 7, 25
MOST = 5.0  # the ratio that is promised
LONG = "The quick brown fox jumps over the lazy dog, and is asked for its papers again. " * 125  # 10 kB


def chat(text: str, **members: Any) -> ChatRequest:
    messages = [{"role": "system", "content": "You help customers."}, {"role": "user", "content": text}]
    return read_chat({"model": "gpt-4o", "messages": messages, **members})


def schema_of(number: int) -> dict[str, Any]:
    return {"properties": {"seed": {"const": number}}, "required": ["seed"]}


def about(number: int) -> str:
    return f"please look at ticket {number:05} for me"


def results(number: int) -> ChatRequest:
    call = {"id": f"call_{number}", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    said = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": "found"},
    ]
    return read_chat({"model": "gpt-4o", "messages": said})


# shape -> what a rule of it asks, and a request that fits the rule of a number
SHAPES: Mapping[str, tuple[Callable[[int], dict[str, Any]], Callable[[int], ChatRequest]]] = {
    "user equals": (lambda n: {"user": about(n)}, lambda n: chat(about(n))),
    "user contains": (lambda n: {"user": contains(f"ticket {n:05}")}, lambda n: chat(about(n))),
    "user contains, 10 kB": (
        lambda n: {"user": contains(f"ticket {n:05}")},
        lambda n: chat(LONG + about(n)),
    ),
    "user contains a short word": (lambda n: {"user": contains(f"{n:05}")}, lambda n: chat(about(n))),
    "any message contains": (lambda n: {"any_message": contains(f"ticket {n:05}")}, lambda n: chat(about(n))),
    "user matches, with a word": (
        lambda n: {"user": regex(rf"ticket {n:05}\b.*me$")},
        lambda n: chat(about(n)),
    ),
    "user matches, any case": (lambda n: {"user": regex(rf"(?i)TICKET {n:05}\b")}, lambda n: chat(about(n))),
    "model and turn and contains": (
        lambda n: {"model": "gpt-4o", "turn": 0, "user": contains(f"ticket {n:05}")},
        lambda n: chat(about(n)),
    ),
    "model glob and user equals": (lambda n: {"model": "gpt-4*", "user": about(n)}, lambda n: chat(about(n))),
    "model glob": (lambda n: {"model": f"gpt-{n:05}-*"}, lambda n: chat("Hi", model=f"gpt-{n:05}-mini")),
    "metadata": (
        lambda n: {"metadata": {"tenant": str(n)}},
        lambda n: chat("Hi", metadata={"tenant": str(n)}),
    ),
    "body path": (
        lambda n: {"body": {"$.metadata.tenant": str(n)}},
        lambda n: chat("Hi", metadata={"tenant": str(n)}),
    ),
    "tool result": (lambda n: {"tool_result": ToolResult(id=f"call_{n}")}, results),
    "tools on offer": (
        lambda n: {"tools": f"tool_{n}"},
        lambda n: chat("Hi", tools=[{"type": "function", "function": {"name": f"tool_{n}"}}]),
    ),
}

# held against each request one by one, as the documentation says: shown, and nothing promised
ONE_BY_ONE = {"body schema": (lambda n: {"body": {"schema": schema_of(n)}}, lambda n: chat("Hi", seed=n))}


def scripts(asks: Callable[[int], dict[str, Any]], number: int) -> Scripts:
    script = Script()
    for one in range(number):
        script.when(**asks(one)).reply("found")
    return script.scripts


def seconds(source: Scripts, chats: list[ChatRequest]) -> float:
    """Return the seconds that one request takes."""
    started = time.perf_counter()
    for _ in range(ASKED):
        for asked in chats:
            source.offer(asked)
    return (time.perf_counter() - started) / (ASKED * len(chats))


def measure(shape: str) -> dict[str, Any]:
    asks, asked = {**SHAPES, **ONE_BY_ONE}[shape]
    sources = {number: scripts(asks, number) for number in (FEW, MANY)}
    best: dict[int, float] = {}
    for number, source in sources.items():
        fits = asked(number - 1)
        if len(source.offer(fits)) != 1 or source.offer(asked(MANY + 1)):
            raise SystemExit(f"{shape}: with {number} rules the wrong ones were found")
    for _ in range(ROUNDS if shape in SHAPES else 1):
        for number, source in sources.items():
            taken = seconds(source, [asked(number - 1), asked(MANY + 1)])
            best[number] = min(best.get(number, taken), taken)
    return {
        "shape": shape,
        "few_us": round(best[FEW] * 1e6, 1),
        "many_us": round(best[MANY] * 1e6, 1),
        "ratio": round(best[MANY] / best[FEW], 2),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true", help="print JSON instead of a table")
    chosen = options.parse_args()
    found = [measure(shape) for shape in SHAPES]
    worst = max(row["ratio"] for row in found)
    others = [measure(shape) for shape in ONE_BY_ONE]
    if chosen.json:
        print(
            json.dumps(
                {
                    "rules": [FEW, MANY],
                    "worst": worst,
                    "promised": MOST,
                    "shapes": found,
                    "one_by_one": others,
                },
                indent=2,
            )
        )
    else:
        print(f"{'matching a request':30} {FEW:>8} {MANY:>10} rules   ratio")
        for row in found:
            print(f"{row['shape']:30} {row['few_us']:>5} us {row['many_us']:>7} us {row['ratio']:>13}")
        print(f"the worst ratio is {worst}; below {MOST} is promised")
        for row in others:
            print(f"one by one: {row['shape']}, {row['few_us']} us and {row['many_us']} us")
    sys.exit(0 if worst < MOST else 1)


if __name__ == "__main__":
    main()

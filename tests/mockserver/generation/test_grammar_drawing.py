"""Texts of a grammar: its own parser takes them."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import pytest

from understudy.mockserver.generation.grammar_drawing import sentence
from understudy.mockserver.instances.allowance import Allowance, Exhausted

SUMS = """
start: expr
expr: term (SP ADD SP term)* -> add
term: factor (SP MUL SP factor)* -> mul
factor: INT | "(" expr ")"
SP: " "
ADD: "+"
MUL: "*"
%import common.INT
"""
SELECT = """
// a small part of SQL
start: select ";"
select: "SELECT" columns "FROM" NAME [where]
columns: "*" | NAME ("," NAME)~0..2
where: "WHERE"i NAME OPERATOR (NUMBER | ESCAPED_STRING)
OPERATOR: "=" | "<" | ">" | "<="
NAME: /t_[a-z]{2,5}/
%import common (NUMBER, ESCAPED_STRING)
%import common.WS
%ignore WS
"""
DATE = 'start: YEAR "-" MONTH\nYEAR: ("1".."2") DIGIT~3\nMONTH: "0" "1".."9" | "1" /[0-2]/\nDIGIT: "0".."9"'
NESTED = 'start: list\nlist: "[" [list ("," list)*] "]" | "x"+'


@pytest.mark.parametrize("definition", [SUMS, SELECT, DATE, NESTED])
def test_a_text_is_of_its_grammar(definition: str) -> None:
    lark: Any = pytest.importorskip("lark", reason="it has the last word on its grammars; pip install lark")
    parser = lark.Lark(definition)

    texts = {sentence(definition, Random(seed), Allowance()) for seed in range(60)}

    assert len(texts) > 10
    for text in texts:
        parser.parse(text)


def test_texts_are_as_written_here() -> None:
    texts = {sentence(DATE, Random(seed), Allowance()) for seed in range(60)}

    assert all(re.fullmatch(r"[12]\d{3}-(0[1-9]|1[0-2])", text) for text in texts)
    assert sentence(SELECT, Random(1), Allowance()).startswith("SELECT ")
    assert sentence('start: ""', Random(1), Allowance()) == ""
    assert sentence('start: "\\x"', Random(1), Allowance()) == "x"


def test_chance_alone_decides() -> None:
    assert sentence(SUMS, Random(5), Allowance()) == sentence(SUMS, Random(5), Allowance())


def test_what_never_matches_its_own_pattern_is_an_error() -> None:
    with pytest.raises(ValueError, match="no text found for /a"):
        sentence("start: /a(?!b)b/", Random(1), Allowance())


def test_a_grammar_that_asks_for_too_much_is_stopped() -> None:
    levels = "\n".join(f"r{at}: r{at + 1} r{at + 1}" for at in range(40))

    with pytest.raises(Exhausted):
        sentence(f'start: r0\n{levels}\nr40: "x"', Random(1), Allowance())


def test_repeats_are_paid_for() -> None:
    with pytest.raises(Exhausted):
        sentence('start: ((("a"~400)~400)~400)', Random(1), Allowance())


def test_a_chain_of_rules_that_is_too_long_is_an_error() -> None:
    chain = "\n".join(f'r{at}: ("x" ("x" r{at + 1}))' for at in range(450))

    assert sentence(f'start: "a"\n{chain}\nr450: "x"', Random(1), Allowance()) == "a"
    with pytest.raises(ValueError, match="nested too deeply"):
        sentence(f'start: r0\n{chain}\nr450: "x"', Random(1), Allowance())

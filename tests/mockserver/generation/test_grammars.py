"""What is read of a Lark grammar, and what is said of one that is not known."""

from __future__ import annotations

import re

import pytest

from understudy.mockserver.generation.grammars import Node, depth, read_grammar


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("", "no rule 'start' that ends"),
        ("start: X", "no rule 'X'"),
        ("start: start", "no rule 'start' that ends"),
        ("start: a\na: b | c\nb: a\nc: b", "no rule 'start' that ends"),
        ('start: ("a"', "a ( is not closed"),
        ('start: "a" )', "a rule was expected, not ')'"),
        ('start: "aa".."b"', "does not end in a character"),
        ('start: "a"..', "does not end in a character"),
        ('start: "a"~9999', "9999 repeats are more than are drawn"),
        ("start: ~3", "'~3' is not known here"),
        ("start: a{b}", "'{b}' is not known"),
        ("%import python.NAME\nstart: NAME", "'%import python.NAME' is not known"),
        ("%import common.NOTHING\nstart: NOTHING", "is not known"),
        ("%declare X\nstart: X", "'%declare X' is not known"),
        ("start: " + "(" * 2_000, "nested too deeply"),
        ("start: " + "x" * 20_000, "20007 characters"),
        ('start: "a"\n' + "\n".join(f'r{at}: "a"' for at in range(600)), "601 rules"),
    ],
)
def test_a_grammar_that_is_not_known_is_an_error_that_says_why(definition: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_grammar(definition)


def test_rules_are_read_whatever_their_marks() -> None:
    grammar = read_grammar("?start: a.b\n".replace(".b", "") + '!a.2: "x" -> named\n  | /y/i\n_T: "é".."ü"')

    assert grammar.rules == {
        "start": Node("name", "a"),
        "a": Node("any", [Node("text", "x"), Node("regex", "y")]),
        "_T": Node("range", ("é", "ü")),
    }
    assert depth(Node("name", "start"), grammar) == 2


@pytest.mark.parametrize(
    ("line", "spaced"),
    [
        ("%ignore WS", True),
        ("%ignore / /", True),
        ('%ignore " "', True),
        ("%ignore /\\s+/", True),
        ("%ignore X", False),
    ],
)
def test_a_grammar_that_ignores_spaces_is_told(line: str, spaced: bool) -> None:
    assert read_grammar(f'{line}\nstart: "a"').spaced == spaced

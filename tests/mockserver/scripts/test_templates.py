"""Templates: what they say, and that nothing in them runs away or gets out."""

from __future__ import annotations

import sys
from random import Random
from subprocess import run
from typing import Any

import pytest

from understudy.mockserver.chat import read_chat
from understudy.mockserver.scripts.facts import Facts
from understudy.mockserver.scripts.templates import TemplateError, reads_headers, template
from understudy.mockserver.scripts.variables import NAMES, variables

BODY = {
    "model": "gpt-4o",
    "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi <there>"}],
    "metadata": {"tenant": "acme"},
    "seed": 7,
}


def values(position: int = 0) -> Any:
    return variables(Facts(read_chat(BODY), [(b"x-team", b"red")]), position, Random(1))


def rendered(source: str, position: int = 0) -> str:
    return template(source, "s.yaml:3")(values(position))


def test_the_variables_are_those_that_are_named() -> None:
    assert tuple(sorted(values())) == NAMES


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("You said {{ user }}\n", "You said Hi <there>\n"),
        ("{{ model }} {{ system|lower }} {{ turn }} {{ metadata.tenant }}", "gpt-4o be kind. 0 acme"),
        ("{{ attempt }} {{ position }} {{ headers['x-team'] }}", "3 2 red"),
        ("{{ request.seed + 1 }} {{ request.metadata }}", '8 {"tenant":"acme"}'),
        (
            "{% for m in messages %}{{ loop.index }}{{ m.role }}:{{ m.text }};{% endfor %}",
            "1system:Be kind.;2user:Hi <there>;",
        ),
        ("{% if 'Hi' in user %}yes{% else %}no{% endif %}", "yes"),
        ("{{ 'a' ~ 1 ~ user|length }}", "a110"),
        ("{{ messages|map(attribute='role')|join(', ') }}", "system, user"),
        ("{{ user|replace('Hi', 'Ho') }} {{ user.split()[0] }}", "Ho <there> Hi"),
        ("{{ tools }} {{ none }} {{ true }} {{ 1.5 }}", "[] null true 1.5"),
        ("{{ request.nothing|default('none') }}", "none"),
        ("{{ 2 ** 10 }} {{ 7 // 2 }} {{ 7 % 2 }} {{ 1.5 * 2 }}", "1024 3 1 3.0"),
        ("{% for row in range(5)|batch(2) %}{{ row }}{% endfor %}", "[0,1][2,3][4]"),
        ("{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}{{ twice('a') }}", "aa"),
        ("{% for row in range(4)|batch(2) %}{{ row }}{% endfor %}", "[0,1][2,3]"),
        ("{{ messages|selectattr('role', 'eq', 'user')|map(attribute='text')|list }}", '["Hi <there>"]'),
        (
            "{% for g in messages|groupby('role') %}{{ g.grouper }}{{ g.list|length }}{% endfor %}",
            "system1user1",
        ),
        ("{{ 1 < turn + 2 < 3 }} {{ 'seed' in request }} {{ [1, [2]] == [1, [2]] }}", "true true true"),
        (
            "{{ user[:2] }} {{ [1, 2, 3][::2] }} {{ request['mod' ~ 'el'] }} {{ (1, 2)[turn] }}",
            "Hi [1,3] gpt-4o 1",
        ),
        ("{% for a, b in {'x': 1}.items() %}{{ a }}{{ b }}{% endfor %}{% set a, b = 1, 2 %}{{ b }}", "x12"),
        ("{{ [1, 2]|sum }} {{ [{'a': 2}]|sum(attribute='a') }} {{ [[1], [2]]|sum(start=[]) }}", "3 2 [1,2]"),
        ("{{ 1.26|round(1) }} {{ 3 is odd }} {{ range(4)|select('even')|list }}", "1.3 true [0,2]"),
        (
            "{{ 'a b c'.split(maxsplit=1) }} {{ 'a,b'.rsplit(',') }} {{ 'a\\nb'.splitlines() }}",
            '["a","b c"] ["a","b"] ["a","b"]',
        ),
        ("{{ {'a': user}|tojson }} {{ 3|string }}", '{"a":"Hi <there>"} 3'),
    ],
)
def test_a_template_reads_the_request(source: str, said: str) -> None:
    assert rendered(source, position=2) == said


MANY = "{% for i in range(9999) %}"
PAIRS = "{% set x = [1] %}{% set y = [1] %}" + "{% set x = [x, x] %}{% set y = [y, y] %}" * 14


@pytest.mark.parametrize(
    "source",
    [
        PAIRS + "{% for i in range(99) %}{{ x == y }}{% endfor %}",
        PAIRS + "{% for i in range(99) %}{{ x in [y] }}{% endfor %}",
        PAIRS + "{% for i in range(99) %}{{ x is eq y }}{% endfor %}",
        PAIRS + "{% for i in range(99) %}{{ [x, y]|sort|length }}{% endfor %}",
        "{% set x = (1,) %}" + "{% set x = (x, x) %}" * 40 + "{{ {x: 1} }}",
        "{% set x = (1,) %}"
        + "{% set x = (x, x) %}" * 9
        + MANY
        + "{% set y = {}[x]|default(1) %}{% endfor %}",
        "{% set x = [1] %}" + "{% set x = x + x %}" * 13 + MANY + "{% set y = x[:] %}{% endfor %}",
        "{% set x = [1] %}" + "{% set x = [x, x] %}" * 9 + MANY + "{{ x.count(1) }}{% endfor %}",
        "{% set x = [1] %}" + "{% set x = [x, x] %}" * 9 + MANY + "{% set y = x|tojson %}{% endfor %}",
        MANY + "{{ range(9999)|sort|length }}{% endfor %}",
        MANY + "{{ range(9999)|select('odd')|list|length }}{% endfor %}",
        "{{ range(9999)" + "|select" * 20 + "|list|length }}",
        "{% for i in range(2000) %}{{ 'zz' in user }}{% endfor %}",
        "{{ user|list|length }}",
        "{% for i in range(9) %}{{ user|title|length }}{{ user|max }}{% endfor %}",
        "{% set x %}" + MANY + "{{ user }}{% endfor %}{% endset %}",
        "{% set x %}" + MANY + "a" * 20_000 + "{% endfor %}{% endset %}",
        "{% macro f() %}" + "a" * 20_000 + "{% endmacro %}" + MANY + "{% set x = f()[:1] %}{% endfor %}",
    ],
)
def test_all_work_is_counted(source: str) -> None:
    with pytest.raises(TemplateError, match="more than 100000 loop turns and calls"):
        template(source, "s.yaml:3")({**values(), "user": "a,b\n" * 250_000})


@pytest.mark.parametrize("call", ["split(',')", "rsplit(',')", "split()", "splitlines()"])
def test_a_text_is_not_split_into_more_than_there_is_room_for(call: str) -> None:
    with pytest.raises(TemplateError, match="makes more than 10000 texts"):
        template("{{ user." + call + "|length }}", "s.yaml:3")({**values(), "user": "a,b\n" * 20_000})


def test_chance_is_that_of_the_seed() -> None:
    source = "{{ pick(['a', 'b', 'c', 'd']) }} {{ number(1, 1000) }} {{ number(1, 1000) }}"

    assert rendered(source) == rendered(source)
    assert len(set(rendered(source).split())) == 3


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ nothing }}", "'nothing' is undefined; there are: attempt, "),
        ("{{ request.nothing }}", "has no attribute 'nothing'"),
        ("{{ user.__class__ }}", "is unsafe"),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
        ("{{ pick.__globals__ }}", "is unsafe"),
        ("{{ request.update({'a': 1}) }}", "templates read, and change nothing"),
        ("{{ '{:>1000000000}'.format(1) }}", "'format' is not allowed"),
        ("{{ '%1000000000d' % 1 }}", "str % int is not allowed"),
        ("{{ 'a' * 1000000000 }}", "is not allowed in a template"),
        ("{{ [1] * 1000000000 }}", "is not allowed in a template"),
        ("{{ user.center(1000000000) }}", "is unsafe"),
        ("{{ user|center(1000000000) }}", "No filter named 'center'"),
        ("{{ user|random }}", "No filter named 'random'"),
        ("{{ lipsum(1000000) }}", "'lipsum' is undefined"),
        ("{{ namespace(a=1) }}", "'namespace' is undefined"),
        ("{{ 10 ** 10000 }}", "numbers of more than 4096 bits"),
        ("{% set x = 10 %}" + "{% set x = x * x %}" * 40, "numbers of more than 4096 bits"),
        ("{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 40, "more than 1000000 characters"),
        ("{% set x = 'ab' %}" + "{% set x = x + x %}" * 40, "more than there is room for"),
        ("{% set x = 'a' %}" + "{% set x = x|replace('a', 'aaaaaaaaaaaa') %}" * 20, "replace makes more than"),
        ("{% set x = [1] %}" + "{% set x = [x, x] %}" * 12 + "{{ x }}", "more than 10000 values"),
        ("{% set x = [1] %}" + "{% set x = [x, x] %}" * 40, "more than 100000 loop turns and calls"),
        ("{% for i in range(100000) %}{% endfor %}", "range is longer than 10000"),
        (
            "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
            "more than 100000 loop turns and calls",
        ),
        (
            "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(30) }}",
            "more than 100000 loop turns and calls",
        ),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "recursion"),
        ("{% for i in range(9000) %}{{ 'a' ~ user ~ user ~ user ~ user ~ user ~ user ~ user ~ user ~ user ~ user ~ user ~ user }}{% endfor %}", "it renders more than"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ [nothing] }}", "'nothing' is undefined"),
        ("{{ range(3)|batch(0)|list }}", "the size is 1 or more"),
        ("{{ pick([]) }}", "nothing to pick from"),
        ("{{ number(3, 1) }}", "the least comes first"),
        ("{{ range }}", "cannot be written out"),
        ("{{ (1).to_bytes(3 * 10 ** 9, 'big')|length }}", "'to_bytes' of 'int' object is unsafe"),
        ("{{ true.bit_length() }}", "is unsafe"),
        ("{{ (1.5).hex() }}", "is unsafe"),
        ("{{ 'a'.encode() }}", "is unsafe"),
        ("{{ 1|round(-10 ** 9) }}", "round to more than 100 digits"),
        ("{{ '%1000000000d' is odd }}", "str is no number"),
        ("{{ ['%1000000000d']|select('divisibleby', 3)|list }}", "str is no number"),
        ("{% set x = [1] %}" + "{% set x = [x] %}" * 150, "it nests lists more than 100 deep"),
        ("{{ 'a long text of words'|truncate(1) }}", "expected length"),
        ("{{ 1|dictsort }}", "has no attribute 'items'"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_named_with_its_place(source: str, reason: str) -> None:
    with pytest.raises(TemplateError, match=r"^s\.yaml:3: ") as caught:
        rendered(source)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ x", "s.yaml:3: unexpected end of template"),
        ("a\nb {{ x y }}", "s.yaml:3, line 2 of the template: expected token"),
        ("{% include 'x' %}", "s.yaml:3: include is not allowed"),
        ("{% extends 'x' %}", "s.yaml:3: extends is not allowed"),
        ("{% import 'x' as y %}", "s.yaml:3: import is not allowed"),
        ("{% for x in [1] recursive %}{% endfor %}", "s.yaml:3: recursive loops are not allowed"),
        ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "s.yaml:3: "),
        ("{{ usr }}", "s.yaml:3: 'usr' is undefined; there are: attempt, headers, "),
        ("a\nb {{ usr }}", "s.yaml:3, line 2 of the template: 'usr' is undefined; there are: attempt, "),
        ("{% if usr is defined %}{% endif %}", "s.yaml:3: 'usr' is undefined"),
        ("{% for i in [1] %}" * 25 + "{% endfor %}" * 25, "s.yaml:3: it cannot be compiled: too many static"),
        ("{% if 1 %}" * 110 + "{% endif %}" * 110, "s.yaml:3: it cannot be compiled: too many levels"),
        ("x" * 100_001, "s.yaml:3: a template of 100001 characters"),
    ],
)
def test_what_is_no_template_is_named_when_it_is_read(source: str, told: str) -> None:
    with pytest.raises(TemplateError) as caught:
        template(source, "s.yaml:3")

    assert str(caught.value).startswith(told)


def test_whether_headers_are_read_is_known() -> None:
    assert reads_headers("{{ headers.a }}")
    assert not reads_headers("{{ user }}")


def test_jinja_is_loaded_by_the_first_template_only() -> None:
    code = (
        "import sys; from understudy.mockserver.scripts import scripts, scenario, script;"
        "sys.exit(bool({'jinja2', 'yaml', 'jsonpath', 'jsonschema', 'faker'} & set(sys.modules)))"
    )

    assert run([sys.executable, "-c", code], check=False).returncode == 0

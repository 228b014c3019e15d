"""Which engine a request is for."""

from __future__ import annotations

from threading import Thread

import pytest

from understudy.mockserver.admin.namespaces import BadNamespace, Full, Namespaces

CHAT = "/v1/chat/completions"


def spaces(most: int = 2, busy: tuple[str, ...] = ()) -> Namespaces[str]:
    """Return namespaces whose engines are texts that begin with their name."""
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return f"{name}#{made.count(name)}"

    return Namespaces(
        "the default", make, idle=lambda engine: engine.partition("#")[0] not in busy, most=most
    )


def header(name: str) -> list[tuple[bytes, bytes]]:
    return [(b"accept", b"*/*"), (b"x-understudy-namespace", name.encode("latin-1"))]


@pytest.mark.parametrize("path", [CHAT, "/", "/v1/models", "/nsx/a", "/__understudy/rules"])
def test_without_a_namespace_the_default_engine_answers(path: str) -> None:
    assert spaces().choose(path, [(b"accept", b"*/*")]) == ("the default", path, "default")


def test_a_path_or_a_header_names_one_engine() -> None:
    made = spaces()

    assert made.choose(f"/ns/a{CHAT}", ()) == ("a#1", CHAT, "a")
    assert made.choose(CHAT, header("a")) == ("a#1", CHAT, "a")
    assert made.choose(f"/ns/a{CHAT}", header("a")) == ("a#1", CHAT, "a")
    assert made.choose("/ns/b/__understudy/rules", ()) == ("b#1", "/__understudy/rules", "b")
    assert made.choose("/ns/a", ())[1] == "/"
    assert made.names() == ("b", "a")


def test_default_is_the_default_one() -> None:
    assert spaces().choose(f"/ns/default{CHAT}", ())[0] == "the default"


@pytest.mark.parametrize("name", ["", "..", "-a", "a" * 65, "a%2f", "ä", "a b"])
def test_a_name_that_cannot_be_is_refused_and_said(name: str) -> None:
    with pytest.raises(BadNamespace, match=r"1 to 64 letters, digits"):
        spaces().choose(f"/ns/{name}/v1/models", ())


def test_two_names_are_refused() -> None:
    with pytest.raises(BadNamespace, match=r"'a'.*'b'"):
        spaces().choose(f"/ns/a{CHAT}", header("b"))


def test_the_longest_unused_makes_room() -> None:
    made = spaces(most=2)
    for name in ("a", "b", "a", "c"):
        made.choose(CHAT, header(name))

    assert made.names() == ("a", "c")
    assert made.dropped == 1
    assert made.choose(CHAT, header("b"))[0] == "b#2"


def test_one_with_requests_in_work_stays() -> None:
    made = spaces(most=2, busy=("a",))
    for name in ("a", "b", "c"):
        made.choose(CHAT, header(name))

    assert made.names() == ("a", "c")


def test_where_none_can_go_the_new_one_is_refused() -> None:
    made = spaces(most=1, busy=("a",))
    made.choose(CHAT, header("a"))

    with pytest.raises(Full, match="DELETE /__understudy/namespaces/NAME"):
        made.choose(CHAT, header("b"))

    assert made.names() == ("a",)


def test_one_that_was_removed_begins_anew() -> None:
    made = spaces()
    made.choose(CHAT, header("a"))

    assert made.remove("a")
    assert not made.remove("a")
    assert made.choose(CHAT, header("a"))[0] == "a#2"


def test_many_threads_get_the_same_engine() -> None:
    made = spaces(most=8)
    seen: list[str] = []
    threads = [
        Thread(target=lambda: seen.extend(made.choose(CHAT, header("a"))[0] for _ in range(200)))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(seen) == {"a#1"}
    assert len(seen) == 1600


def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 or more namespaces"):
        spaces(most=0)

"""Which engine a request is for."""

from __future__ import annotations

from threading import Thread

import pytest

from understudy.mockserver.admin.namespaces import BadNamespace, Full, Namespaces, place

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
    assert place(path, [(b"accept", b"*/*")]) == ("default", path)
    assert spaces().engine("default") == "the default"


def test_a_path_or_a_header_names_one() -> None:
    assert place(f"/ns/a{CHAT}", ()) == ("a", CHAT)
    assert place(CHAT, header("a")) == ("a", CHAT)
    assert place(f"/ns/a{CHAT}", header("a")) == ("a", CHAT)
    assert place("/ns/b/__understudy/rules", ()) == ("b", "/__understudy/rules")
    assert place("/ns/a", ()) == ("a", "/")


def test_each_has_one_engine_from_when_it_is_asked_for() -> None:
    made = spaces()

    assert [made.engine(name) for name in ("a", "b", "a")] == ["a#1", "b#1", "a#1"]
    assert made.names() == ("b", "a")
    assert [name in made for name in ("a", "c", "default")] == [True, False, True]


@pytest.mark.parametrize("name", ["", "..", "-a", "a" * 65, "a%2f", "ä", "a b"])
def test_a_name_that_cannot_be_is_refused_and_said(name: str) -> None:
    with pytest.raises(BadNamespace, match=r"1 to 64 letters, digits"):
        place(f"/ns/{name}/v1/models", ())


def test_two_names_are_refused() -> None:
    with pytest.raises(BadNamespace, match=r"'a'.*'b'"):
        place(f"/ns/a{CHAT}", header("b"))


def test_the_longest_unused_makes_room() -> None:
    made = spaces(most=2)
    for name in ("a", "b", "a", "c"):
        made.engine(name)

    assert made.names() == ("a", "c")
    assert made.dropped == 1
    assert made.engine("b") == "b#2"


def test_one_with_requests_in_work_stays() -> None:
    made = spaces(most=2, busy=("a",))
    for name in ("a", "b", "c"):
        made.engine(name)

    assert made.names() == ("a", "c")


def test_one_that_is_kept_stays_until_it_is_released() -> None:
    made = spaces(most=1)
    made.engine("a", keep=True)

    with pytest.raises(Full, match="DELETE /__understudy/namespaces/NAME"):
        made.engine("b")
    made.release("a")

    assert made.engine("b") == "b#1"
    assert made.names() == ("b",)


def test_one_that_was_kept_and_removed_begins_anew_without() -> None:
    made = spaces(most=1)
    made.engine("a", keep=True)

    assert made.remove("a")
    made.engine("a")

    assert made.engine("b") == "b#1"


def test_where_none_can_go_the_new_one_is_refused() -> None:
    made = spaces(most=1, busy=("a",))
    made.engine("a")

    with pytest.raises(Full, match="DELETE /__understudy/namespaces/NAME"):
        made.engine("b")

    assert made.names() == ("a",)


def test_one_that_was_removed_begins_anew() -> None:
    made = spaces()
    made.engine("a")

    assert made.remove("a")
    assert not made.remove("a")
    assert made.engine("a") == "a#2"


def test_many_threads_get_the_same_engine() -> None:
    made = spaces(most=8)
    seen: list[str] = []
    threads = [Thread(target=lambda: seen.extend(made.engine("a") for _ in range(200))) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert set(seen) == {"a#1"}
    assert len(seen) == 1600


def test_a_bound_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 or more namespaces"):
        spaces(most=0)

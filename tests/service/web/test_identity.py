"""Ids of requests and traces: what is taken over from clients, and what is not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from service.web.identity import request_id_of, span_of, traceparent_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
NEW_ID = re.compile(r"[0-9a-f]{32}")


def headers(*pairs: tuple[str, str]) -> Headers:
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    "given_id",
    [
        "a",
        "7",
        "01J9Z-abc_DEF.~",
        "Root=1-67891233-abcdef012345678912345678",
        "a/b+c=@x:1",
        "x" * 128,
    ],
)
def test_an_id_of_the_usual_forms_is_kept(given_id: str) -> None:
    """Those of proxies, clouds and libraries."""
    assert request_id_of(headers(("x-request-id", given_id))) == given_id


@pytest.mark.parametrize(
    "given_id", ["", " ", "a b", "x" * 129, 'a"', "a\nb", "a\\", "é", "<b>", "{}", "a,b", "a;b"]
)
def test_any_other_id_is_replaced(given_id: str) -> None:
    """Neither a log nor a header can be broken with it."""
    assert NEW_ID.fullmatch(request_id_of(headers(("x-request-id", given_id))))


def test_without_one_id_a_request_gets_its_own() -> None:
    """None, or two of them; and no two requests the same."""
    none = [request_id_of(headers()) for _ in range(2)]
    two = request_id_of(headers(("x-request-id", "a"), ("x-request-id", "b")))
    assert len({*none, two}) == 3
    assert all(NEW_ID.fullmatch(name) for name in (*none, two))


@given(st.text(st.characters(max_codepoint=255), max_size=200))
def test_an_id_is_always_short_and_plain(given_id: str) -> None:
    """Whatever comes."""
    assert re.fullmatch(
        r"[A-Za-z0-9._~:=@+/-]{1,128}", request_id_of(headers(("x-request-id", given_id)))
    )


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_trace_goes_on_with_a_span_of_its_own(flags: str) -> None:
    """The trace's id and its sampling stay, the parent's span does not."""
    answer = traceparent_of(span_of(headers(("traceparent", f"00-{TRACE}-{SPAN}-{flags}"))))
    version, trace, span, answered_flags = answer.split("-")
    assert (version, trace, answered_flags) == ("00", TRACE, flags)
    assert re.fullmatch(r"[0-9a-f]{16}", span)
    assert span not in {SPAN, "0" * 16}


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "garbage",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE[1:]}-{SPAN}-01",
    ],
)
def test_what_is_no_valid_traceparent_begins_a_new_trace(traceparent: str) -> None:
    """Unsampled, as nobody has asked for more."""
    answer = traceparent_of(span_of(headers(("traceparent", traceparent))))
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", answer)
    assert TRACE not in answer.lower()


def test_two_traceparents_begin_a_new_trace() -> None:
    """Nobody knows which of them is meant."""
    one, other = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN[::-1]}-01"
    answer = traceparent_of(span_of(headers(("traceparent", one), ("traceparent", other))))
    assert TRACE not in answer

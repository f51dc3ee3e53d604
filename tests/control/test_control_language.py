"""Language models as strangers: a real server that answers well, badly, slowly, hugely, or not at all."""

import json
import time

import numpy as np
import pytest
from control.chat_server import chat_server, drop, fail, in_turn, say, send, trickle
from control.spoken_clips import accents

from flametalk.clip import Clip
from flametalk.control.endpoint import LARGEST, Endpoint, endpoint_from
from flametalk.control.language import LanguageModelError, read_reply, request_for, write_script
from flametalk.control.pose import Pose, script_for
from flametalk.control.pose_play import Limits, play
from flametalk.errors import InputError

pytestmark = pytest.mark.core
GOOD = {
    "version": 1,
    "yaw": {"waves": [{"hertz": 0.3, "amount": 9}]},
    "beats": [{"axis": "pitch", "amount": 6}],
}
TEXT = json.dumps(GOOD)


def _ask(url: str, timeout: float = 5.0, tries: int = 2):
    return write_script(Endpoint(url, "tiny", "secret-key", timeout, tries, wait=0.01), "lively", accents())


# --- good answers ---------------------------------------------------------------------------------------


def test_the_protocol() -> None:
    with chat_server(say(TEXT)) as (url, seen):
        written = _ask(url + "/")
    assert written.script.yaw.waves[0].amount == 9 and written.by.startswith("tiny at 127.0.0.1")
    assert seen.paths == ["/v1/chat/completions"] and seen.headers[0]["Authorization"] == "Bearer secret-key"
    request = seen.requests[0]
    assert request["model"] == "tiny" and request["response_format"] == {"type": "json_object"}
    assert [m["role"] for m in request["messages"]] == ["system", "user"]
    assert "maxItems" in request["messages"][0]["content"]  # the schema itself
    assert (
        '"lively"' in request["messages"][1]["content"]
        and "[1.0, 2.0, 4.0]" in request["messages"][1]["content"]
    )


@pytest.mark.parametrize(
    "reply",
    [
        f"Sure! Here is the motion:\n```json\n{TEXT}\n```\nLet me know {{if}} you want changes.",
        f"<think>{{maybe}} {{'a': 1}}</think>{TEXT}",
        f'{{"note": "ignored"}} and then {TEXT}',
        json.dumps({k: v for k, v in GOOD.items() if k != "version"}),
        [{"type": "text", "text": TEXT[:20]}, {"type": "text", "text": TEXT[20:]}],
    ],
)
def test_prose_and_parts_around_the_json(reply: object) -> None:
    with chat_server(say(reply)) as (url, _):
        assert _ask(url).script.yaw.waves[0].hertz == 0.3


def test_a_wrong_answer_is_sent_back_once() -> None:
    with chat_server(in_turn(say('{"version": 1, "speed": 3}'), say(TEXT))) as (url, seen):
        assert _ask(url).script.beats
    told = seen.requests[1]["messages"][-1]["content"]
    assert "'speed', which is not one of" in told and len(seen.requests) == 2


def test_a_server_without_json_mode() -> None:
    body = b'{"error": {"message": "response_format is not supported"}}'
    with chat_server(in_turn(fail(400, body), say(TEXT))) as (url, seen):
        assert _ask(url).script.beats
    assert "response_format" in seen.requests[0] and "response_format" not in seen.requests[1]


# --- hostile answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        "import os; os.system('touch /tmp/owned')",
        '{"version": 1, "yaw": {"keys": "__import__(\'os\').system(\'id\')"}}',
        '{"version": 1, "gain": NaN}',
        '{"version": 1, "gain": 1e999}',
        '{"version": 1, "gain": ' + "9" * 6000 + "}",
        '{"a":' * 5000,
        "{" * 20_000,
        "",
        "[1, 2, 3]",
        '{"version": 1, "gestures": [' + ",".join(['{"axis": "yaw", "amount": 1}'] * 5000) + "]}",
    ],
)
def test_hostile_content_is_an_error_and_quick(reply: str) -> None:
    began = time.monotonic()
    with chat_server(say(reply)) as (url, seen), pytest.raises(LanguageModelError):
        _ask(url)
    assert time.monotonic() - began < 5 and len(seen.requests) <= 4


def test_huge_numbers_become_anatomical() -> None:
    reply = {"version": 1, "gain": 3, "yaw": {"waves": [{"hertz": 1e30, "amount": 1e300}]}}
    curves = play(read_reply(json.dumps(reply)), accents(), Limits())
    assert np.abs(curves[:, 1]).max() <= 35


def test_ten_megabytes() -> None:
    with (
        chat_server(say("x" * 10_000_000)) as (url, seen),
        pytest.raises(LanguageModelError, match="more than"),
    ):
        _ask(url)
    assert len(seen.requests) == 1 and LARGEST < 10_000_000


def test_an_endless_answer() -> None:
    def endless(handler, _request, _number):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            handler.wfile.write(b"x" * 65536)

    with chat_server(endless) as (url, _), pytest.raises(LanguageModelError, match="more than"):
        _ask(url)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"choices": []}', b'{"choices": [{"message": null}]}', b"[" * 10**5]
)
def test_what_is_no_completion(body: bytes) -> None:
    answer = lambda h, _r, _n: send(h, 200, body)  # noqa: E731
    told = "failed 2 times: the answer is not a chat completion"
    with chat_server(answer) as (url, seen), pytest.raises(LanguageModelError, match=told):
        _ask(url)
    assert len(seen.requests) == 2


# --- slow, broken and busy --------------------------------------------------------------------------------


def test_slow_answers_end_at_the_deadline() -> None:
    """A server that sends a byte now and then keeps every read alive; the whole call still ends."""
    began = time.monotonic()
    with chat_server(trickle(20.0)) as (url, _), pytest.raises(LanguageModelError, match=r"within 0\.4 s"):
        _ask(url, timeout=0.4)
    assert time.monotonic() - began < 5


def test_silence_ends_at_the_deadline() -> None:
    told = r"no answer within 0\.3 s"
    with (
        chat_server(lambda _h, _r, _n: time.sleep(1)) as (url, _),
        pytest.raises(LanguageModelError, match=told),
    ):
        _ask(url, timeout=0.3)


def test_a_dropped_connection_is_tried_again() -> None:
    with chat_server(in_turn(drop, say(TEXT))) as (url, seen):
        assert _ask(url).script.beats
    assert len(seen.requests) == 2
    with chat_server(drop) as (url, _), pytest.raises(LanguageModelError, match="broke off"):
        _ask(url)


def test_busy_servers_are_tried_again() -> None:
    with chat_server(in_turn(fail(503), fail(429, Retry_After="0.01"), say(TEXT))) as (url, seen):
        assert _ask(url, tries=3).script.beats
    assert len(seen.requests) == 3


@pytest.mark.parametrize(
    ("status", "message"), [(401, "FLAMETALK_LLM_KEY"), (404, "status 404"), (302, "redirects elsewhere")]
)
def test_final_answers_are_not_tried_again(status: int, message: str) -> None:
    refusal = fail(status, b"your key secret-key is wrong", Location="http://127.0.0.1:9/")
    with chat_server(refusal) as (url, seen), pytest.raises(LanguageModelError, match=message) as caught:
        _ask(url)
    assert len(seen.requests) == 1 and "secret-key" not in str(caught.value)


def test_nobody_there() -> None:
    with pytest.raises(LanguageModelError, match="failed 2 times: no connection"):
        _ask("http://127.0.0.1:9/v1")


# --- who is asked, and when ------------------------------------------------------------------------------


def test_only_who_was_named_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL in the environment alone calls nobody: the offline parser is the default."""
    with chat_server(say(TEXT)) as (url, seen):
        monkeypatch.setenv("FLAMETALK_LLM_URL", url)
        monkeypatch.setenv("FLAMETALK_LLM_MODEL", "named")
        assert script_for("calm", accents()).by.startswith("phrase parser")
        assert not seen.requests
        assert script_for("calm", accents(), "endpoint").by.startswith("named at")
    assert len(seen.requests) == 1
    monkeypatch.delenv("FLAMETALK_LLM_URL")
    with pytest.raises(InputError, match="FLAMETALK_LLM_URL"):
        endpoint_from()


def test_falling_back_is_asked_for_and_told() -> None:
    clip = Clip.neutral(100)
    with chat_server(fail(404)) as (url, _):
        with pytest.raises(LanguageModelError, match="status 404"):
            Pose("calm", by=f"endpoint:{url}")(clip)
        moved = Pose("calm", by=f"endpoint:{url}", fallback=True)(clip)
    assert "since a model failed" in moved.provenance["pose"]["by"]
    assert np.array_equal(moved.head, Pose("calm")(clip).head)


@pytest.mark.parametrize(
    "url",
    ["ftp://x/v1", "localhost:8000", "http://", "http://a b/v1", "http://me:pw@host/v1", "http://h:99999/"],
)
def test_wrong_urls(url: str) -> None:
    with pytest.raises(InputError):
        Endpoint(url)


def test_the_key_is_never_shown() -> None:
    endpoint = Endpoint("http://localhost:1/v1", "m", "secret-key")
    assert "secret-key" not in repr(endpoint) + endpoint.name
    with pytest.raises(InputError, match="header"):
        Endpoint("http://localhost:1/v1", "m", "a\r\nX-Evil: 1")


def test_requests_stay_small() -> None:
    many = accents(600.0, stressed=tuple(np.linspace(1, 590, 900)))
    assert len(json.dumps(request_for("calm", many))) < 12_000

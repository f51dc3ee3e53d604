"""A real HTTP server on this machine that speaks the chat protocol, and misbehaves on request."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any], int], None]  # handler, request, its number


class Seen:
    """What the server was asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.done = threading.Event()  # set when the test is over: slow answers stop


def send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def say(content: Any) -> Answer:
    """A chat completion with this content."""

    def answer(handler: BaseHTTPRequestHandler, _request: dict[str, Any], _number: int) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": content}}
        body = {"id": "1", "object": "chat.completion", "choices": [choice]}
        send(handler, 200, json.dumps(body).encode(), Content_Type="application/json")

    return answer


def in_turn(*answers: Answer) -> Answer:
    """The first request gets the first answer, and so on; the last one stays."""

    def answer(handler: BaseHTTPRequestHandler, request: dict[str, Any], number: int) -> None:
        answers[min(number, len(answers) - 1)](handler, request, number)

    return answer


def fail(status: int, body: bytes = b"busy", **headers: str) -> Answer:
    return lambda handler, _request, _number: send(handler, status, body, **headers)


def drop(handler: BaseHTTPRequestHandler, _request: dict[str, Any], _number: int) -> None:
    """Half an answer, then nothing."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.close_connection = True


@contextmanager
def chat_server(answer: Answer) -> Iterator[tuple[str, Seen]]:
    """Its base URL, and what it saw."""
    seen = Seen()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            number = len(seen.requests)
            seen.headers.append(dict(self.headers))
            seen.paths.append(self.path)
            seen.requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            with suppress(BrokenPipeError, ConnectionResetError):
                answer(self, seen.requests[-1], number)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", seen
    finally:
        seen.done.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def trickle(seconds: float) -> Answer:
    """A byte now and then, for longer than anybody waits."""

    def answer(handler: BaseHTTPRequestHandler, _request: dict[str, Any], _number: int) -> None:
        end = time.monotonic() + seconds
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while time.monotonic() < end:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return answer

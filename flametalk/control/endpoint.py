"""A chat endpoint that speaks OpenAI's protocol: hosted ones, llama.cpp, vLLM, Ollama, LM Studio …

It is called only when the user names it. The whole call has one deadline, the reply a greatest size.
"""

import http.client
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..errors import InputError
from .language import LanguageModelError, Message

URL, KEY, MODEL = "FLAMETALK_LLM_URL", "FLAMETALK_LLM_KEY", "FLAMETALK_LLM_MODEL"  # environment
LARGEST = 2 * 2**20  # bytes of a reply
TRIES = 3
BUSY = (408, 409, 425, 429, 500, 502, 503, 504, 529)  # worth another try
WAIT, LONGEST_WAIT = 0.5, 10.0  # seconds before the second try, doubled after each; most a server may ask for


class _TryAgain(Exception):
    """A failure that may pass; `wait` is what the server asked for, in seconds."""

    def __init__(self, what: str, wait: float | None = None):
        super().__init__(what)
        self.wait = wait


@dataclass(frozen=True)
class Endpoint:
    """`url` is the base, such as http://localhost:8000/v1; the key never shows in a message or a repr."""

    url: str
    model: str = "default"
    key: str | None = field(default=None, repr=False)
    timeout: float = 60.0  # seconds for one try, from connecting to the last byte
    tries: int = TRIES
    wait: float = WAIT

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if parts.username or parts.password:
            raise InputError(f"give the key in {KEY}, not inside the URL")
        if not 0 < self.timeout <= 3600 or not 1 <= self.tries <= 10:
            raise InputError(
                f"timeout is {self.timeout:g} s, tries {self.tries}: expected 0 to 3600 and 1 to 10"
            )
        if self.key is not None and not (self.key.isascii() and self.key.isprintable()):
            raise InputError("the key has characters that no HTTP header can carry")

    @property
    def name(self) -> str:
        parts = _split(self.url)
        return f"{self.model} at {parts.hostname}{f':{parts.port}' if parts.port else ''}"

    def reply(self, messages: Sequence[Message]) -> str:
        """What the model answers; busy servers and dropped connections are tried again."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": list(messages),
            "temperature": 0.3,
            "max_tokens": 2000,
            "response_format": {"type": "json_object"},
        }
        problem = ""
        for attempt in range(self.tries):
            try:
                status, data = self._post(body)
                if status == 400 and "response_format" in body and b"response_format" in data:
                    del body["response_format"]  # a server without JSON mode says so
                    status, data = self._post(body)
                return _content(self._accepted(status, data))
            except _TryAgain as error:
                problem = str(error)
                pause = self.wait * 2**attempt if error.wait is None else error.wait
            if attempt + 1 < self.tries:
                time.sleep(min(pause, LONGEST_WAIT))
        raise LanguageModelError(f"{self.name} failed {self.tries} times: {problem}")

    def _accepted(self, status: int, data: bytes) -> bytes:
        if status == 200:
            return data
        said = data[:300].decode("utf-8", "replace").replace("\n", " ")
        if self.key:
            said = said.replace(self.key, "…")
        if status in (401, 403):
            raise LanguageModelError(
                f"{self.name} refused the key (status {status}): set {KEY}. It said: {said}"
            )
        if 300 <= status < 400:
            raise LanguageModelError(f"{self.name} redirects elsewhere (status {status}): give the final URL")
        raise LanguageModelError(f"{self.name} answered with status {status}: {said}")

    def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        parts = _split(self.url)
        connection = self._connection(parts)
        end = time.monotonic() + self.timeout
        late = threading.Event()
        watch: threading.Timer | None = None
        try:
            connection.connect()
            watch = threading.Timer(max(0.0, end - time.monotonic()), _hang_up, (connection.sock, late))
            watch.daemon = True
            watch.start()
            path = parts.path.rstrip("/") + "/chat/completions" + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, json.dumps(body).encode(), self._headers())
            response = connection.getresponse()
            data = response.read(LARGEST + 1)
            if late.is_set():
                raise _TryAgain(f"no complete answer within {self.timeout:g} s")
            if len(data) > LARGEST:
                raise LanguageModelError(f"{self.name} sent more than the {LARGEST:,} bytes accepted here")
            if response.length:  # fewer bytes came than were announced
                raise _TryAgain("the connection broke off in the middle of the answer")
            if response.status in BUSY:
                raise _TryAgain(f"status {response.status}", _asked_wait(response.getheader("Retry-After")))
            return response.status, data
        except (OSError, http.client.HTTPException) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                raise _TryAgain(f"no answer within {self.timeout:g} s") from error
            if isinstance(error, ssl.SSLCertVerificationError):
                raise LanguageModelError(
                    f"{self.name} has no valid certificate ({error.verify_message})"
                ) from error
            raise _TryAgain(f"no connection, or a broken one ({error or type(error).__name__})") from error
        finally:
            if watch is not None:
                watch.cancel()
            connection.close()

    def _connection(self, parts: SplitResult) -> http.client.HTTPConnection:
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=self.timeout)
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=self.timeout, context=context)

    def _headers(self) -> dict[str, str]:
        plain = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        return plain | ({"Authorization": f"Bearer {self.key}"} if self.key else {})


def endpoint_from(url: str | None = None) -> Endpoint:
    """The endpoint at `url`, or at FLAMETALK_LLM_URL; key and model from the environment."""
    url = url or os.environ.get(URL)
    if not url:
        raise InputError(
            f"no endpoint is named: say pose_by='endpoint:http://localhost:8000/v1', or set {URL} "
            f"(and {KEY}, {MODEL} where the server needs them)"
        )
    return Endpoint(url, os.environ.get(MODEL) or "default", os.environ.get(KEY) or None)


def _hang_up(connected: socket.socket, late: threading.Event) -> None:
    """Past the deadline, whatever still reads from the connection is woken."""
    late.set()
    with suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InputError(f"'{url}' is no URL ({error})") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in url):
        raise InputError(f"'{url}' is no http or https URL: expected one such as http://localhost:8000/v1")
    return parts


def _asked_wait(header: str | None) -> float | None:
    try:
        return min(max(float(header), 0.0), LONGEST_WAIT) if header else None
    except ValueError:
        return None  # a date


def _content(data: bytes) -> str:
    """The text of the first choice."""
    try:
        value = json.loads(data)
        content = value["choices"][0]["message"]["content"]
    except (ValueError, RecursionError, KeyError, IndexError, TypeError) as error:
        raise _TryAgain("the answer is not a chat completion") from error
    if isinstance(content, list):  # parts, as some servers send them
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if not isinstance(content, str) or not content.strip():
        raise _TryAgain("the answer is empty")
    return content

"""A server process that stands in for the services Deskwright speaks to, on 127.0.0.1.

It keeps every request it gets. `POST /_set` with `{path: [[status, body], ...]}` says what to answer there: one after
the other, the last for good; a status of 0 waits until the server stops. `GET /_calls` gives the requests. It knows
nothing of what it stands in for: a test says that, in the words of the service's own documentation.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

Answers = dict[str, list[tuple[int, Any]]]


class StandIn:
    """The test's end of it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set(self, answers: Answers) -> None:
        httpx.post(f"{self.url}/_set", json=answers)

    def calls(self, path: str = "") -> list[dict[str, Any]]:
        """The requests to this path: method, path, headers (in small letters), body."""
        calls: list[dict[str, Any]] = httpx.get(f"{self.url}/_calls").json()
        return [call for call in calls if call["path"] == path or not path]


def until(met: Callable[[], Any], seconds: float = 60) -> Any:
    """What `met` gives, as soon as that is something."""
    latest = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < latest, "it never came"
        time.sleep(0.05)
    return found


@contextmanager
def process() -> Iterator[StandIn]:
    command = [sys.executable, str(Path(__file__))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield StandIn(server.stdout.readline().strip())
        finally:
            server.kill()


class _Handler(BaseHTTPRequestHandler):
    calls: list[dict[str, Any]] = []  # noqa: RUF012
    answers: Answers = {}  # noqa: RUF012
    lock = threading.Lock()

    def log_message(self, *words: object) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path == "/_calls":
            return self.send(200, self.calls)
        if self.path == "/_set":
            self.answers.update(json.loads(body))
            return self.send(200, {})
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.lock:
            self.calls.append({"method": self.command, "path": self.path, "headers": headers, "body": body})
            known = self.answers.get(self.path, [(200, {})])
            status, content = known.pop(0) if len(known) > 1 else known[0]
        if status == 0:
            threading.Event().wait()
        self.send(status, content)

    def send(self, status: int, content: Any) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()

"""An OpenAI-compatible server as a process of its own: `python teacher_server.py LOG`; prints its port.

What it answers hangs on the thing that is asked for. Every request's messages go to LOG, a line each. A file LOG.broken
makes it fail, once for each question it names.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ANSWERS = {
    "kettle": ("", "stop"),
    "lamp": ("On the shelf to the", "length"),
    "chair": ("Please ask <PERSON_9> for it.", "stop"),
    "carpet": ("Write to bob.jones@example.org for that.", "stop"),
    "spoon": ("I will check with the warehouse and get back to you.", "stop"),
}
USUAL = ("You find it on the first shelf beside the door, dear customer.", "stop")


class Handler(BaseHTTPRequestHandler):
    """Another server of this kind says something else."""

    def say(self, messages: list[dict[str, Any]]) -> tuple[str, str]:
        question = messages[-1]["content"]
        return next((found for thing, found in ANSWERS.items() if f" {thing}" in question), USUAL)

    def do_GET(self) -> None:
        self.reply(200, {"data": [{"id": "big"}, *([{"id": "other"}] if self.path.startswith("/two") else [])]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        question = asked["messages"][-1]["content"]
        broken = Path(sys.argv[1] + ".broken")
        if broken.is_file() and broken.read_text() in question:
            broken.unlink()
            self.reply(503, {"error": "busy"})
            return
        with Path(sys.argv[1]).open("a") as log:
            log.write(json.dumps({**asked, "key": self.headers.get("Authorization", "")}) + "\n")
        text, reason = self.say(asked["messages"])
        self.reply(200, {"choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": reason}]})

    def reply(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def serve(handler: type[Handler]) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(Handler)

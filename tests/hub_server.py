"""A hub of our own: repositories in memory, served on 127.0.0.1 with the answers that huggingface_hub reads.

Files of weights stand on another host (`localhost`), as the hub's stand on its storage: a HEAD is answered by a
redirect that carries size and hash. `cut` ends the connection after so many bytes, once; `asked` is every request.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Files = Mapping[str, bytes]


@dataclass
class Repository:
    """Commits by their hash, branches by their name."""

    commits: dict[str, Files] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    gated: bool = False


@dataclass
class Hub:
    """The content; `spoil` has what is sent in the place of a file of weights; `down` a status for all requests."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    spoil: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def push(self, name: str, files: Files, gated: bool = False) -> str:
        """A new commit on main."""
        repository = self.repositories.setdefault(name, Repository(gated=gated))
        content = json.dumps({path: sha256(data) for path, data in sorted(files.items())})
        commit = hashlib.sha1(f"{name} {len(repository.commits)} {content}".encode()).hexdigest()
        repository.commits[commit] = files
        repository.branches["main"] = commit
        return commit


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (_Answers,), {"hub": hub}))
    server.daemon_threads = True
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_weights(path: str) -> bool:
    return path.endswith((".safetensors", ".bin"))


class _Answers(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *words: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        address = urlsplit(self.path)
        self.hub.asked.append(f"{self.command} {address.path} {self.headers.get('Range', '')}".strip())
        if self.headers.get("Authorization") == "Bearer hf_expired":
            return self.send(401, b"{}", {"X-Error-Message": "Invalid credentials in Authorization header"})
        if self.hub.down:
            return self.send(self.hub.down, b"", {})
        match unquote(address.path).strip("/").split("/"):
            case ["api", "models", owner, name, "revision", *revision]:
                self.described(f"{owner}/{name}", "/".join(revision), "blobs" in parse_qs(address.query))
            case ["api", "models", owner, name, "tree", revision, *_]:
                self.tree(f"{owner}/{name}", revision)
            case ["storage", path, digest]:
                self.stored(path, digest)
            case [owner, name, "resolve", revision, *path]:
                self.resolved(f"{owner}/{name}", revision, "/".join(path))
            case _:
                self.refuse(404, "EntryNotFound")

    def found(self, name: str, revision: str) -> tuple[Repository, str] | None:
        repository = self.hub.repositories.get(name)
        if repository is None:
            self.refuse(404, "RepoNotFound")
            return None
        commit = repository.branches.get(revision, revision)
        if commit not in repository.commits:
            self.refuse(404, "RevisionNotFound")
            return None
        return repository, commit

    def described(self, name: str, revision: str, blobs: bool) -> None:
        if found := self.found(name, revision):
            repository, commit = found
            siblings = [
                {"rfilename": path, **(facts(data, path) if blobs else {})}
                for path, data in repository.commits[commit].items()
            ]
            gated = "manual" if repository.gated else False
            self.send_json({"id": name, "sha": commit, "private": False, "gated": gated, "siblings": siblings})

    def tree(self, name: str, revision: str) -> None:
        if found := self.found(name, revision):
            repository, commit = found
            listed = []
            for path, data in repository.commits[commit].items():
                entry: dict[str, Any] = {"type": "file", "path": path, "oid": sha256(data)[:40], "size": len(data)}
                if is_weights(path):
                    entry["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": 134}
                listed.append(entry)
            self.send_json(listed)

    def resolved(self, name: str, revision: str, path: str) -> None:
        if not (found := self.found(name, revision)):
            return
        repository, commit = found
        if repository.gated and "Authorization" not in self.headers:
            return self.refuse(401, "GatedRepo")
        if repository.gated and self.headers["Authorization"] != "Bearer hf_accepted":
            return self.refuse(403, "GatedRepo")
        if path not in repository.commits[commit]:
            return self.refuse(404, "EntryNotFound")
        data = repository.commits[commit][path]
        headers = {"X-Repo-Commit": commit, "ETag": f'"{sha256(data)[:40]}"'}
        if is_weights(path):
            digest = sha256(data)
            location = f"http://localhost:{self.hub.port}/storage/{path}/{digest}"
            linked = {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{digest}"', "Location": location}
            return self.send(302, b"", {**headers, **linked})
        self.send(200, data, headers)

    def stored(self, path: str, digest: str) -> None:
        commits = (commit for one in self.hub.repositories.values() for commit in one.commits.values())
        data = next(files[path] for files in commits if path in files and sha256(files[path]) == digest)
        data = self.hub.spoil.get(path, data)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.send(206 if start else 200, data[start:], {}, self.hub.cut.pop(path, None))

    def refuse(self, status: int, code: str) -> None:
        self.send(status, b"{}", {"X-Error-Code": code})

    def send_json(self, content: object) -> None:
        self.send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, body: bytes, headers: Mapping[str, str], most: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:most])
        self.close_connection = self.close_connection or most is not None


def facts(data: bytes, path: str) -> dict[str, Any]:
    lfs = {"lfs": {"sha256": sha256(data), "size": len(data), "pointerSize": 134}} if is_weights(path) else {}
    return {"size": len(data), "blobId": sha256(data)[:40], **lfs}

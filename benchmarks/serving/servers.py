"""A folder with a model -> running servers of it: ours over each engine, and the named peers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.serving.load import Target

PATIENCE = 300
"""Seconds a server may take to start; OpenVINO's first start converts the model."""


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs. `process` and its children hold the memory."""

    name: str
    target: Target
    process: psutil.Process

    def memory(self) -> int:
        """Bytes, of the process and its children."""
        return sum(one.memory_info().rss for one in self._family())

    def stop(self) -> None:
        """Holds it: some servers look for work all the time, while another one is measured."""
        for one in self._family():
            one.suspend()

    def go_on(self) -> None:
        for one in self._family():
            one.resume()

    def _family(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextmanager
def deskwright(workspace: Path, engine: str, key: str) -> Iterator[Server]:
    """`deskwright serve`, with the gate and the record it always has."""
    port = _free()
    words = ["serve", "--workspace", str(workspace), "--engine", engine, "--port", str(port), "--untuned"]
    with _running([sys.executable, "-m", "deskwright", *words], f"http://127.0.0.1:{port}/healthz") as process:
        target = Target(f"http://127.0.0.1:{port}/v1", "deskwright", {"Authorization": f"Bearer {key}"})
        yield Server(f"Deskwright, {engine}", target, process)


@contextmanager
def plain(folder: Path) -> Iterator[Server]:
    """`generate` behind FastAPI."""
    port = _free()
    command = [sys.executable, "-m", "benchmarks.serving.plain", str(folder), str(port)]
    with _running(command, f"http://127.0.0.1:{port}/healthz") as process:
        yield Server("generate behind FastAPI", Target(f"http://127.0.0.1:{port}/v1", "model"), process)


@contextmanager
def transformers(folder: Path, batching: bool) -> Iterator[Server]:
    """`transformers serve`, with and without continuous batching."""
    port = _free()
    program = Path(sys.executable).with_name("transformers")
    more = ["--continuous-batching"] if batching else []
    command = [str(program), "serve", str(folder), "--port", str(port), "--host", "127.0.0.1", "--device", "cpu", *more]
    with _running(command, f"http://127.0.0.1:{port}/health") as process:
        name = "transformers serve, continuous batching" if batching else "transformers serve"
        yield Server(name, Target(f"http://127.0.0.1:{port}/v1", str(folder)), process)


@contextmanager
def llama_cpp(python: str, gguf: Path) -> Iterator[Server]:
    """llama.cpp's server as the package llama-cpp-python brings it."""
    port = _free()
    words = ["-m", "llama_cpp.server", "--model", str(gguf), "--port", str(port), "--host", "127.0.0.1"]
    command = [python, *words, "--n_ctx", "2048", "--n_threads", str(os.cpu_count())]
    with _running(command, f"http://127.0.0.1:{port}/v1/models") as process:
        yield Server("llama.cpp, q8", Target(f"http://127.0.0.1:{port}/v1", str(gguf)), process)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: list[str], health: str) -> Iterator[psutil.Process]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "HF_HUB_OFFLINE": "1"}) as process:
        try:
            _wait(process, health)
            yield psutil.Process(process.pid)
        finally:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.resume()  # one that is held would not see that its server has ended
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(process: subprocess.Popen[bytes], health: str) -> None:
    latest = time.monotonic() + PATIENCE
    while time.monotonic() < latest:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it answered")
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"{process.args!r} did not answer within {PATIENCE} s")

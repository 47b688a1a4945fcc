"""Limits, origins, proxies and TLS: who may ask how often, and over what."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import openai
import pytest
from click.testing import Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient

from deskwright.errors import ConfigError
from deskwright.workspace import Workspace
from privacy.gate import Gate
from serve import access
from serve.app import create_app
from serve.chat import build_chat
from serve.commands import run
from serve.engines.echo import Echo
from serve.live import Live, Served
from tests.server_process import make, serving

SHOP = "https://shop.example.com"


@pytest.fixture
def app(tmp_path: Path) -> Callable[[str], tuple[object, Workspace]]:
    """Makes the application of a workspace with these `[serve]` settings."""

    def build(settings: str) -> tuple[object, Workspace]:
        ws = make(tmp_path / "ws", f"[serve]\n{settings}\n")
        gate = Gate.of(ws)
        chat = build_chat(gate, Echo("echo-1"), None, "Help.", 0)
        return create_app(ws, Live(ws.store, lambda model: Served("echo-1", "d1", chat), untuned=True), gate), ws

    return build


@contextmanager
def at_work(app: object, proxies: tuple[str, ...] = ()) -> Iterator[str]:
    running = run(app, "127.0.0.1", 0, proxies)  # type: ignore[arg-type]
    try:
        yield running.url
    finally:
        running.stop()


def bearer(ws: Workspace, role: str = "integration") -> dict[str, str]:
    return {"Authorization": f"Bearer {access.create(ws.store, role, 'test')}"}


def test_a_key_that_asks_too_often_is_told_when_to_come_back(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, ws = app('limit_key = "2/minute"')
    with TestClient(made) as http:  # type: ignore[arg-type]
        one, other = bearer(ws), bearer(ws)
        answers = [http.get("/v1/models", headers=key) for key in (one, one, one, other)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 200]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert answers[2].json()["error"]["type"] == "rate_limit_error"
    assert answers[2].json()["error"]["code"] == "rate_limit_exceeded"


def test_openais_client_comes_back_when_it_was_told_to(app: Callable[..., tuple[object, Workspace]]) -> None:
    """By itself it would try again after half a second, which is too early here, and give up."""
    made, ws = app('limit_key = "1/second"')
    key = access.create(ws.store, "integration", "test")
    with at_work(made) as url, openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=1) as client:
        found = [client.models.retrieve("deskwright").id for _ in range(3)]

    assert found == ["deskwright"] * 3


def test_no_limit_is_none(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, ws = app('limit_key = ""')
    with TestClient(made) as http:  # type: ignore[arg-type]
        key = bearer(ws)

        assert {http.get("/v1/models", headers=key).status_code for _ in range(30)} == {200}


def test_wrong_keys_are_counted_by_address(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, ws = app('limit_address = "2/minute"')
    with TestClient(made) as http:  # type: ignore[arg-type]
        tried = [http.get("/v1/models", headers={"Authorization": f"Bearer dw_{n}"}) for n in range(3)]
        right = http.get("/v1/models", headers=bearer(ws))

    assert [answer.status_code for answer in tried] == [401, 401, 429]
    assert right.status_code == 200


def test_a_chat_has_a_limit_of_its_own(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, _ = app('limit_session = "1/minute"')
    page = {"Origin": "http://testserver"}
    with TestClient(made) as http:  # type: ignore[arg-type]
        tokens = [http.post("/widget/api/session", headers=page).json()["token"] for _ in range(2)]
        said = [
            http.post("/widget/api/chat", json={"message": "hi"}, headers={**page, "Authorization": f"Bearer {token}"})
            for token in (tokens[0], tokens[0], tokens[1])
        ]

    assert [answer.status_code for answer in said] == [200, 429, 200]


def test_who_waits_is_counted_by_chat_and_not_by_address(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, _ = app('limit_address = "2/minute"\nlimit_session = "1/minute"')
    page = {"Origin": "http://testserver"}
    with TestClient(made) as http:  # type: ignore[arg-type]
        tokens = [http.post("/widget/api/session", headers=page).json()["token"] for _ in range(2)]
        looked = [
            http.get("/widget/api/state", headers={**page, "Authorization": f"Bearer {token}"}).status_code
            for token in (*tokens * 20, "wrong")
        ]

    assert looked == [200] * 40 + [429]


def test_ipv6_is_counted_by_the_network_of_a_customer(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, _ = app('limit_address = "1/minute"')
    visitors = ("2001:db8::1", "2001:db8::2:3", "2001:db8:0:1::1", "::ffff:192.0.2.1", "::ffff:192.0.2.2")
    with at_work(made, ("127.0.0.1",)) as url:
        found = [
            httpx.post(f"{url}/widget/api/session", headers={"Origin": url, "X-Forwarded-For": visitor}).status_code
            for visitor in visitors
        ]

    assert found == [200, 429, 200, 200, 200]


@pytest.mark.parametrize(("proxies", "statuses"), [((), [200, 429, 429]), (("127.0.0.1",), [200, 429, 200])])
def test_only_a_known_proxy_says_whom_it_speaks_for(
    app: Callable[..., tuple[object, Workspace]], proxies: tuple[str, ...], statuses: list[int]
) -> None:
    made, _ = app('limit_address = "1/minute"')
    with at_work(made, proxies) as url:
        found = [
            httpx.post(f"{url}/widget/api/session", headers={"Origin": url, "X-Forwarded-For": visitor}).status_code
            for visitor in ("192.0.2.1", "192.0.2.1", "192.0.2.2")
        ]

    assert found == statuses


def test_pages_of_other_origins_may_call_the_apis_only(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, _ = app(f'origins = ["{SHOP}"]')
    allowed = "access-control-allow-origin"
    with TestClient(made) as http:  # type: ignore[arg-type]
        shop = {"Origin": SHOP}
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-stainless-os"}
        preflight = http.options("/v1/chat/completions", headers={**shop, **asked})
        refused = http.get("/v1/models", headers=shop)
        evil = http.options("/v1/chat/completions", headers={**asked, "Origin": "https://evil.example.com"})
        elsewhere = [http.get(path, headers=shop) for path in ("/console/api/queue", "/healthz", "/console")]

    assert (preflight.status_code, preflight.headers[allowed]) == (200, SHOP)
    assert (refused.status_code, refused.headers[allowed]) == (401, SHOP)
    assert evil.status_code == 400
    assert allowed not in evil.headers
    assert not [answer for answer in elsewhere if allowed in answer.headers]
    assert {answer.headers["x-content-type-options"] for answer in (preflight, refused, evil, *elsewhere)} == {
        "nosniff"
    }


def test_a_body_said_to_be_too_large_is_not_waited_for(app: Callable[..., tuple[object, Workspace]]) -> None:
    made, _ = app("")
    import socket

    with at_work(made) as url, socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=20) as peer:
        head = "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"
        peer.sendall(head.encode())
        answer = peer.recv(64).decode()

    assert answer.startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize("setting", ['limit_key = "many"', 'limit_key = "0/minute"', 'proxies = ["everybody"]'])
def test_settings_that_say_nothing_are_refused(tmp_path: Path, setting: str) -> None:
    with pytest.raises(ConfigError, match=setting.split()[0]):
        make(tmp_path / "ws", f"[serve]\n{setting}\n")


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(secret)
    return folder / "cert.pem", folder / "key.pem"


def test_the_command_serves_over_tls(tmp_path: Path) -> None:
    ws = make(tmp_path / "ws")
    cert, key = certificate(tmp_path)
    with serving(ws, "--ssl-certfile", str(cert), "--ssl-keyfile", str(key)) as url:
        trusted = httpx.get(f"{url}/healthz", verify=ssl.create_default_context(cafile=str(cert)), timeout=60)
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/healthz")

    assert url.startswith("https://")
    assert trusted.json()["status"] == "ok"


def test_files_that_hold_no_certificate_are_refused_in_a_sentence(
    tmp_path: Path, ws: Workspace, cli: Callable[..., Result]
) -> None:
    cert, key = certificate(tmp_path)
    key.write_text("nothing")
    swapped = cli("serve", "--workspace", ws.root, "--ssl-certfile", cert, "--ssl-keyfile", key)
    alone = cli("serve", "--workspace", ws.root, "--ssl-keyfile", key)

    assert (swapped.exit_code, alone.exit_code) == (2, 2)
    assert "PEM" in swapped.output
    assert "--ssl-certfile" in alone.output

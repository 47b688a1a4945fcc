"""Base models of the hub: fetched, checked, pinned, used offline; and what is said when that fails.

The hub is a server of our own on 127.0.0.1, the models are tiny and made here; the client is huggingface_hub itself.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from huggingface_hub import close_session, constants

from deskwright import terminal
from deskwright.errors import DeskwrightError
from deskwright.workspace import Workspace
from instruct import adapter, base, footprint, rounds
from instruct.hub_errors import told
from instruct.recommended import MODELS
from tests.hub_server import Hub, serve, sha256

ROOT = Path(__file__).resolve().parents[1]
NAME = "acme/tiny"
WEIGHTS = "model.safetensors"
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a Llama of some thousand parameters, with a tokenizer of bytes and a chat template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
    words = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    raw = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    raw.add_special_tokens(special)
    folder = tmp_path_factory.mktemp("tiny")
    PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<|pad|>", eos_token="<|end|>", chat_template=TEMPLATE
    ).save_pretrained(folder)
    torch.manual_seed(1)
    shape = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=1024, bos_token_id=None, eos_token_id=1, pad_token_id=0,
        tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(shape).save_pretrained(folder)
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub, and this process's huggingface_hub turned to it, with an empty cache."""
    with serve(Hub()) as running:
        turn_to(running.url, tmp_path, monkeypatch)
        yield running


def turn_to(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT and HF_HOME would do: huggingface_hub reads them when it is imported."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder / "hf" / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "hf" / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)


class Refusing(BaseHTTPRequestHandler):
    """A proxy that wants to know who asks."""

    def do_CONNECT(self) -> None:
        self.send_error(407)

    def log_message(self, *_: object) -> None:
        pass


def refused(ran: Result) -> str:
    """What a refusal says: one sentence or two, on one line."""
    assert (ran.exit_code, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr
    last = ran.stderr.splitlines()[-1]
    assert last.startswith("deskwright: ")
    return last.removeprefix("deskwright: ")


def cached() -> list[str]:
    """The names of all files in the cache's snapshots."""
    return sorted(file.name for file in Path(constants.HF_HUB_CACHE).glob("models--*/snapshots/*/*"))


def configure(ws: Workspace, name: str, *more: str) -> Workspace:
    (ws.root / "deskwright.toml").write_text("\n".join(["[model]", f'base = "{name}"', *more]), encoding="utf-8")
    return Workspace.open(ws.root)


def loads(ws: Workspace) -> str:
    """Loads tokenizer and model; what the base is called then."""
    base.tokenizer(ws)
    base.model(ws)
    return base.digest(ws)


def test_the_list_names_what_there_is_to_choose(server: Hub, cli: Run) -> None:
    shown = cli("models").stdout
    listed = json.loads(cli("models", "--json").stdout)

    assert [model["model"] for model in listed] == [model.name for model in MODELS]
    assert all(model["model"] in shown for model in listed)
    assert {model["model"] for model in listed if model["gated"]} == {
        model.name for model in MODELS if model.licence != "apache-2.0"
    }
    assert not any(model["cached"] for model in listed)
    assert not server.asked


def test_the_list_knows_what_is_fetched(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    name = MODELS[1].name
    server.push(name, tiny)

    cli("models", "fetch", name)

    assert [model["model"] for model in json.loads(cli("models", "--json").stdout) if model["cached"]] == [name]


def test_more_bits_and_more_parameters_take_more_memory() -> None:
    for model in MODELS:
        four, eight, sixteen = (footprint.serving(model.shape, bits) for bits in ("4-bit", "8-bit", "bf16"))

        assert four < eight < sixteen < footprint.tuning(model.shape)
        assert sixteen > 2 * model.shape.parameters


def test_a_fetched_model_is_what_the_server_has_and_nothing_else(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    others = {"README.md": b"#", "pytorch_model.bin": b"pickle", "modeling.py": b"1/0", "onnx/model.onnx": b"o"}
    commit = server.push(NAME, {**tiny, **others, "consolidated.safetensors": b"twice"})

    fetched = cli("models", "fetch", NAME)

    folder = Path(constants.HF_HUB_CACHE) / "models--acme--tiny" / "snapshots" / commit
    assert fetched.stdout.splitlines() == [
        f"{NAME} at {commit}: {folder}",
        f'Use it in deskwright.toml: base = "{NAME}@{commit}"',
    ]
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == tiny
    assert not any(name in asked for asked in server.asked for name in (".bin", ".py", ".onnx", "consolidated"))


def test_the_environment_turns_the_command_to_another_hub(server: Hub, tmp_path: Path, tiny: dict[str, bytes]) -> None:
    commit = server.push(NAME, tiny)
    environment = {**os.environ, "HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}

    ran = subprocess.run(
        [sys.executable, "-m", "deskwright", "models", "fetch", NAME], env=environment, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{NAME} at {commit}: {tmp_path / 'home' / 'hub'}/models--acme--tiny/")


def test_a_cut_connection_is_taken_up_where_it_broke(
    server: Hub, cli: Run, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 4096)
    commit = server.push(NAME, tiny)
    server.cut[WEIGHTS] = len(tiny[WEIGHTS]) // 3

    fetched = cli("models", "fetch", NAME)

    assert fetched.exit_code == 0
    asked = [one for one in server.asked if one.startswith("GET /storage/")]
    assert [bool(re.search(r"bytes=[1-9]\d*-$", one)) for one in asked] == [False, True]
    folder = Path(constants.HF_HUB_CACHE) / "models--acme--tiny" / "snapshots" / commit
    assert (folder / WEIGHTS).read_bytes() == tiny[WEIGHTS]
    assert re.search(rf"{NAME}: [\d.]+ of [\d.]+ MB, [\d.]+ MB/s, \d+ s left", fetched.stderr)


def test_a_second_fetch_downloads_only_what_is_missing(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    commit = server.push(NAME, tiny)
    cli("models", "fetch", NAME)
    (Path(constants.HF_HUB_CACHE) / "models--acme--tiny" / "snapshots" / commit / "tokenizer.json").unlink()
    server.asked.clear()

    assert cli("models", "fetch", NAME).exit_code == 0

    assert not [asked for asked in server.asked if "/storage/" in asked]
    assert "tokenizer.json" in cached()


def test_a_pinned_commit_stays_when_the_branch_moves(
    server: Hub, ws: Workspace, cli: Run, tiny: dict[str, bytes]
) -> None:
    first = server.push(NAME, tiny)
    ws = configure(ws, NAME)
    assert loads(ws) == f"{NAME}@{first}"
    second = server.push(NAME, {**tiny, "generation_config.json": b"{}"})
    cli("models", "fetch", NAME)

    assert loads(ws) == f"{NAME}@{first}"
    assert json.loads((ws.root / "base.json").read_text()) == {"base": NAME, "commit": first}
    assert loads(configure(ws, f"{NAME}@{second}")) == f"{NAME}@{second}"
    assert loads(configure(ws, f"{NAME}@main")) == f"{NAME}@{second}"


def test_a_pinned_commit_is_fetched_again_where_the_cache_was_emptied(
    server: Hub, ws: Workspace, tmp_path: Path, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = server.push(NAME, tiny)
    ws = configure(ws, NAME)
    base.digest(ws)
    server.push(NAME, {**tiny, "generation_config.json": b"{}"})
    turn_to(server.url, tmp_path / "another", monkeypatch)

    assert loads(ws) == f"{NAME}@{first}"


def test_what_is_in_the_cache_needs_no_hub(
    server: Hub, ws: Workspace, cli: Run, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = server.push(NAME, tiny)
    cli("models", "fetch", NAME)
    server.asked.clear()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    assert loads(configure(ws, NAME)) == f"{NAME}@{commit}"
    assert cli("models", "show", NAME).exit_code == 0
    again = cli("models", "fetch", NAME)

    assert again.stdout.startswith(f"{NAME} at {commit}: ")
    assert "The hub cannot be asked" in again.stderr
    assert not server.asked


def test_offline_and_not_in_the_cache_is_told(server: Hub, cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith(f"{NAME} at main is not whole in the cache ({constants.HF_HUB_CACHE}), and HF_HUB_OFFLINE ")


def test_no_network_and_not_in_the_cache_is_told(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_to("http://127.0.0.1:9", tmp_path, monkeypatch)

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith("http://127.0.0.1:9 cannot be reached (ConnectError: ")
    assert "HTTPS_PROXY" in said


def test_a_proxy_that_refuses_is_told(cli: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    turn_to("https://hub.example", tmp_path, monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    close_session()
    try:
        said = refused(cli("models", "fetch", NAME))
    finally:
        close_session()  # the next one is to go without the proxy
        proxy.shutdown()
        proxy.server_close()

    assert said.startswith("The proxy of HTTPS_PROXY does not let this through to https://hub.example (ProxyError: 407")
    assert "copy the model into the cache" in said


def test_the_model_that_ships_needs_no_fetching(cli: Run) -> None:
    result = cli("models", "fetch", base.STARTER)

    assert result.exit_code == 0
    assert str(base.FOLDER) in result.stdout


def test_a_hub_that_fails_is_told(server: Hub, cli: Run) -> None:
    server.down = 503

    assert refused(cli("models", "fetch", NAME)).startswith(
        f"{server.url} cannot be reached (503), and {NAME} at main "
    )


def test_a_token_that_the_hub_does_not_take_is_told(
    server: Hub, cli: Run, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.push(NAME, tiny)
    monkeypatch.setenv("HF_TOKEN", "hf_expired")

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith("The hub does not take the token that it was given (401). Set HF_TOKEN to a new one ")


OF_XET = [
    ("Data processing error: CAS service error : IO Error: No space left on device (os error 28)", "The disk of "),
    ("Data processing error: CAS service error : IO Error: Timer expired", f"The download of {NAME} broke off "),
]


@pytest.mark.parametrize(("raised", "expected"), OF_XET)
def test_what_the_hubs_other_protocol_raises_is_told(raised: str, expected: str) -> None:
    """The hub sends large files by hf_xet, which our server does not speak; it raises these words as RuntimeError."""
    with pytest.raises(DeskwrightError, match=f"^{expected}"), told(NAME, "main"):
        raise RuntimeError(raised)


def test_a_model_that_the_hub_does_not_have_is_told(server: Hub, cli: Run) -> None:
    said = refused(cli("models", "fetch", "acme/tyni"))

    assert said.startswith(
        f"{server.url} has no model acme/tyni, or does not show it to you (404). Check the spelling "
    )


def test_a_revision_that_a_model_does_not_have_is_told(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    server.push(NAME, tiny)

    said = refused(cli("models", "fetch", f"{NAME}@v2"))

    assert said == f"{NAME} has no revision 'v2'. Name a branch, a tag or a commit of it."


@pytest.mark.parametrize("name", ["./models/ours", "a/b/c", "tiny model"])
def test_what_is_no_id_and_no_folder_is_told(name: str, server: Hub, cli: Run) -> None:
    said = refused(cli("models", "show", name))

    assert said.startswith(f"{name!r} is neither a folder that is there nor an id of the hub")
    assert not server.asked


@pytest.mark.parametrize(("token", "status"), [("", 401), ("hf_other", 403), ("hf_accepted", 0)])
def test_a_gated_model_needs_its_licence_and_a_token(
    token: str, status: int, server: Hub, cli: Run, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.push(NAME, tiny, gated=True)
    if token:
        monkeypatch.setenv("HF_TOKEN", token)

    fetched = cli("models", "fetch", NAME)

    if status:
        said = refused(fetched)
        assert said.startswith(f"{NAME} is gated, and the hub does not give it to you ({status}). Open {server.url}/")
        assert "set HF_TOKEN to that" in said
    assert (WEIGHTS in cached()) == (not status)


def test_pickled_weights_are_refused_before_they_are_downloaded(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    files = {name: data for name, data in tiny.items() if name != WEIGHTS}
    server.push(NAME, {**files, "pytorch_model.bin": b"pickle"})

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith(f"{NAME} has pickled weights (pytorch_model.bin), which can run code when they are opened; ")
    assert not [asked for asked in server.asked if "/storage/" in asked]


NO_LANGUAGE_MODELS: list[tuple[dict[str, Any], str]] = [
    ({"architectures": ["BertForMaskedLM"], "model_type": "bert"}, "names BertForMaskedLM;"),
    ({"architectures": ["T5ForConditionalGeneration"], "model_type": "t5"}, "names T5ForConditionalGeneration;"),
    (
        {"architectures": ["OursForCausalLM"], "model_type": "ours", "auto_map": {"AutoModelForCausalLM": "m.Ours"}},
        "Code that comes with a model is never run.",
    ),
]


@pytest.mark.parametrize(("config", "expected"), NO_LANGUAGE_MODELS)
def test_what_is_no_language_model_is_refused(
    config: dict[str, Any], expected: str, server: Hub, cli: Run, tiny: dict[str, bytes]
) -> None:
    server.push(NAME, {**tiny, "config.json": json.dumps(config).encode()})

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith(f"{NAME} is no causal language model that transformers ")
    assert expected in said
    assert WEIGHTS not in cached()


def test_a_file_that_comes_through_short_is_told(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    server.push(NAME, tiny)
    server.spoil[WEIGHTS] = tiny[WEIGHTS][:-100]

    said = refused(cli("models", "fetch", NAME))

    assert said.startswith(f"A file of {NAME} came through cut short (OSError: Consistency check failed: ")
    assert WEIGHTS not in cached()


def test_a_file_whose_hash_is_wrong_is_told_deleted_and_fetched_anew(
    server: Hub, cli: Run, tiny: dict[str, bytes]
) -> None:
    server.push(NAME, tiny)
    server.spoil[WEIGHTS] = tiny[WEIGHTS][:-1] + bytes([tiny[WEIGHTS][-1] ^ 1])

    said = refused(cli("models", "fetch", NAME))
    left = cached()
    server.spoil.clear()
    again = cli("models", "fetch", NAME)

    assert said.startswith(f"{WEIGHTS} came through damaged: found bytes {len(tiny[WEIGHTS])}, sha256 ")
    assert WEIGHTS not in left
    assert again.exit_code == 0
    assert WEIGHTS in cached()


def test_a_file_that_is_damaged_on_disk_is_told(server: Hub, ws: Workspace, tiny: dict[str, bytes]) -> None:
    server.push(NAME, tiny)
    ws = configure(ws, NAME)
    weights = base.source(ws).folder / WEIGHTS
    weights.write_bytes(tiny[WEIGHTS][:-100])

    with pytest.raises(DeskwrightError, match=rf"{WEIGHTS} is damaged or cut short \(.*\)\. Delete it, then "):
        base.model(ws)


def test_weights_in_several_files_are_fetched_and_a_missing_one_is_told(
    server: Hub, ws: Workspace, cli: Run, tiny: dict[str, bytes], tmp_path: Path
) -> None:
    from transformers import AutoModelForCausalLM

    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    for name, data in tiny.items():
        (whole / name).write_bytes(data)
    AutoModelForCausalLM.from_pretrained(whole).save_pretrained(split, max_shard_size="30KB")
    shards = {file.name: file.read_bytes() for file in split.iterdir()}
    files = {**{name: data for name, data in tiny.items() if name != WEIGHTS}, **shards}
    commit = server.push(NAME, files)
    assert sum(name.endswith(".safetensors") for name in files) > 1

    assert loads(configure(ws, NAME)) == f"{NAME}@{commit}"

    last = max(name for name in files if name.endswith(".safetensors"))
    server.push("acme/torn", {name: data for name, data in files.items() if name != last})
    assert refused(cli("models", "fetch", "acme/torn")).startswith(f"acme/torn has no {last}; expected weights as ")


def test_a_full_disk_is_told_and_nothing_half_is_kept(
    server: Hub, cli: Run, tiny: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of the weights go to /dev/full, which answers every write as a full disk does."""
    server.push(NAME, tiny)
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        fills = path.name.endswith(".incomplete") and path.name.startswith(sha256(tiny[WEIGHTS]))
        return opened(Path("/dev/full") if fills else path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", full)

    said = refused(cli("models", "fetch", NAME))

    assert re.match(rf"The disk of {constants.HF_HUB_CACHE} is full \([\d.,]+ GB free\), so {NAME} could not be ", said)
    assert WEIGHTS not in cached()
    monkeypatch.setattr(Path, "open", opened)
    assert cli("models", "fetch", NAME).exit_code == 0


def test_show_says_what_is_known(server: Hub, cli: Run, tiny: dict[str, bytes]) -> None:
    commit = server.push(NAME, tiny)

    before = cli("models", "show", NAME).stdout
    cli("models", "fetch", NAME)
    after = cli("models", "show", NAME).stdout

    facts = dict(re.split(r"  +", line, maxsplit=1) for line in after.splitlines())
    assert facts["model"] == f"{NAME}@{commit}"
    assert facts["architecture"] == "LlamaForCausalLM"
    assert facts["parameters"] == "26,944"
    assert facts["context"] == "1,024 tokens"
    assert facts["chat template"] == "its own"
    assert facts["files"].startswith("in the cache, ")
    assert re.fullmatch(r"0.5 GB to tune; to serve 0.5 GB in bf16, .*", facts["memory, estimated"])
    assert f"not fetched: deskwright models fetch {NAME}" in before


def test_the_starter_is_listed_and_shown_without_a_hub(cli: Run) -> None:
    shown = cli("models", "show", "starter").stdout

    assert "models show starter" in cli("models").stdout
    assert "LlamaForCausalLM" in shown
    assert str(base.FOLDER) in shown


def test_without_a_chat_template_a_model_is_shown_and_refused_until_one_is_named(
    server: Hub, ws: Workspace, cli: Run, tiny: dict[str, bytes], tmp_path: Path
) -> None:
    server.push(NAME, {name: data for name, data in tiny.items() if name != "chat_template.jinja"})
    ws = configure(ws, NAME)

    with pytest.raises(DeskwrightError, match=r"has no chat template. Choose the model's instruct version, or name "):
        base.tokenizer(ws)
    assert "none: `deskwright tune` refuses it unless" in cli("models", "show", NAME).stdout
    file = tmp_path / "ours.jinja"
    named = configure(ws, NAME, f'chat_template = "{file}"')
    with pytest.raises(DeskwrightError, match=r"ours.jinja: No such file or directory. Expected a Jinja file."):
        base.tokenizer(named)
    file.write_text(TEMPLATE, encoding="utf-8")
    assert base.tokenizer(named).chat_template == TEMPLATE


def test_a_folder_is_a_base_too(ws: Workspace, cli: Run, tiny: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    for name, data in tiny.items():
        (folder / name).write_bytes(data)

    assert re.fullmatch(r"ours@[0-9a-f]{16}", loads(configure(ws, str(folder))))
    assert "LlamaForCausalLM" in cli("models", "show", folder).stdout
    (folder / "tokenizer.json").unlink()
    assert "no tokenizer that transformers can read" in cli("models", "show", folder).stdout
    (folder / WEIGHTS).rename(folder / "pytorch_model.bin")
    assert "has pickled weights (pytorch_model.bin)" in refused(cli("models", "show", folder))


def test_a_model_of_the_hub_is_tuned_and_served_at_its_commit(
    server: Hub, ws: Workspace, cli: Run, tiny: dict[str, bytes], tmp_path: Path
) -> None:
    from deskwright.plugins import Generation
    from serve.engines.transformers import Transformers

    first = server.push(NAME, tiny)
    small = ["[dataset]", "passages = 0", "[tune]", "epochs = 1", "rank = 2", "[privacy]", 'names = ""']
    ws = configure(ws, NAME, *small)
    lines = [
        f"How long do I have to return order number {n} to you?,You have {n} days to return it." for n in range(40)
    ]
    export = tmp_path / "export.csv"
    export.write_text("\n".join(["question,answer", *lines]), encoding="utf-8")

    for words in (["ingest", "table", export], ["tune"], ["promote", "--force", "a test"]):
        ran = cli(*words, "--workspace", ws.root)
        assert ran.exit_code == 0, ran.output
    champion = rounds.champion(ws.store)
    assert champion is not None
    folder = adapter.folder(ws, champion.name)
    tuned_on = json.loads((folder / "adapter_config.json").read_text())
    assert adapter.read_card(folder).base_digest == f"{NAME}@{first}"
    assert (tuned_on["base_model_name_or_path"], tuned_on["revision"]) == (NAME, first)

    second = server.push(NAME, {**tiny, "generation_config.json": b"{}"})
    cli("models", "fetch", NAME)
    server.asked.clear()
    served = Transformers.open(ws, champion)
    assert list(served.stream([{"role": "user", "content": "How long?"}], Generation(max_tokens=4)))
    assert not server.asked
    with pytest.raises(DeskwrightError, match=f"was tuned on the base model {NAME}@{first}; .* gives {NAME}@{second}"):
        Transformers.open(configure(ws, f"{NAME}@{second}", *small), champion)

"""`deskwright.toml` -> a checked, frozen `Config`. Every fault of the file is reported at once."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from deskwright import hours, plugins
from deskwright.entities import DEFAULT_POLICIES, DROPPED, ENTITIES, GENERALISED, Policy
from deskwright.errors import ConfigError, DeskwrightError
from deskwright.texts import TEXTS

FILE = "deskwright.toml"
BUILT_IN_NAMES = "builtin"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
RATE = r"^([1-9]\d*/(second|minute|hour|day))?$"
COLOUR = "#[0-9A-Fa-f]{6}"
SHAPE_NAME = re.compile(r"[A-Z]+(?:_[A-Z]+)*")

DEFAULT = """\
# Deskwright workspace. Every setting shows its default; remove the `#` to change it.
# Secrets are never written here: they come from the environment (DESKWRIGHT_ENCRYPTION_KEY,
# DESKWRIGHT_PSEUDONYM_KEY, DESKWRIGHT_SESSION_KEY) or from the file secret.key beside this one.

[store]
# A SQLAlchemy address. Empty: an SQLite file in this folder. PostgreSQL: "postgresql+psycopg://user@host/database"
# (the password comes from PGPASSWORD or a .pgpass file).
# url = ""

[privacy]
# Conversations in a language that is not listed are quarantined, not guessed. Supported: en.
# languages = ["en"]
# Countries (ISO 3166) whose national phone formats are recognised without a leading +.
# regions = ["US", "GB"]
# Words never replaced (product names) and always replaced (internal code names).
# allow = []
# deny = []
# What finds names, beside the rules: "builtin"; "transformers:MODEL", "spacy:MODEL" or "gliner:MODEL"; a detector that
# a package adds; or "" for nothing.
# names = "builtin"
# Recorded with every conversation, and through it with every training row (GDPR Article 6).
# legal_basis = "legitimate interest"

# What becomes of each kind of personal data: "replace" by a placeholder, "generalise" (DATE, DATE_OF_BIRTH, AGE,
# POSTCODE), "keep", or "drop" the whole message. What is not listed is replaced.
# [privacy.policies]
# ORGANIZATION = "keep"
# NATIONALITY = "keep"
# TITLE = "keep"
# DATE = "keep"
# AGE = "generalise"

# Your own kinds of numbers: a name in capitals and a regular expression, found as a whole word.
# [privacy.shapes]
#   ORDER_ID = 'ORD-\\d{6}'

# [sources.mail]
# agents = ["support@example.com", "example.com"]     # addresses and domains that are yours

# [sources.slack]
# agents = ["U0123456", "example.com"]                # user ids and e-mail domains of your staff

# [sources.table.columns]
# customer = "question"                               # one row per exchange:  customer, agent
# agent = "answer"                                    # one row per message:   conversation, role, text

[model]
# A Hugging Face hub id (ID or ID@REVISION; `deskwright models` lists some) or a folder. "starter" is the very small
# model that comes with Deskwright: enough to try the loop on your data, without a download.
base = "starter"
# A chat template (a Jinja file) for a base model that has none.
# chat_template = ""

[dataset]
# Shares of the customers kept for choosing the best checkpoint and for the final figures.
# validation = 0.1
# test = 0.1
# Tokens a training row may have. History is trimmed to fit; an answer is never cut.
# max_tokens = 1024
# Resolved answers of other conversations put before the question, in training and serving alike.
# passages = 1
# Training rows that may share nearly the same answer; of more, the newest stay. 0 keeps all.
# same_answer = 50
# noise = 0             # of this share of the questions a second form is trained on: typos, no capitals, chat spellings
# paraphrase = 0        # of this share of the questions a form in other words is trained on, which paraphraser writes
# paraphraser = ""      # a model of the hub, a folder, or an OpenAI-compatible server: "http://127.0.0.1:8000/v1#NAME"
# balance = "none"      # or "topic", "language", "channel": rows of small groups count more, those of large ones less
# system = "You are the customer support assistant. Answer helpfully, in the company's own words."

[tune]
# recipe = "lora"       # or qlora, dora, ia3, adapter_head, full: what is tuned (docs/tuning.md)
# learning_rate =       # the recipe's if not set, 2e-4 for lora; 10 times that for the starter, which is so small
# rank = 16
# epochs = 3
# batch = 8
# patience = 2          # evaluations without improvement before stopping
# seed = 17
# report_to = "none"    # or "tensorboard" (into reports/tensorboard), "wandb" (which sends figures to its servers)
# country = ""          # three letters (ISO 3166), such as "DEU": energy and CO2 of a run are measured
# price_per_kwh = 0     # and its cost told, in the currency of this price

# A model that says which of two answers is better when a tuned model is evaluated: any OpenAI-compatible server. It
# gets redacted questions and answers.
# [judge]
# url = ""               # for example "http://127.0.0.1:8002/v1"
# model = ""             # if the server has several
# key_variable = ""      # the environment variable that has its key

[serve]
# host = "127.0.0.1"
# port = 8000
# title = "Support"
# greeting = "Hello! How can I help?"
# max_tokens = 256
# Web origins that may embed the widget, for example "https://shop.example.com".
# origins = []
# ask_back = "Could you tell me a little more about it, so that I can help?"
# offer_person = "It sounds as if a colleague of mine could help you better. Shall I ask one to take over?"
# hand_over = "I am not certain about this. A colleague of mine can help you further."
# How often one API key, one chat and one address (of the widget, or with a wrong key) may ask; "" for no limit.
# limit_key = "600/minute"
# limit_session = "30/minute"
# limit_address = "120/minute"
# limit_login = "20/hour"   # so many failed log-ins to the console, from one address and for one name
# Addresses of reverse proxies, whose X-Forwarded-For and X-Forwarded-Proto are believed: ["127.0.0.1", "10.0.0.0/8"].
# proxies = []
# quote = true          # a colleague's answer to nearly the same question is given as it stands, where that is better
# never_say = []        # words and phrases that no answer holds, in any case: internal names
# policy = true         # the bot asks back, hands over or offers a person where it should (docs/answering.md)
# What runs the model: openvino (processors), transformers (also GPUs), openai (another server), or auto, which chooses
# between the first two.
# engine = "auto"
# weights = "int8"      # or "float": how precisely openvino keeps the model
# When people answer, for example { mon-fri = "09:00-17:00", sat = "10:00-14:00" }, in this time zone; {}: always.
# hours = {}
# time_zone = "UTC"
# Is told of every chat that waits for a person, by a signed request. The secret is in the variable named here.
# webhook = ""
# webhook_secret = "DESKWRIGHT_WEBHOOK_SECRET"

# Another server, for the engine openai (docs/serving.md). Its name there is NAME-DIGEST of the promoted model if empty;
# key_variable names the environment variable that has its key.
# [serve.server]
# url = ""               # for example "http://127.0.0.1:8001/v1"
# model = ""
# key_variable = ""

[widget]
# language = "en"       # what the texts are written in; "ar", "fa", "he", "ur" and their like turn the widget round
# accent = "#2f5bea"    # the colour of buttons and of the customer's own messages
# accent_dark = ""      # the same on a dark page; if empty, a lighter shade of accent
# scheme = "auto"       # as the customer's device has it; or "light" or "dark"
# side = "end"          # the button's corner: "end" is right, and left where the language runs from right to left

# Other words for the widget, in any language; docs/widget.md lists them.
# [widget.texts]
#   send = "Senden"

# An agent bot of Chatwoot (docs/integrations.md), where `url` names yours. The secrets are in the variables named.
# [integrations.chatwoot]
# url = ""
# account = 1
# secret = "DESKWRIGHT_CHATWOOT_SECRET"
# token = "DESKWRIGHT_CHATWOOT_TOKEN"
# inbox_secrets = {}    # of inboxes that sign with a secret of their own: { 7 = "DESKWRIGHT_CHATWOOT_SECRET_7" }
# handover = "A colleague will go on from here."

# A bot in the Slack workspace that `team` names by its id.
# [integrations.slack]
# team = ""
# secret = "DESKWRIGHT_SLACK_SECRET"
# token = "DESKWRIGHT_SLACK_TOKEN"
# handover = "A colleague will go on from here."
# api = "https://slack.com/api/"
"""


def over_tls(address: str) -> str:
    """The address, where what is sent there leaves this machine over TLS or not at all.

    Raises:
        ValueError: it is another's and does not begin with https://.
    """
    parts = urlsplit(address)
    if address and parts.scheme != "https" and (parts.scheme, parts.hostname in LOOPBACK) != ("http", True):
        raise ValueError("expected an address that begins with https:// (http:// only on this machine)")
    return address


Address = Annotated[str, AfterValidator(over_tls)]
"""Of another program, to which something is sent."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Store(_Section):
    url: str = ""


class Privacy(_Section):
    languages: tuple[Literal["en", "de", "fr", "es", "it", "nl", "pt"], ...] = Field(("en",), min_length=1)
    regions: tuple[str, ...] = ("US", "GB")
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    names: str = BUILT_IN_NAMES
    legal_basis: str = "legitimate interest"
    policies: dict[str, Policy] = DEFAULT_POLICIES
    shapes: dict[str, str] = {}

    @field_validator("policies", mode="after")
    @classmethod
    def _over_the_defaults(cls, given: dict[str, Policy]) -> dict[str, Policy]:
        return {**DEFAULT_POLICIES, **given}


class Model(_Section):
    base: str = "starter"
    chat_template: str = ""


class Dataset(_Section):
    validation: float = Field(0.1, gt=0, lt=0.5)
    test: float = Field(0.1, gt=0, lt=0.5)
    max_tokens: int = Field(1024, ge=64)
    passages: int = Field(1, ge=0, le=8)
    same_answer: int = Field(50, ge=0)
    noise: float = Field(0.0, ge=0, le=1)
    paraphrase: float = Field(0.0, ge=0, le=1)
    paraphraser: str = ""
    balance: Literal["none", "topic", "language", "channel"] = "none"
    system: str = "You are the customer support assistant. Answer helpfully, in the company's own words."


class Tune(_Section):
    recipe: Literal["lora", "qlora", "dora", "ia3", "adapter_head", "full"] = "lora"
    learning_rate: float | None = Field(None, gt=0, lt=1)
    rank: int = Field(16, ge=1, le=512)
    epochs: float = Field(3.0, gt=0)
    batch: int = Field(8, ge=1)
    patience: int = Field(2, ge=1)
    seed: int = 17
    report_to: Literal["none", "tensorboard", "wandb"] = "none"
    country: str = Field("", pattern="^([A-Z]{3})?$")
    price_per_kwh: float = Field(0.0, ge=0)


class Server(_Section):
    url: Address = ""
    model: str = ""
    key_variable: str = ""


class Serve(_Section):
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    title: str = "Support"
    greeting: str = "Hello! How can I help?"
    max_tokens: int = Field(256, ge=1, le=4096)
    origins: tuple[str, ...] = ()
    limit_key: str = Field("600/minute", pattern=RATE)
    limit_session: str = Field("30/minute", pattern=RATE)
    limit_address: str = Field("120/minute", pattern=RATE)
    limit_login: str = Field("20/hour", pattern=RATE)
    proxies: tuple[str, ...] = ()
    quote: bool = True
    policy: bool = True
    never_say: tuple[str, ...] = ()
    ask_back: str = Field("Could you tell me a little more about it, so that I can help?", min_length=1)
    offer_person: str = Field(
        "It sounds as if a colleague of mine could help you better. Shall I ask one to take over?", min_length=1
    )
    hand_over: str = Field("I am not certain about this. A colleague of mine can help you further.", min_length=1)
    engine: str = "auto"
    weights: Literal["int8", "float"] = "int8"
    server: Server = Server()
    hours: dict[str, str] = {}
    time_zone: str = "UTC"
    webhook: Address = ""
    webhook_secret: str = "DESKWRIGHT_WEBHOOK_SECRET"

    @field_validator("proxies", mode="after")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for each in given:
            ip_network(each)
        return given

    @field_validator("hours")
    @classmethod
    def _readable(cls, given: dict[str, str]) -> dict[str, str]:
        hours.parse(given)
        return given

    @field_validator("time_zone")
    @classmethod
    def _known(cls, given: str) -> str:
        if given not in zoneinfo.available_timezones():
            raise ValueError("expected a name of the time zone database, such as Europe/Berlin")
        return given


class Chatwoot(_Section):
    url: Annotated[Address, AfterValidator(lambda given: given.rstrip("/"))] = ""
    account: int = Field(1, ge=1)
    secret: str = "DESKWRIGHT_CHATWOOT_SECRET"
    token: str = "DESKWRIGHT_CHATWOOT_TOKEN"
    inbox_secrets: dict[str, str] = {}
    handover: str = "A colleague will go on from here."


class Slack(_Section):
    team: str = ""
    secret: str = "DESKWRIGHT_SLACK_SECRET"
    token: str = "DESKWRIGHT_SLACK_TOKEN"
    handover: str = "A colleague will go on from here."
    api: Address = "https://slack.com/api/"


class Integrations(_Section):
    chatwoot: Chatwoot = Chatwoot()
    slack: Slack = Slack()


class Widget(_Section):
    language: str = Field("en", pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    accent: str = Field("#2f5bea", pattern=f"^{COLOUR}$")
    accent_dark: str = Field("", pattern=f"^({COLOUR})?$")
    scheme: Literal["auto", "light", "dark"] = "auto"
    side: Literal["end", "start"] = "end"
    texts: dict[str, str] = {}


class Config(_Section):
    """The whole configuration; each section's fields are described in the file that `deskwright init` writes."""

    store: Store = Store()
    privacy: Privacy = Privacy()
    sources: dict[str, dict[str, Any]] = {}
    model: Model = Model()
    dataset: Dataset = Dataset()
    tune: Tune = Tune()
    judge: Server = Server()
    serve: Serve = Serve()
    widget: Widget = Widget()
    integrations: Integrations = Integrations()


def read(path: Path) -> Config:
    """The checked configuration at `path`.

    Raises:
        ConfigError: with every fault of the file, each naming the setting, what was found and what was expected.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from None
    faults = []
    config = Config()
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        faults += [_sentence(fault) for fault in _innermost(error.errors())]
    faults += _source_faults(raw.get("sources"))
    faults += _privacy_faults(raw.get("privacy"))
    faults += _text_faults(config.widget.texts)
    if faults:
        raise ConfigError(str(path), faults)
    return config


def _innermost(faults: Sequence[Any]) -> list[Any]:
    """The faults without those of a whole that has a faulty part: pydantic leaves a wrong item out of a list and then
    finds the list too short."""
    places = [fault["loc"] for fault in faults]
    parents = {place[:depth] for place in places for depth in range(len(place))}
    return [fault for fault in faults if fault["loc"] not in parents]


def _sentence(fault: Any) -> str:
    place = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        model: Any = Config
        for section in fault["loc"][:-1]:
            model = model.model_fields[section].annotation
        known = ", ".join(getattr(model, "model_fields", {}))
        return f"{place}: no such setting; known here: {known}"
    return f"{place}: found {fault['input']!r}; {fault['msg'].lower()}"


def _source_faults(sources: Any) -> list[str]:
    if not isinstance(sources, dict):
        return []
    faults = []
    for name, options in sources.items():
        if not isinstance(options, dict):
            continue
        try:
            connector = plugins.load("connectors", name)()
        except DeskwrightError as error:
            faults.append(f"sources.{name}: {error}")
            continue
        faults += [f"sources.{name}.{fault}" for fault in connector.check(options)]
    return faults


def _privacy_faults(privacy: Any) -> list[str]:
    """What the types of the section cannot say: which detectors, kinds and patterns there are."""
    if not isinstance(privacy, dict):
        return []
    tables = {name: table for name in ("policies", "shapes") if isinstance(table := privacy.get(name, {}), dict)}
    shapes = tables.get("shapes", {})
    return [
        *_names_faults(privacy.get("names", "")),
        *_policy_faults(tables.get("policies", {}), [*ENTITIES, *(name for name in shapes if name not in ENTITIES)]),
        *(
            f"privacy.shapes.{name}: {fault}"
            for name, pattern in shapes.items()
            for fault in _shape_faults(name, pattern)
        ),
    ]


def _names_faults(wanted: Any) -> Iterator[str]:
    known = ["", *plugins.names("detectors")]
    if isinstance(wanted, str) and wanted.partition(":")[0] not in known:
        yield f"privacy.names: found {wanted!r}; known here: {', '.join(map(repr, known))}"


def _policy_faults(policies: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    for entity, policy in policies.items():
        if entity not in known:
            yield f"privacy.policies.{entity}: no such kind of personal data; known here: {', '.join(known)}"
        elif policy == "generalise" and entity not in GENERALISED:
            yield f"privacy.policies.{entity}: cannot be generalised; those that can: {', '.join(GENERALISED)}"
        elif entity == "PRIVATE" and policy == "keep":
            yield "privacy.policies.PRIVATE: found 'keep'; words of privacy.deny are never kept: take them out there"


def _shape_faults(name: str, pattern: Any) -> Iterator[str]:
    if not SHAPE_NAME.fullmatch(name) or name in ("PRIVATE", DROPPED):
        yield "not a name for a kind; expected capitals and underscores, such as ORDER_ID, and not PRIVATE"
    if not isinstance(pattern, str):
        return
    import regex

    try:
        found = regex.compile(pattern)
    except regex.error as error:
        yield f"not a regular expression: {error}"
        return
    if found.match(""):
        yield "the pattern fits nothing at all, and so every place; expected one that needs a character"


def _text_faults(texts: Mapping[str, str]) -> Iterator[str]:
    for name, text in texts.items():
        if name not in TEXTS:
            yield f"widget.texts.{name}: no such text; known here: {', '.join(TEXTS)}"
        elif not text.strip():
            yield f"widget.texts.{name}: found no words; expected some, for example {TEXTS[name]!r}"

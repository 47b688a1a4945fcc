"""What training took and found -> the model's card, as the hub expects one: `README.md` beside the weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from instruct.starter.corpus import attribution

HEAD = """---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Starter model

A small Llama for support conversations in English. It answers from what stands in its prompt; what it says without that
is not to be relied on, and nobody has looked for biases in it. Made by `python -m instruct.starter`, a part of
Deskwright, for trying Deskwright and for its tests.

## Training

| tokens | minutes | learning rate, as a part of the full one | seed | invented dialogues | on |
|---:|---:|---:|---:|---:|---|
"""

SOURCES = """
## Sources

The weights stand under the Apache License 2.0, as Deskwright does. They were trained on

"""

NOTICES = """
The vectors of its tokens begin with those of the sentence encoder all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych,
sentence-transformers; https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2), reduced to fewer dimensions. That
model has been trained on texts of its own, under licences of their own.

Licences: [MIT](https://opensource.org/license/mit), [BSD-3-Clause](https://opensource.org/license/bsd-3-clause),
[CC-BY-3.0](https://creativecommons.org/licenses/by/3.0/), [CC-BY-4.0](https://creativecommons.org/licenses/by/4.0/),
[Apache-2.0](https://www.apache.org/licenses/LICENSE-2.0). All of these come without warranty.
"""


def card(figures: Mapping[str, Any]) -> str:
    """`figures` are those of `figures.json`: `goes` lists each time that it was trained."""
    columns = ("tokens", "minutes", "rate", "seed", "dialogues", "on")
    goes = "".join("| " + " | ".join(_cell(go[column]) for column in columns) + " |\n" for go in figures["goes"])
    found = json.dumps({name: value for name, value in figures.items() if name != "goes"}, indent=2)
    return f"{HEAD}{goes}\n## Figures\n\n```json\n{found}\n```\n{SOURCES}{attribution()}{NOTICES}"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and value > 1000 else str(value)

"""A model that paraphrases, well and badly, in a process of its own: `paraphrase_server.py LOG`; prints its port.

A file LOG.says has what it says to each question, as JSON; to others it says the usual, about the last word.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from teacher_server import Handler, serve


class Writer(Handler):
    def say(self, messages: list[dict[str, Any]]) -> tuple[str, str]:
        question = messages[-1]["content"]
        said = json.loads(Path(sys.argv[1] + ".says").read_text())
        usual = f"Can you tell me the shelf on which the {question.rstrip('?').split()[-1]} is kept?"
        return said.get(question, [usual, "stop"])


if __name__ == "__main__":
    serve(Writer)

"""A judge as a process of its own, as `teacher_server.py` is: `python judge_server.py LOG`; prints its port.

It prefers the longer answer, but is led by the place where the customer says "left", finds a tie where they say
"alike", and says no verdict, or two, where they say "mumble" and "waver".
"""

from __future__ import annotations

import re
from typing import Any

from teacher_server import Handler, serve

BY_WORD = {"left": "The first. [[A]]", "alike": "Both are fine. [[C]]", "mumble": "Answer A is better.",
           "waver": "[[A]] it is. Or [[B]]?"}  # fmt: skip


class Judge(Handler):
    def say(self, messages: list[dict[str, Any]]) -> tuple[str, str]:
        parts = dict(re.findall(r"\[([\w ]+)\]\n(.*?)\n\[End\]", messages[-1]["content"], re.DOTALL))
        longer = "A" if len(parts["Answer A"]) > len(parts["Answer B"]) else "B"
        said = next((one for word, one in BY_WORD.items() if word in parts["Conversation"]), f"Longer. [[{longer}]]")
        return said, "stop"


if __name__ == "__main__":
    serve(Judge)

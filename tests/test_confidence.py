"""How sure one can be of an answer, and what the bot does where it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from deskwright.plugins import Generation
from deskwright.workspace import Workspace
from instruct.answering import Said
from instruct.confidence import Confidence, _token_probability, decide, features, fit, limit, weakness
from instruct.passages import Passage
from instruct.prompt import render
from instruct.rows import Row
from instruct.served import Served, shares
from privacy.detect.patterns import Patterns
from privacy.gate import Gate
from serve.chat import build_chat
from serve.engines.echo import Echo
from serve.guard import Guards
from serve.policy import POLICY, Case, Judge, Words, action
from tests.serving import WORDS, judge
from tests.test_tuning import made

NEAR = Passage("r/1", "Where is my parcel?", "It leaves our house within two days.", 0.9)
FAR = Passage("r/2", "May I return it?", "Within 30 days.", 0.2)


class Index:
    def __init__(self, *passages: Passage) -> None:
        self.passages = list(passages)

    def search(self, question: str, k: int) -> list[Passage]:
        return self.passages[:k]


def observed(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Answers that are the better, the nearer what was found and the surer the model."""
    chance = np.random.default_rng(seed)
    nearest, sure = chance.uniform(0, 1, count), chance.uniform(0.3, 1, count)
    good = chance.uniform(0, 1, count) < 1 / (1 + np.exp(-12 * (0.6 * nearest + 0.4 * sure - 0.5)))
    rest = chance.normal(size=(count, 3)) * [0.05, 0.5, 0.5]
    return np.column_stack([nearest, nearest + rest[:, 0], rest[:, 1:]]), sure, good


def customers(count: int) -> list[str]:
    """Each row of another."""
    return [str(n) for n in range(count)]


@pytest.fixture(scope="module")
def learnt() -> Confidence:
    found = fit(*observed(1200), customers(1200))
    assert found is not None
    return found


def said(ws: Workspace, near: Passage, by: Judge | None, *turns: str, guards: Guards | None = None, **more: Any) -> Any:
    chat = build_chat(Gate.of(ws), Echo(), Index(near), "Help.", 1, 0.8, by, guards)
    asked = [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(turns)]
    return chat.invoke({"turns": asked, **more})


def test_the_probabilities_are_calibrated_on_answers_that_were_not_learnt_from(learnt: Confidence) -> None:
    before, sure, good = observed(2000, seed=1)
    chances = np.array([learnt.confidence.probability([*row, token]) for row, token in zip(before, sure, strict=True)])
    bins = np.minimum((chances * 5).astype(int), 4)
    gaps = [abs(chances[bins == n].mean() - good[bins == n].mean()) for n in range(5) if (bins == n).sum() > 50]

    assert len(gaps) >= 3
    assert max(gaps) < 0.12
    assert good[chances > 0.8].mean() > good.mean() > good[chances < 0.2].mean()


def test_below_the_limit_hardly_an_answer_is_good(learnt: Confidence) -> None:
    before, _, good = observed(2000, seed=2)
    chances = np.array([learnt.grounding.probability(row) for row in before])

    assert learnt.grounding.least is not None
    assert 0 < (chances < learnt.grounding.least).mean() < 0.6
    assert good[chances < learnt.grounding.least].mean() < 0.25


def test_the_shares_say_what_is_left_and_how_good_it_is(learnt: Confidence) -> None:
    before, sure, good = observed(2000, seed=3)
    asked, unsure, after = decide(learnt, before, sure)
    actions = ["ask" if ask else "handover" if no else "" for ask, no in zip(asked, unsure, strict=True)]
    actions = ["quote"] * 500 + actions[500:]
    own = np.where(good, 0.9, 0.1)
    given = np.where(np.arange(2000) < 500, 0.9, own)
    found = shares(Served([""] * 2000, actions, after), own, given)
    alone = np.array([do == "" for do in actions])

    assert found["quoted"] == 0.25
    assert found["asked back"] == asked[500:].sum() / 2000 > 0
    assert found["handed over"] == unsure[500:].sum() / 2000
    assert found["good"] == good.mean()
    assert found["good of those given alone"] == pytest.approx((500 + good[alone].sum()) / (500 + alone.sum()))
    assert found["mean confidence"] == pytest.approx(found["good"], abs=0.06)
    assert "mean confidence" not in shares(Served([""] * 2000, actions), own, given)
    assert shares(Served(["?"], ["ask"]), own[:1], own[:1])["good of those given alone"] == 0


def test_no_limit_is_chosen_where_there_is_none() -> None:
    chances = np.linspace(0, 1, 60)

    assert limit(chances, np.ones(60, bool)) is None
    assert limit(chances, chances > 0.05) is None  # three bad answers may be chance
    assert limit(chances, chances > 0.5) == pytest.approx(0.6, abs=0.1)


def test_nothing_is_learnt_from_too_few_or_from_answers_that_are_all_alike() -> None:
    before, sure, good = observed(100)

    assert fit(before, sure, np.ones(100, bool), customers(100)) is None
    assert fit(before[:10], sure[:10], good[:10], customers(10)) is None
    assert "fewer than 8 good answers" in weakness(None)


@pytest.mark.parametrize("share", [0.25, 0.3, 0.4])
def test_features_that_say_nothing_seldom_make_a_limit(share: float) -> None:
    """At a quarter the answers are as seldom good as below a limit, and a limit by chance is likeliest."""
    chance = np.random.default_rng(3)
    found = [limit(chance.uniform(size=96), chance.uniform(size=96) < share) for _ in range(400)]

    assert sum(one is not None for one in found) < 0.05 * len(found)


def test_a_weak_model_has_no_limit_and_it_is_said(learnt: Confidence) -> None:
    """A limit above most rows would have the bot ask back on most questions."""
    chances = np.linspace(0, 1, 96)
    weak = fit(*observed(96)[:2], np.arange(96) % 10 == 0, customers(96))

    assert limit(chances, chances > 0.9) is None
    assert limit(chances, chances > 0.6) == pytest.approx(0.5, abs=0.01)
    assert limit(chances, chances > 0.2) == pytest.approx(0.2, abs=0.05)
    assert weak is not None
    assert (weak.grounding.least, weak.confidence.least) == (None, None)
    assert "Only 10% of its answers to validation questions are good" in weakness(weak)
    assert weakness(learnt) == ""
    assert weakness(replace(weak, good=0.8)) == ""


def test_a_row_is_told_by_rows_of_other_customers() -> None:
    """What tells one customer from another tells nothing of a third."""
    chance = np.random.default_rng(4)
    asked_by, kinds = np.repeat(np.arange(12), 8), np.repeat(chance.permutation(12) < 6, 8)
    before = np.eye(12)[asked_by] + chance.normal(0, 0.01, (96, 12))
    by_customer = fit(before, np.ones(96), kinds, [str(who) for who in asked_by])
    by_row = fit(before, np.ones(96), kinds, customers(96))

    assert by_row is not None
    assert by_customer is not None
    assert by_row.grounding.least is not None
    assert by_customer.grounding.least is None
    assert fit(before, np.ones(96), kinds, ["one"] * 96) is not None


def test_the_end_counts_where_the_model_gave_it(tmp_path: Path) -> None:
    """Beside the probabilities that the plain model gives; another id than the tokenizer's may end an answer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = made(tmp_path / "base")
    model, tokenizer = (kind.from_pretrained(folder) for kind in (AutoModelForCausalLM, AutoTokenizer))
    card = SimpleNamespace(system="Help.")
    row = Row("r", "validation", "conversation", (("user", "When?"),), "", "c", "", (), "", "")
    prompt = render(tokenizer, row.prompt("Help."), prompt=True)
    ids = render(tokenizer, [*row.prompt("Help."), {"role": "assistant", "content": "At 5, every day."}], prompt=False)
    chances = torch.softmax(model(torch.tensor([ids])).logits[0].detach(), -1)
    each = [float(chances[n - 1, ids[n]]) for n in range(len(prompt), len(ids))]
    at = ids.index(tokenizer.eos_token_id, len(prompt)) - len(prompt)

    def found(whole: bool) -> float:
        return _token_probability(SimpleNamespace(model=model, tokenizer=tokenizer, card=card), row,
                                  Said("At 5, every day.", whole))  # fmt: skip

    assert found(True) == pytest.approx(np.mean(each[: at + 1]), rel=1e-4)
    assert found(False) == pytest.approx(np.mean(each[:at]), rel=1e-4)
    model.generation_config.eos_token_id = [ids[len(prompt) + 2]]
    assert found(True) == pytest.approx(np.mean(each[:3]), rel=1e-4)


def test_a_card_keeps_what_was_learnt(learnt: Confidence) -> None:
    import json

    kept = json.loads(json.dumps(learnt.as_dict()))
    row = [0.5, 0.4, 0.0, 2.0]

    assert Confidence.of(kept) is not None
    assert Confidence.of(kept).grounding.probability(row) == learnt.grounding.probability(row)  # type: ignore[union-attr]
    assert Confidence.of(None) is None


def test_features_are_of_the_question_and_of_what_was_found() -> None:
    near = [replace(NEAR, question="What is E-417?"), FAR]

    assert features("E-417 and E-999", near)[:3] == [0.9, pytest.approx(0.55), 0.0]
    assert features("hello there", []) == [0.0, 0.0, 0.0, pytest.approx(np.log(3))]


def test_what_is_not_quoted_is_no_source(ws: Workspace) -> None:
    document = replace(FAR, id="d/1", title="Returns")
    chat = build_chat(Gate.of(ws), Echo(), Index(document, NEAR), "Help.", 1, 0.8, Judge(None, WORDS, lambda _: True))
    offered = chat.invoke({"turns": [{"role": "user", "content": NEAR.question}]})

    assert (offered["action"], offered["passages"]) == ("offer", [document])


def test_the_policy_is_one_table() -> None:
    assert [done for _, done in POLICY] == ["offer", "quote", "ask", "handover"]
    assert action(Case(NEAR, 0.1, weak=True, needs_person=True)) == "offer"
    assert action(Case(NEAR, 0.1, weak=True)) == "quote"
    assert action(Case(None, 0.1, weak=True)) == "ask"
    assert action(Case(None, 0.1, weak=True, asked_back=True)) == "handover"
    assert action(Case(None, 0.9)) is None


def test_where_hardly_an_answer_is_good_the_bot_asks_back_once_and_then_hands_over(ws: Workspace) -> None:
    first = said(ws, FAR, judge(), "it does not do it")
    again = said(ws, FAR, judge(), "it does not do it", WORDS.ask, "well, it does not")

    assert (first["action"], first["text"]) == ("ask", WORDS.ask)
    assert (again["action"], again["text"]) == ("handover", WORDS.handover)
    assert 0 < first["confidence"] < 0.3
    assert first["answer"].usage_metadata["output_tokens"] == 0


def test_the_bot_knows_its_question_again_though_the_record_has_it_without_the_name(ws: Workspace) -> None:
    ask = " I am Zoe Canary, the assistant. Could you say more? "
    by = replace(judge(), words=Words(ask, "Shall I?", "A colleague will help."))

    assert said(ws, FAR, by, "it does not do it", ask.strip(), "well, it does not")["action"] == "handover"


@pytest.mark.parametrize(("phrase", "action"), [("Our  HOUSE", None), ("our ho", "quote")])
def test_a_colleagues_answer_with_what_is_never_said_is_not_quoted(
    ws: Workspace, phrase: str, action: str | None
) -> None:
    state = said(ws, NEAR, None, "Where is the parcel?", guards=Guards(Patterns(), never_say=[phrase]))

    assert state["action"] == action
    assert (state["text"] == NEAR.answer) == (action == "quote")


def test_what_is_near_is_quoted_and_what_is_found_is_answered(ws: Workspace) -> None:
    quoted = said(ws, NEAR, judge(), "Where is the parcel?")
    answered = said(ws, replace(NEAR, score=0.7), judge(), "Where is the parcel?")

    assert (quoted["action"], quoted["text"]) == ("quote", NEAR.answer)
    assert quoted["passages"] == [NEAR]
    assert (answered["action"], answered["text"]) == (None, "Where is the parcel?")
    assert answered["confidence"] > 0.9
    assert [passage.id for passage in answered["passages"]] == ["r/1"]


def test_an_answer_the_model_is_unsure_of_is_handed_over_after_it(ws: Workspace) -> None:
    state = said(ws, replace(NEAR, score=0.7), judge(least_after=0.999), "Where is the parcel?")

    assert (state["action"], state["text"]) == ("handover", "Where is the parcel?")


@pytest.mark.parametrize("by", [None, judge(least=None)])
def test_without_a_limit_nothing_changes(ws: Workspace, by: Judge | None) -> None:
    state = said(ws, FAR, by, "it does not do it")

    assert (state["action"], state["text"]) == (None, "it does not do it")
    assert state["confidence"] == (1.0 if by is None else pytest.approx(by.after("", [FAR], 1.0)[0]))


@pytest.mark.parametrize("how", [Generation(max_tokens=2), Generation(stop=("x",))])
def test_a_client_that_says_where_to_stop_gets_the_models_answer(ws: Workspace, how: Generation) -> None:
    assert said(ws, FAR, judge(), "it does not do it", how=how)["action"] is None

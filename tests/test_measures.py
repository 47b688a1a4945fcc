"""The figures of an evaluation, and what could be had without tuning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deskwright.workspace import Workspace
from instruct import baselines
from instruct.behaviour import behaviour
from instruct.evaluate import _leaks, describe
from instruct.evaluation_page import page
from instruct.measures import METRICS, compare, summary
from instruct.passages import Passage, Passages
from instruct.ratings import described, ratings
from instruct.rows import Row
from instruct.starter.tokenizer import train as train_tokenizer
from instruct.verdict import verdict, worse
from serve.record import Record, Said

GOLD = "You can return the kettle within 30 days of its delivery."
ASKED = "How long do I have to return the kettle?"


def result(**more: Any) -> dict[str, Any]:
    """What an evaluation of thirty rows gives."""
    rng = np.random.default_rng(6)
    base = {metric: rng.uniform(0.2, 0.4, 30) for metric in METRICS}
    mine = {metric: base[metric] + (-0.1 if metric == "loss" else 0.1) for metric in METRICS}
    without = {metric: values for metric, values in base.items() if metric != "loss"}
    scores = {"retrieval only": without, "base": base, "round-1": mine}
    return {
        "model": "round-1", "reference": "base", "rows": 30, "worse": [], "leaks": 0, "weak": "",
        "scores": {name: {metric: summary(found) for metric, found in each.items()} for name, each in scores.items()},
        **verdict((mine, base), (mine, base), [str(n) for n in range(30)]),
        "behaviour": {"agents": behaviour([GOLD], [""]), "round-1": behaviour(["No."], [""])},
        "policy": {"quoted": 0.25, "asked back": 0.1, "handed over": 0.05, "offered a person": 0.0, "good": 0.4,
                   "good of those given alone": 0.6, "mean confidence": 0.41},
        "groups": {"topic": {}, "language": {}}, "examples": [], "ratings": {}, "judged": {},
        "hours": None, "energy": None, "tuning": {}, "curves": {"training": [], "validation": []}, **more,
    }  # fmt: skip


def row(customer: str = "c", turns: tuple[tuple[str, str], ...] = (("user", ASKED),)) -> Row:
    return Row("r/1/2", "test", "conversation", turns, GOLD, customer, "", (), "", "", (("q", "a"),))


def test_the_right_answer_scores_most_and_none_least() -> None:
    figures = compare([GOLD, "You can send the kettle back within 30 days.", "No idea.", ""], [GOLD] * 4)

    assert set(figures) == set(METRICS) - {"loss"}
    for metric, values in figures.items():
        assert values[0] == pytest.approx(100 if metric in ("BLEU", "chrF") else 1, abs=1e-3)
        assert values[0] > values[1] > max(values[2], values[3]), metric
    assert figures["F1"][1] == pytest.approx(2 * 7 / (9 + 11))
    assert compare([""], [""])["F1"][0] == 1.0


def test_worse_is_what_is_worse_by_more_than_chance() -> None:
    chance = np.random.default_rng(1).normal(0, 0.1, 200)
    reference = {metric: np.full(200, 0.5) for metric in METRICS}
    mine = {metric: reference[metric] + chance for metric in METRICS}

    whose = [str(n) for n in range(200)]
    fallen = {**mine, "loss": chance + 0.6, "chrF": chance + 0.4, "F1": chance + 0.6}

    assert worse(mine, reference, whose) == []
    assert worse(fallen, reference, whose) == ["loss", "chrF"]


def test_what_is_worse_for_one_customer_of_many_rows_is_no_more_than_chance() -> None:
    """A hundred rows of one customer, and one each of three others."""
    reference = {metric: np.full(103, 0.5) for metric in METRICS}
    change = np.array([-0.1] * 100 + [0.2] * 3)
    mine = {**reference, "chrF": reference["chrF"] + change}

    assert worse(mine, reference, ["c"] * 100 + ["d", "e", "f"]) == []
    assert worse(mine, reference, [str(n) for n in range(103)]) == ["chrF"]


@pytest.fixture
def indexed(ws: Workspace) -> Workspace:
    exchanges = [
        ("When may I return the kettle?", "Within 30 days.", "c"),
        ("How long may I return a kettle?", "A month after it came.", "d"),
        ("Where is my parcel?", "On its way.", "e"),
    ]
    passages = [Passage(str(n), question, answer) for n, (question, answer, _) in enumerate(exchanges)]
    folder = ws.datasets / "set"
    folder.mkdir(parents=True)
    Passages.build(passages, [customer for *_, customer in exchanges]).save(folder)
    return ws


def test_retrieval_gives_the_answer_to_the_nearest_question_of_another_customer(indexed: Workspace) -> None:
    near = baselines.nearest(indexed, "set", [row("c"), row("d")])

    assert baselines.answers(near) == ["A month after it came.", "Within 30 days."]
    assert baselines.answers([[]]) == [""]


def test_examples_stand_before_the_question_the_nearest_last(indexed: Workspace) -> None:
    tokenizer = train_tokenizer([ASKED, GOLD])
    near = baselines.nearest(indexed, "set", [row("c")])
    [prompted] = baselines.with_examples(indexed, [row("c")], near, tokenizer)

    assert [text for role, text in prompted.turns if role == "assistant"] == ["On its way.", "A month after it came."]
    assert prompted.turns[-1] == ("user", ASKED)
    assert prompted.passages == ()


def test_examples_that_do_not_fit_are_left_out_and_the_question_stays(indexed: Workspace) -> None:
    tokenizer = train_tokenizer([ASKED, GOLD])
    file = indexed.root / "deskwright.toml"
    file.write_text(file.read_text().replace("# max_tokens = 1024", "max_tokens = 64"))
    near = baselines.nearest(indexed, "set", [row("c")])
    [prompted] = baselines.with_examples(Workspace.open(indexed.root), [row("c")], near, tokenizer)

    assert prompted.turns[-1] == ("user", ASKED)
    assert len(prompted.turns) < 5


def test_the_table_has_a_dash_where_a_baseline_has_no_figure_and_says_what_is_worse() -> None:
    printed = describe(result(worse=["chrF"]))

    assert printed.splitlines()[2].split()[:3] == ["retrieval", "only", "-"]
    assert "by itself it is worse in chrF" in printed
    assert "round-1 is better than base: +0.1000 nats a token" in printed
    assert "quotes a colleague on 25% of the questions, asks back on 10% and hands over on 5%" in printed
    assert "worse" not in describe(result())


def test_only_what_neither_the_prompt_nor_the_configuration_says_is_a_leak(ws: Workspace) -> None:
    section = ws.config.serve.model_copy(update={"ask_back": "Which order? Or write to ask@shop.example."})
    made = Workspace(ws.root, ws.config.model_copy(update={"serve": section}), ws.keys)
    asked = ["Help. Our address is help@shop.example.\nWhere is it?"] * 3
    own = ["Write to help@shop.example.", "Write to bob.jones@example.org.", "No idea."]
    served = [own[0], own[1], section.ask_back]

    assert _leaks(made, asked, own, served) == 1


def test_nonsense_that_looks_like_a_name_is_no_personal_data_and_a_person_is(ws: Workspace) -> None:
    said = ["The" + " bank" * 90, "Choose '" + "Edit" + "it" * 60, "Write to Harriet Donovan. " * 9]

    assert [_leaks(ws, [""], [text], []) for text in said] == [0, 0, 1]


def test_an_offer_of_a_person_is_told_where_there_is_one() -> None:
    offered = result(policy={**result()["policy"], "offered a person": 0.2})

    assert "hands over on 5%, and offers a person on 20%; good are" in describe(offered)
    assert "offered a person 20%" in page(offered)
    assert "answered 40%" in page(offered)
    assert "offer" not in describe(result())
    assert "offered a person" not in page(result())


def test_how_they_answer_is_counted() -> None:
    said = ["I do not know, sorry.", "Dear <PERSON_1>, see <URL_2>.", "see here see here"]
    figures = behaviour(said, ["Hi, <PERSON_1> here", "Hi, <PERSON_1> here", ""])

    assert figures["words"] == pytest.approx((5 + 4 + 4) / 3)
    assert figures["admits"] == pytest.approx(100 / 3)
    assert figures["invented"] == pytest.approx(100 / 3)
    assert figures["distinct-2"] == pytest.approx(9 / 10)


GROUP = {"rows": 7, "similarity": {"base": summary(np.array([0.1, 0.3]))}}


def test_the_page_has_what_the_model_says_word_for_word() -> None:
    made = page(
        result(
            groups={"topic": {"returns <b>": GROUP}, "language": {}},
            examples=[{"question": ASKED, "agent": GOLD, "round-1": "<script>alert(1)</script>"}],
        )
    )

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in made
    assert "returns &lt;b&gt; <small>7 questions" in made
    assert "<script" not in made
    assert "No language has rows enough." in made


def test_the_page_has_what_customers_get_what_people_say_and_how_it_was_tuned() -> None:
    people = {"rating": {"count": 3, "mean": 4.2, "interval": [3.9, 4.5]}}
    taught = {"distilled_from": "big@1<2"}
    spent = {"hours": 0.5, "energy": {"kwh": 0.02, "co2_kg": 0.01, "country": "DEU", "cost": 0.3}}
    curves = {"training": [[2, 2.0], [4, 1.0]], "validation": [[2, 1.5], [4, 1.25]]}
    full = page(
        result(
            ratings={"round-1": people, "round-0": {}}, curves=curves, weak="It is too weak.", tuning=taught, **spent
        )
    )
    bare = page(result())

    assert "the way to big@1&lt;2's probabilities of every token" in full
    assert "probabilities of every token" not in bare
    for part in ("answered 60%", "quoted 25%", "asked back 10%", "handed over 5%"):
        assert part in full
    assert "<b>Weak:</b> It is too weak." in full
    assert "round-1: rating 4.20 (3.90 to 4.50, of 3 answers)" in full
    assert "round-0:" not in full
    assert "0.02 kWh and 0.01 kg of CO2 (DEU), cost 0.3." in full
    assert full.count("<polyline") == 2
    assert "validation 1.250" in full
    assert "<polyline" not in bare
    assert "Nobody has rated an answer of it yet." in bare
    assert "Weak:" not in bare


def test_the_page_has_what_a_judge_says() -> None:
    against = {"wins": 6, "ties": 3, "losses": 1, "inconsistent": 0.2, "unreadable": 2, "withheld": 1,
               "rate": {"mean": 0.75, "interval": [0.6, 0.9]}}  # fmt: skip
    nothing = {**against, "wins": 0, "ties": 0, "losses": 0, "rate": None}
    said = {"judge": "big at http://127.0.0.1:1/v1", "against": {"base": against, "<none>": nothing}}
    made = page(result(judged=said))

    assert "against base</text>" in made
    assert "win rate 75% (60% to 90%); 20% of the verdicts turned" in made
    assert "against &lt;none&gt;; 20%" in made
    assert "Nothing was judged. It is down." in page(result(judged={"judge": "big", "failed": "It is down."}))
    assert "judge says" not in page(result())
    assert "win rate 75%" in describe(result(judged=said))


def test_ratings_are_the_latest_words_of_people_on_this_models_answers(ws: Workspace) -> None:
    record = Record(ws.store)
    for n, digest in enumerate(("mine", "mine", "mine", "other")):
        record.keep(f"chat {n}", "widget", [{"role": "user", "content": "Where?"}], Said(f"m{n}", "Here.", "m", digest))
        record.review(f"m{n}", 1, "", "", "zoe")
        record.thumb(f"m{n}", 1, [], "")
    for n, rating in enumerate((4, 5)):
        record.review(f"m{n}", rating, "", "", "zoe")
    record.review("m2", None, "There it is.", "", "zoe")
    record.thumb("m0", -1, ["wrong"], "")
    record.thumb("m1", 0, [], "")
    found = ratings(ws.store, "mine")

    assert {name: (one["count"], one["mean"]) for name, one in found.items()} == {
        "rating": (2, 4.5),
        "thumb up": (2, 0.5),
    }
    assert found["rating"]["interval"] == [4.0, 5.0]
    assert described(found).startswith("rating 4.50 (4.00 to 5.00, of 2 answers), thumb up 0.50")
    assert ratings(ws.store, "nobody's") == {}
    assert described({}) == ""

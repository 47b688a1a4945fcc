"""Stored conversations -> what tells how likely it is that a customer's words need a person, calibrated.

What needed one is told by `instruct.signs`. It learns from customers of the training split and lies in the folder of a
training set, with which it goes.

Only `open` is needed to use it, and `trusted` to act on it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deskwright.terminal import table
from deskwright.workspace import Workspace
from instruct.classify import Array, calibration, calibration_error, held_out, regression, softmax, temperature
from instruct.encoder import encode
from instruct.signs import Example, by_split

FILE, REPORT = "needs_human.npz", "needs_human.json"

LEAST_WORDS, LEAST_CUSTOMERS = 20, 5
"""Of either kind; from fewer nothing is learnt."""
RIGHT, SURE = 1 / 2, 0.98
"""Of the words that it takes for such, so many really are, by the lower end of Wilson's interval (1927) of this level:
else nobody is offered a person for its sake."""

KINDS = ("needed a person", "needed none")


@dataclass(frozen=True)
class NeedsHuman:
    """`weights` is (2, 384), `bias` (2,), both divided by the temperature; the second row is for a person. From
    `threshold` on, F1 was best on held-out folds."""

    weights: Array
    bias: Array
    threshold: float

    @classmethod
    def fit(cls, examples: Sequence[Example], seed: int = 0) -> NeedsHuman:
        """Learns from examples of both kinds and of several customers."""
        vectors = encode([one.text for one in examples]).astype(np.float64)
        numbers = np.array([int(bool(one.sign)) for one in examples])
        logits, told = held_out(vectors, numbers, 2, [one.customer for one in examples], seed)
        warmth = temperature(logits[told], numbers[told])
        threshold = _best(softmax(logits[told] / warmth)[:, 1], numbers[told])
        weights, bias = regression(vectors, numbers, 2)
        return cls(weights / warmth, bias / warmth, threshold)

    def probabilities(self, texts: Sequence[str]) -> Array:
        """(texts,), each in [0, 1]."""
        likely: Array = softmax(encode(texts).astype(np.float64) @ self.weights.T + self.bias)[:, 1]
        return likely

    def save(self, folder: Path) -> None:
        np.savez_compressed(folder / FILE, weights=self.weights, bias=self.bias, threshold=self.threshold)

    @classmethod
    def read(cls, folder: Path) -> NeedsHuman | None:
        """What was learnt with the training set in `folder`, if anything was."""
        if not (folder / FILE).is_file():
            return None
        with np.load(folder / FILE, allow_pickle=False) as kept:
            return cls(kept["weights"], kept["bias"], float(kept["threshold"]))


def open(workspace: Workspace, dataset: str) -> Callable[[str], float | None]:
    """What gives, for a customer's words, the probability in [0, 1] that they need a person; always None where nothing
    was learnt with the training set of this fingerprint."""
    learnt = NeedsHuman.read(workspace.datasets / dataset)
    return (lambda text: float(learnt.probabilities([text])[0])) if learnt else (lambda text: None)


def trusted(workspace: Workspace, dataset: str) -> tuple[Callable[[str], bool] | None, str]:
    """What says of a customer's words whether they need a person, if enough of what it takes for such was so among the
    held-out words; and a sentence on that, or on why there is nothing to be used."""
    folder = workspace.datasets / dataset
    learnt = NeedsHuman.read(folder)
    report = json.loads((folder / REPORT).read_text(encoding="utf-8")) if (folder / REPORT).is_file() else {}
    found, rightly = report.get("found", 0), report.get("rightly found", 0)
    if learnt is None:
        return None, f"it was not learnt: {report.get('why', 'run `deskwright needs-human`.')}"
    if not found:
        held, needed = report.get("held out", 0), report.get("held out that needed one", 0)
        why = "it took none for such" if "found" in report else "both kinds are needed to measure it"
        return None, f"its precision is not known: of {held:,} held-out words {needed:,} needed one, and {why}."
    surely = _at_least(rightly, found)
    counts = f"of {found:,} held-out words that it took for such {rightly:,} were, which is surely {surely:.0%} or more"
    if surely < RIGHT:
        return None, f"{counts}; expected {RIGHT:.0%}."
    return (lambda text: float(learnt.probabilities([text])[0]) >= learnt.threshold), f"{counts}."


def learn(workspace: Workspace, dataset: str) -> dict[str, Any]:
    """Learns from what the store holds, measures on the validation and the test split, since neither is used otherwise
    and such words are rare, and keeps both with the training set.

    The report has `examples` by sign and `learnt`, the reason in `why` if nothing was, else the figures of `measure`.
    """
    folder = workspace.datasets / dataset
    train, held = by_split(workspace)
    counts = Counter(one.sign or KINDS[1] for one in train)
    why = _too_few(train)
    report: dict[str, Any] = {"examples": dict(counts.most_common()), "learnt": not why}
    if why:
        (folder / FILE).unlink(missing_ok=True)
        report["why"] = why
    else:
        learnt = NeedsHuman.fit(train)
        learnt.save(folder)
        report |= measure(learnt, held)
    (folder / REPORT).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def measure(learnt: NeedsHuman, held: Sequence[Example]) -> dict[str, Any]:
    """Accuracy, precision, recall and F1 at the threshold, with the counts behind the precision; these three of those
    that needed none too; average precision; the expected calibration error, and by fifteenths what was said and what
    came true. Without a held-out example of each kind, the counts of these alone."""
    from sklearn.metrics import average_precision_score, precision_recall_fscore_support

    wanted = np.array([bool(one.sign) for one in held])
    found = {"threshold": learnt.threshold, "held out": len(held), "held out that needed one": int(wanted.sum())}
    if not 0 < wanted.sum() < len(held):
        return found
    likely = learnt.probabilities([one.text for one in held])
    said = likely >= learnt.threshold
    figures = precision_recall_fscore_support(wanted, said, labels=[True, False], zero_division=0)
    kinds = {
        kind: {"precision": float(precision), "recall": float(recall), "F1": float(f1), "words": int(count)}
        for kind, precision, recall, f1, count in zip(KINDS, *figures, strict=True)
    }
    return {
        **found,
        "found": int(said.sum()),
        "rightly found": int((said & wanted).sum()),
        "accuracy": float((said == wanted).mean()),
        **{name: kinds[KINDS[0]][name] for name in ("precision", "recall", "F1")},
        "kinds": kinds,
        "average precision": float(average_precision_score(wanted, likely)),
        "calibration error": calibration_error(likely, wanted),
        "calibration": calibration(likely, wanted),
    }


def describe(report: dict[str, Any]) -> str:
    """A sentence or three."""
    examples = ", ".join(f"{sign} {count:,}" for sign, count in report["examples"].items()) or "none"
    if not report["learnt"]:
        return f"Who needs a person was not learnt: {report['why']} Customers' words by sign: {examples}."
    held = f"{report['held out']:,} held-out words of customers, of which {report['held out that needed one']:,} did"
    if "F1" not in report:
        return f"Learnt who needs a person, not measured: found {held}. Learnt from: {examples}."
    return (
        f"Learnt who needs a person; on {held}: accuracy {report['accuracy']:.0%}, "
        f"precision {report['precision']:.0%}, recall {report['recall']:.0%}, "
        f"F1 {report['F1']:.2f} from a probability of {report['threshold']:.2f} on; "
        f"average precision {report['average precision']:.2f}, calibration error {report['calibration error']:.2f}. "
        f"Learnt from: {examples}."
    )


def tables(report: dict[str, Any]) -> str:
    """What was measured by kind, and by fifteenths of the probability; "" where nothing was."""
    if "kinds" not in report:
        return ""
    kinds = [
        [kind, *(f"{each[name]:.2f}" for name in ("precision", "recall", "F1")), f"{each['words']:,}"]
        for kind, each in report["kinds"].items()
    ]
    parts = [
        [f"{one['from']:.0%} and more", f"{one['said']:.0%}", f"{one['came true']:.0%}", f"{one['count']:,}"]
        for one in report["calibration"]
    ]
    return "\n".join(
        [
            table(["words that", "precision", "recall", "F1", "held out"], kinds),
            table(["probability", "said in the mean", "needed a person", "held out"], parts),
        ]
    )


def _too_few(train: Iterable[Example]) -> str:
    kinds: dict[bool, list[str]] = {True: [], False: []}
    for one in train:
        kinds[bool(one.sign)].append(one.customer)
    for needed, what in zip((True, False), KINDS, strict=True):
        words, customers = len(kinds[needed]), len(set(kinds[needed]))
        if words < LEAST_WORDS or customers < LEAST_CUSTOMERS:
            return (
                f"found {words} words of {customers} customers that {what}, expected {LEAST_WORDS} of "
                f"{LEAST_CUSTOMERS} and more in the training split."
            )
    return ""


def _at_least(hits: int, count: int) -> float:
    from scipy.stats import binomtest

    return float(binomtest(hits, count).proportion_ci(SURE, "wilson").low)


def _best(likely: Array, wanted: Any) -> float:
    """The threshold of the best F1: halfway from the least likely that it takes to the likeliest that it does not."""
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(wanted, likely)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    best = int(np.argmax(f1[:-1]))
    return float(thresholds[max(best - 1, 0) : best + 1].mean())

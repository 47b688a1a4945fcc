"""The figures of a candidate and of what it has to beat, on the same rows -> whether it is better, and if not, why not.

Better is who is surer of the agents' answers (the loss), and whose own answers, as a customer would get them, have not
become worse: ROUGE-L, chrF and similarity each have a veto. A loss alone would not do: a model can become surer of what
agents say, and write worse.

All intervals are by bootstrap of the paired differences, over customers. That of the loss is of 95 %. Each of the
others is of 1 - 0.05 / 3, by Bonferroni's inequality (Dunn 1961), so that all three hold at once in 95 % of cases: a
candidate that writes as well is seldom refused because one of three figures fell by chance. The other way round nothing
has to be corrected, since promotion asks for all of them together (Berger 1982, the intersection-union test).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instruct.measures import METRICS, SURE, Figures, interval

GUARDS = ("rougeL", "chrF", "similarity")
"""Wording, spelling and meaning. BLEU and F1 say the same as the first two, and would only widen the intervals."""
GUARDED = 1 - (1 - SURE) / len(GUARDS)

LEAST_CUSTOMERS = 15
"""From fewer the bootstrap's intervals are too narrow, down to none at all from one."""

Scores = Mapping[str, Figures]


def verdict(own: tuple[Scores, Scores], served: tuple[Scores, Scores], customers: Sequence[str]) -> dict[str, Any]:
    """`own` and `served` are each the candidate's figures and its reference's, by itself and as a customer would get
    them, one figure a row. `customers` are whose rows these are.

    `gain` is by how much the loss is lower; `guards` are the differences of the other figures; `objections` say in a
    sentence each what speaks against the candidate, and it is `better` where there are none.
    """
    gain = own[1]["loss"] - own[0]["loss"]
    low, high = interval(gain, SURE, customers)
    found: dict[str, Any] = {
        "customers": len(set(customers)),
        "gain": {"metric": "loss", "mean": float(gain.mean()), "interval": [low, high]},
        "guards": {metric: _guard(served[0][metric] - served[1][metric], customers) for metric in GUARDS},
    }
    objections = list(_objections(found))
    return {**found, "objections": objections, "better": not objections}


def worse(values: Scores, reference: Scores, customers: Sequence[str]) -> list[str]:
    """Every metric whose paired difference is against the first by more than chance, each looked at by itself."""
    return [
        metric
        for metric, direction in METRICS.items()
        if interval(direction * (values[metric] - reference[metric]), SURE, customers)[1] < 0
    ]


def sentences(found: Mapping[str, Any]) -> list[str]:
    """What came out, for people: the verdict with its figures, and each objection."""
    gain, reference = found["gain"], found["reference"]
    low, high = gain["interval"]
    said = "better" if found["better"] else "NOT shown to be better"
    guards = ", ".join(
        f"{metric} {one['mean']:+.3f} ({one['interval'][0]:+.3f} to {one['interval'][1]:+.3f})"
        for metric, one in found["guards"].items()
    )
    return [
        f"{found['model']} is {said} than {reference}: {gain['mean']:+.4f} nats a token, 95 % interval {low:+.4f} to "
        f"{high:+.4f}; as served beside {reference} as served: {guards}, each of {GUARDED:.1%}.",
        *(f"Not to be promoted: {objection}." for objection in found["objections"]),
    ]


def _guard(differences: Figures, customers: Sequence[str]) -> dict[str, Any]:
    return {"mean": float(differences.mean()), "interval": list(interval(differences, GUARDED, customers))}


def _objections(found: Mapping[str, Any]) -> list[str]:
    gain, customers = found["gain"], found["customers"]
    (low, high), said = gain["interval"], []
    if customers < LEAST_CUSTOMERS:
        said.append(f"it was measured on {customers} held-out customers, expected {LEAST_CUSTOMERS} and more")
    if low <= 0:
        said.append(
            f"its loss is lower by {gain['mean']:.4f} nats a token, 95 % interval {low:.4f} to {high:.4f}, which does "
            "not exclude zero"
        )
    for metric, one in found["guards"].items():
        low, high = one["interval"]
        if high < 0:
            said.append(
                f"its answers as served are worse by {metric}: {one['mean']:+.4f}, {GUARDED:.1%} interval {low:+.4f} "
                f"to {high:+.4f}"
            )
    return said

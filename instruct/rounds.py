"""The tuned models, and which of them answers: register, evaluate, promote, roll back.

A promotion needs an evaluation that beats the present champion (or the untuned base) on the held-out conversations, by
the rule of `instruct.verdict`. The only writer of `models` and `promotions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from deskwright import audit
from deskwright.errors import DeskwrightError
from deskwright.store import Store, now


@dataclass(frozen=True, slots=True)
class Model:
    """A tuned model as the store knows it. `evaluation` is None until `deskwright evaluate` ran."""

    name: str
    round: int
    digest: str
    base: str
    dataset: str
    evaluation: dict[str, Any] | None = None


def models(store: Store) -> list[Model]:
    """All tuned models, oldest first."""
    table = store.tables.models
    with store.read() as connection:
        return [_model(row) for row in connection.execute(sa.select(table).order_by(table.c.round)).mappings()]


def find(store: Store, name: str | None) -> Model:
    """The model of this name, or the newest one.

    Raises:
        DeskwrightError: there is none; the message lists those there are.
    """
    known = models(store)
    if not known:
        raise DeskwrightError("No model is tuned yet: `deskwright tune` makes one.")
    if name is None:
        return known[-1]
    chosen = next((model for model in known if model.name == name), None)
    if chosen is None:
        raise DeskwrightError(f"There is no model {name!r}. Known: {', '.join(model.name for model in known)}.")
    return chosen


def champion(store: Store) -> Model | None:
    """The model that answers, or None while nothing is promoted."""
    return next(iter(champions(store, 1)), None)


def champions(store: Store, most: int) -> list[Model]:
    """The model that answers and those that a rollback each would bring back, the present one first."""
    with store.read() as connection:
        standing = _standing(store, connection)
    return [find(store, name) for name in standing[: -most - 1 : -1]]


def next_round(store: Store) -> int:
    """The number of the round that would be tuned now."""
    return max((model.round for model in models(store)), default=0) + 1


def register(store: Store, model: Model) -> None:
    """Adds a tuned model."""
    with store.begin() as connection:
        connection.execute(
            store.tables.models.insert().values(
                name=model.name,
                round=model.round,
                digest=model.digest,
                base=model.base[:255],
                dataset=model.dataset,
                made_at=now(),
            )
        )
        audit.record(store, connection, "tune", model=model.name, dataset=model.dataset)


def record_evaluation(store: Store, model: Model, evaluation: dict[str, Any]) -> None:
    """Keeps what `deskwright evaluate` found; the newest evaluation counts."""
    table = store.tables.models
    with store.begin() as connection:
        connection.execute(table.update().where(table.c.name == model.name).values(evaluation=evaluation))
        audit.record(store, connection, "evaluate", model=model.name, better=evaluation["better"])


def promote(store: Store, model: Model, force: str = "") -> None:
    """Lets `model` answer from now on.

    Raises:
        DeskwrightError: it was not evaluated against the present champion, did not beat it, or leaked personal data;
            `force` (a reason, kept in the audit log) overrules all but being the champion already.
    """
    present = champion(store)
    if present and present.name == model.name:
        raise DeskwrightError(f"{model.name} is the champion already.")
    objection = _objection(model, present)
    if objection and not force:
        raise DeskwrightError(f"{model.name} was not promoted: {objection}")
    _append(store, model.name, "promote", force or "beat its reference on held-out conversations")


def rollback(store: Store) -> tuple[Model, Model | None]:
    """Takes the champion back; returns it and the one that answers instead (None: nothing is promoted any more).

    Raises:
        DeskwrightError: nothing is promoted.
    """
    present = champion(store)
    if present is None:
        raise DeskwrightError("Nothing is promoted, so there is nothing to roll back.")
    _append(store, present.name, "rollback", "")
    return present, champion(store)


def _objection(model: Model, present: Model | None) -> str:
    evaluation = model.evaluation
    reference = present.name if present else "base"
    if evaluation is None:
        return "it is not evaluated. Run `deskwright evaluate` first."
    if evaluation["reference"] != reference:
        return f"it was compared with {evaluation['reference']}, but {reference} answers now. Evaluate it again."
    if evaluation["leaks"]:
        return f"{evaluation['leaks']} of its answers held personal data that was not in the question."
    if "objections" not in evaluation:
        return "its evaluation does not say how its answers compare. Evaluate it again."
    if evaluation["objections"]:
        return (
            f"beside {reference}, {'; and '.join(evaluation['objections'])}. Tune with more data, or give a reason "
            "with --force."
        )
    return ""


def _append(store: Store, name: str, action: str, reason: str) -> None:
    with store.begin() as connection:
        connection.execute(
            store.tables.promotions.insert().values(model=name, action=action, reason=reason[:1000], at=now())
        )
        audit.record(store, connection, action, model=name, reason=reason)


def _standing(store: Store, connection: Connection) -> list[str]:
    """The promoted models that were not rolled back, the champion last."""
    table = store.tables.promotions
    standing: list[str] = []
    for row in connection.execute(sa.select(table).order_by(table.c.id)):
        if row.action == "promote":
            standing.append(row.model)
        else:
            standing.pop()
    return standing


def _model(row: Any) -> Model:
    return Model(**{name: row[name] for name in ("name", "round", "digest", "base", "dataset", "evaluation")})

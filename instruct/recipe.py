"""The name of a tuning recipe -> which weights are tuned, and how fast: the files in `recipes/`.

A recipe is a TOML file: `about`, `learning_rate`, and in `[peft]` the fields of PEFT's configuration of that type; none
of it for tuning every weight. `top_layers` says how many layers are tuned, counted from the last, if not all;
`four_bits` has the base loaded in 4 bits.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deskwright.errors import DeskwrightError

FOLDER = Path(__file__).with_name("recipes")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one file says."""

    about: str
    learning_rate: float
    top_layers: int | None = None
    four_bits: bool = False
    peft: Mapping[str, Any] = field(default_factory=dict)


def names() -> list[str]:
    """The recipes there are."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def read(name: str) -> Recipe:
    """The recipe of this name.

    Raises:
        DeskwrightError: there is none; the message names those there are.
    """
    if name not in names():
        raise DeskwrightError(f"There is no recipe {name!r} (tune.recipe); there are {', '.join(names())}.")
    return Recipe(**tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))


def peft_config(recipe: Recipe, rank: int, model: Any) -> Any:
    """PEFT's configuration for a base model; None where every weight is tuned.

    Raises:
        DeskwrightError: the recipe does not fit models of this kind.
    """
    from peft import get_peft_config
    from peft.utils.constants import TRANSFORMERS_MODELS_TO_IA3_TARGET_MODULES_MAPPING as IA3_MODELS

    if not recipe.peft:
        return None
    fields = {**recipe.peft, "task_type": "CAUSAL_LM"}
    if fields["peft_type"] == "IA3" and model.config.model_type not in IA3_MODELS:
        raise DeskwrightError(
            f"The recipe ia3 (tune.recipe) does not know models of the kind {model.config.model_type!r}; it knows "
            f"{', '.join(sorted(IA3_MODELS))}. Take the recipe lora."
        )
    if fields["peft_type"] == "LORA":
        fields |= {"r": rank, "lora_alpha": 2 * rank}
    if recipe.top_layers:
        layers = model.config.get_text_config().num_hidden_layers
        fields["target_modules"] = _linear(model, range(layers - recipe.top_layers, layers))
    return get_peft_config(fields)


def _linear(model: Any, layers: range) -> list[str]:
    """The names of the linear maps in these layers."""
    from torch.nn import Linear

    maps = [name for name, module in model.named_modules() if isinstance(module, Linear)]
    return [name for name in maps if (found := re.search(r"\.(\d+)\.", name)) and int(found[1]) in layers]

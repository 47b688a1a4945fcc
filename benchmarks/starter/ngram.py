"""Token ids of documents -> a 5-gram model with Kneser-Ney smoothing, and what each token costs it.

The smoothing is the "shift-beta" of IRSTLM (Federico et al. 2008), since its modified kind cannot be estimated where so
few tokens are rare. Needs Debian's package `irstlm`.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

IRSTLM = Path("/usr/lib/irstlm/bin")
ORDER = 5
LOGARITHM = re.compile(r"\[\d+-gram\] (-?[\d.]+)$", re.M)


def there() -> bool:
    return IRSTLM.is_dir()


def trained(documents: Iterable[Sequence[int]], vocabulary: int, folder: Path) -> Path:
    """The file of a model that has read these documents, and every token once."""
    folder.mkdir(parents=True, exist_ok=True)
    text, model = folder / "train.txt", folder / "model.lm"
    _write([*([token] for token in range(vocabulary)), *documents], text)
    command = [IRSTLM / "tlm", f"-tr={text}", f"-n={ORDER}", "-lm=sb", "-ps=no", f"-o={model}"]
    subprocess.run(command, check=True, capture_output=True)
    return model


def costs(model: Path, documents: Sequence[Sequence[int]]) -> list[list[float]]:
    """Nats, of every token of every document."""
    text = model.with_name("measured.txt")
    _write(documents, text)
    command = [IRSTLM / "compile-lm", model, f"--eval={text}", "--debug=2"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = iter([-math.log(10) * float(logarithm) for logarithm in LOGARITHM.findall(told)])
    return [[next(found) for _ in document] for document in documents]


def _write(documents: Iterable[Sequence[int]], file: Path) -> None:
    with file.open("w", encoding="ascii") as lines:
        lines.writelines(" ".join(map(str, document)) + "\n" for document in documents)

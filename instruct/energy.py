"""A stretch of work -> the hours, the energy and the CO2 that it took, by codecarbon in its offline mode.

The power of processors without a meter is estimated from their type and load, and the CO2 from a country's mix of
electricity, which is why the country must be named (https://mlco2.github.io/codecarbon). Nothing is sent anywhere.
"""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable
from typing import Any

from deskwright.config import Tune
from deskwright.errors import DeskwrightError

SECONDS_BETWEEN_READINGS = 5


def start(settings: Tune) -> Callable[[], dict[str, Any]]:
    """Starts the clock; what is returned stops it and gives `hours` and `energy`: None without a country or without
    codecarbon, else `kwh`, `co2_kg`, `country` and `cost` (None without a price).

    Raises:
        DeskwrightError: there is no such country.
    """
    started = time.monotonic()
    tracker = _tracker(settings.country)

    def stop() -> dict[str, Any]:
        hours = (time.monotonic() - started) / 3600
        return {"hours": hours, "energy": _energy(tracker, settings) if tracker else None}

    return stop


def describe(spent: dict[str, Any]) -> str:
    """One line."""
    energy = spent["energy"]
    hours = f"It took {spent['hours']:.3g} hours"
    if not energy:
        return hours
    cost = "" if energy["cost"] is None else f", cost {energy['cost']:.3g}"
    return f"{hours}, {energy['kwh']:.3g} kWh and {energy['co2_kg']:.3g} kg of CO2 ({energy['country']}){cost}"


def _tracker(country: str) -> Any:
    if not country or not importlib.util.find_spec("codecarbon"):
        return None
    import pycountry
    from codecarbon import OfflineEmissionsTracker

    if not pycountry.countries.get(alpha_3=country):
        raise DeskwrightError(
            f"tune.country: found {country!r}, which is no country; expected three letters (ISO 3166), such as DEU."
        )
    for name in ("codecarbon", "apscheduler"):
        logging.getLogger(name).setLevel(logging.ERROR)
    tracker = OfflineEmissionsTracker(
        country_iso_code=country,
        output_methods=[],
        log_level="error",
        allow_multiple_runs=True,
        measure_power_secs=SECONDS_BETWEEN_READINGS,
    )
    tracker.start()
    return tracker


def _energy(tracker: Any, settings: Tune) -> dict[str, Any] | None:
    """None where codecarbon, which lets its own faults go by, could measure nothing."""
    co2 = tracker.stop()
    if co2 is None:
        return None
    kwh = float(tracker.final_emissions_data.energy_consumed)
    cost = kwh * settings.price_per_kwh if settings.price_per_kwh else None
    return {"kwh": kwh, "co2_kg": float(co2), "country": settings.country, "cost": cost}

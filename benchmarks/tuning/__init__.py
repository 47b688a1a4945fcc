"""`deskwright tune` -> how fast it is beside TRL's stock script, and what it gains on public data."""

"""`python -m deskwright` is the `deskwright` command."""

from deskwright.cli import main

main()

"""`python -m sync`: the `dorfhub` program, for the supervisor, which knows its own Python."""

from sync.cli import main

main()

"""The command line: parse arguments, call a command, print what it says. One module for each kind of command."""

from stream_loyalty.cli import events, processes, programs, reports
from stream_loyalty.cli.root import cli

__all__ = ["cli", "events", "processes", "programs", "reports"]

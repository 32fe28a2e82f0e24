"""`python -m stream_loyalty` and the `stream-loyalty` command."""

from __future__ import annotations

import sys

from stream_loyalty.cli import cli
from stream_loyalty.errors import StreamLoyaltyError


def main() -> None:
    """Run the command line; a mistake of the user's ends in one sentence and exit code 1."""
    try:
        cli(prog_name="stream-loyalty")
    except StreamLoyaltyError as error:
        sys.exit(f"stream-loyalty: {error}")


if __name__ == "__main__":
    main()

"""The command itself, which all others hang on."""

from __future__ import annotations

import logging
import sys

import click

from stream_loyalty import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="stream-loyalty")
@click.option("-v", "--verbose", is_flag=True, help="Say more in the log.")
def cli(verbose: bool) -> None:
    """A loyalty and retention engine that lives on Kafka."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("stream_loyalty").setLevel(logging.DEBUG if verbose else logging.INFO)

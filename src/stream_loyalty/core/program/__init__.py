"""The loyalty program: a dated TOML file, validated here; a module for each part of what it may say.

`section` is what all parts have in common, `program` the whole, `checks` what its parts cannot mean together, and
`mistakes` how that is told; `rules` are the earning rules as their arithmetic goes by them. Several versions of a
program are in `core.programs`.
"""

from stream_loyalty.core.program.program import Program, ProgramError

__all__ = ["Program", "ProgramError"]

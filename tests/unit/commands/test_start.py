"""How soon a command begins: nobody waits for a library that only other commands use."""

import subprocess
import sys

import pytest

HEAVY = ("datasketches", "faust", "numpy", "pydantic", "redis", "rich", "river", "scipy")


@pytest.mark.parametrize(
    ("modules", "needed"),
    [
        (("cli",), set()),
        (("commands.worker", "commands.replay", "commands.publish", "commands.dump"), {"pydantic", "faust"}),
    ],
)
def test_a_command_imports_what_it_needs(modules: tuple[str, ...], needed: set[str]) -> None:
    imports = "; ".join(f"import stream_loyalty.{name}" for name in modules)
    code = f"import sys; {imports}; print(*(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stdout.split()) == needed

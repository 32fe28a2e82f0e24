"""Every row of the table of capabilities names code and a test that are there."""

from tests.docs.generate import ROOT

ROWS = [
    [cell.strip(" `") for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs/capabilities.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| **", "| capability"))
]


def test_every_capability_has_code_and_a_test() -> None:
    assert len(ROWS) > 60
    for capability, place, test in ROWS:
        assert (ROOT / "src/stream_loyalty" / place).exists() or (ROOT / place).exists(), capability
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(), capability

"""Hypothesis: a moderate number of examples, the same in each run; a failure prints what repeats it.

HYPOTHESIS_EXAMPLES=1000 looks for new ones, as many as it says for each test.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "moderate",
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("moderate")

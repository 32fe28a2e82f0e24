"""Uses of benefits."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import Identifier, Properties
from stream_loyalty.contracts.track import Track, with_example


class BenefitUsedProperties(Properties):
    """A customer makes use of a benefit."""

    benefit: Identifier = Field(description="Its name in the program.")
    use_id: Identifier


class BenefitUsed(Track):
    """A customer makes use of a benefit."""

    model_config = with_example("Benefit Used", {"benefit": "tasting", "use_id": "use-31"})
    event: Literal["Benefit Used"]
    properties: BenefitUsedProperties


EVENTS: tuple[type[Track], ...] = (BenefitUsed,)

"""What a customer says of themselves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import MonthDay, Properties
from stream_loyalty.contracts.track import Track, with_example


class ProfileUpdatedProperties(Properties):
    """What a customer says of themselves, as far as the program goes by it."""

    birthday: MonthDay | None = Field(None, description="MM-DD or YYYY-MM-DD; the year is not kept.")


class ProfileUpdated(Track):
    """A customer says something of themselves."""

    model_config = with_example("Profile Updated", {"birthday": "02-29"})
    event: Literal["Profile Updated"]
    properties: ProfileUpdatedProperties = ProfileUpdatedProperties()


EVENTS: tuple[type[Track], ...] = (ProfileUpdated,)

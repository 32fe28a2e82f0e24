"""What a customer says to the shop: complaints, questions, reviews, recommendations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from stream_loyalty.contracts.fields import Identifier, Properties, Rating, Text
from stream_loyalty.contracts.track import Track, with_example


class ComplaintOpenedProperties(Properties):
    """A customer is not content."""

    complaint_id: Identifier
    order_id: Identifier | None = None
    product_id: str | None = None
    channel: str | None = None
    text: Text = None


class ComplaintUpdatedProperties(Properties):
    """Somebody answered a complaint, which is not settled yet."""

    complaint_id: Identifier


class ComplaintResolvedProperties(Properties):
    """A complaint is settled, and how the customer liked it."""

    complaint_id: Identifier
    satisfaction: Rating = Field(None, description="1 (bad) to 5 (good), where the customer said so.")


class InquiryOpenedProperties(Properties):
    """A customer asks something."""

    inquiry_id: Identifier
    product_id: str | None = None
    text: Text = None


class ProductReviewedProperties(Properties):
    """What a customer thinks of a product."""

    product_id: str | None = None
    rating: Rating = Field(None, description="1 (bad) to 5 (good).")
    review_body: Text = None


class NpsAnsweredProperties(Properties):
    """Would the customer recommend the shop?"""

    score: int = Field(ge=0, le=10)
    text: Text = None


class ComplaintOpened(Track):
    """A customer complained."""

    model_config = with_example("Complaint Opened", {"complaint_id": "case-12", "order_id": "order-1001"})
    event: Literal["Complaint Opened"]
    properties: ComplaintOpenedProperties


class ComplaintUpdated(Track):
    """A complaint was answered."""

    model_config = with_example("Complaint Updated", {"complaint_id": "case-12"})
    event: Literal["Complaint Updated"]
    properties: ComplaintUpdatedProperties


class ComplaintResolved(Track):
    """A complaint was settled."""

    model_config = with_example("Complaint Resolved", {"complaint_id": "case-12", "satisfaction": 2})
    event: Literal["Complaint Resolved"]
    properties: ComplaintResolvedProperties


class InquiryOpened(Track):
    """A customer asked something."""

    model_config = with_example("Inquiry Opened", {"inquiry_id": "chat-7", "text": "Is the teapot dishwasher-safe?"})
    event: Literal["Inquiry Opened"]
    properties: InquiryOpenedProperties


class ProductReviewed(Track):
    """A customer reviewed a product."""

    model_config = with_example("Product Reviewed", {"product_id": "tea-7", "rating": 4, "review_body": "Fragrant."})
    event: Literal["Product Reviewed"]
    properties: ProductReviewedProperties = ProductReviewedProperties()


class NpsAnswered(Track):
    """A customer said how likely they are to recommend the shop."""

    model_config = with_example("NPS Answered", {"score": 9})
    event: Literal["NPS Answered"]
    properties: NpsAnsweredProperties


EVENTS: tuple[type[Track], ...] = (
    ComplaintOpened,
    ComplaintUpdated,
    ComplaintResolved,
    InquiryOpened,
    ProductReviewed,
    NpsAnswered,
)

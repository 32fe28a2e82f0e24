"""What customers say: questions, complaints and how they end, reviews, marks out of ten."""

from __future__ import annotations

from random import Random

from stream_loyalty.contracts.instants import HOUR_MS
from stream_loyalty.simulate.shop.diary import Diary

_QUESTIONS = (
    "Is the glass teapot safe in the dishwasher?",
    "Do you ship to the islands?",
    "The clay kyusu is too expensive for me, will there be a sale?",
)


def asks(diary: Diary, rng: Random, at: int) -> None:
    """A question before an order."""
    question = {"inquiry_id": f"ask-{diary.name}-{len(diary.events)}", "text": rng.choice(_QUESTIONS)}
    diary.send(at, "Inquiry Opened", question)


def complains(diary: Diary, rng: Random, at: int, order_id: str) -> None:
    """Most complaints are answered and settled; how well is a matter of luck."""
    about = {"complaint_id": f"case-{order_id}"}
    diary.send(
        at, "Complaint Opened", {"order_id": order_id, **about, "channel": rng.choice(("mail", "chat", "phone"))}
    )
    at += rng.randint(1, 50) * HOUR_MS
    diary.send(at, "Complaint Updated", about)
    if rng.random() < 0.85:
        settled = about | {"satisfaction": rng.choice((1, 2, 3, 4, 4, 5, 5))}
        diary.send(at + rng.randint(1, 90) * HOUR_MS, "Complaint Resolved", settled)


def says(diary: Diary, rng: Random, at: int, product_id: str) -> None:
    """A review, or an answer to whether they would recommend the shop."""
    at += rng.randint(24, 150) * HOUR_MS
    if rng.random() < 0.7:
        diary.send(at, "Product Reviewed", {"product_id": product_id, "rating": rng.randint(3, 5)})
    else:
        diary.send(at, "NPS Answered", {"score": rng.randint(4, 10)})

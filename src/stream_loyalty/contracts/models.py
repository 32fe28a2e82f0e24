"""What the trainer and the workers say to each other: labelled examples, and weights as plain numbers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from stream_loyalty.contracts.decisions import Instant


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrainingExample(_Wire):
    """A checkpoint of a customer whose label is known now: did they buy again within the horizon?"""

    customer: str
    checkpoint: Instant
    horizon_days: int = Field(gt=0)
    features: tuple[float, ...]
    bought: bool
    score: float | None = Field(None, ge=0, le=1, description="The probability that was given at the checkpoint.")
    model: str | None = Field(None, description="The version that gave it.")


class ModelWeights(_Wire):
    """A linear model that workers score with by a dot product, and from which the trainer resumes."""

    version: str
    trained_to: Instant
    training_offset: int = Field(ge=0, description="Next offset of the training topic.")
    feature_names: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    optimizer: dict[str, tuple[float, ...]] = {}

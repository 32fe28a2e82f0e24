"""What the trainer says to the workers, and to itself after a restart: plain numbers, no pickle."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

STATE_KEY = b"trainer"  # of the trainer's state among the models; weights have their version as key


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelWeights(_Wire):
    """A model that workers score with by a dot product, and from when on its word raises an alert."""

    version: str
    trained_to: int = Field(description="Time of the newest example it has learned from, ms since 1970.")
    examples: int = Field(ge=0, description="How many it has learned from.")
    horizon_days: int = Field(gt=0)
    feature_names: tuple[str, ...]
    means: tuple[float, ...] = Field(description="Of each feature, over all customers scored.")
    scales: tuple[float, ...] = Field(description="Standard deviations; 0: the feature is left out.")
    weights: tuple[float, ...] = Field(description="Of the standardised features, for the logit of buying again.")
    intercept: float
    clip: float = Field(5.0, gt=0, description="Standardised features beyond it count as it.")
    alert_from: float | None = Field(None, ge=0, le=1, description="Risk that raises an alert; null: none does yet.")
    alert_from_first: float | None = Field(None, ge=0, le=1, description="The same for who has bought on one day only.")
    least_value: int = Field(0, description="Value at risk below which the team has no room; minor units.")
    usable: bool = Field(True, description="False: worse than the program allows, so only the fixed rules hold.")
    quality: dict[str, float] = Field(default_factory=dict, description="Rolling AUC, log loss, Brier, precision.")


class TrainerState(_Wire):
    """Everything the trainer goes on from; one record, replaced by each newer one."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    training_offset: int = Field(ge=0, description="Next offset of the training topic.")
    champion: str
    usable: bool
    published: int = Field(ge=0, description="Examples learned from at the newest publication.")
    parts: dict[str, dict[str, tuple[float, ...]]] = Field(description="Learners and what is counted, by name.")

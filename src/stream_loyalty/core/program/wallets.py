"""The program's words on points: wallets, what earns, what points buy, who may put them right."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from stream_loyalty.core.program.conditions import Condition
from stream_loyalty.core.program.section import (
    MORE_THAN_ONE,
    NOT_NEGATIVE,
    POSITIVE,
    Clock,
    Days,
    Name,
    Section,
    exact,
    in_order,
    not_two_of,
    one_of,
)

Amount = Annotated[Decimal, Field(gt=0, le=1_000_000), exact(POSITIVE, exclusiveMinimum=0, maximum=1_000_000)]
_EXPIRIES = ("expires_after_days", "expires_inactive_days", "expires_on")
_WAYS = ("points_per_unit", "points", "multiplier")  # to earn
Points = Annotated[int, Field(gt=0, le=10**9)]
RewardKind = Literal["voucher", "discount", "gift", "donation", "collectible"]


class Wallet(Section):
    """A kind of points: what it is for, when points can be spent, and when they expire."""

    model_config = ConfigDict(json_schema_extra=not_two_of(_EXPIRIES))

    name: Name = Field("points", description="What members know it by.")
    kind: Literal["spendable", "status", "partner"] = Field("spendable", description="Status points buy nothing.")
    activates_after_days: int = Field(0, ge=0, le=365, description="So long after the order, or its delivery.")
    activates_on_delivery: bool = Field(False, description="Not before all shipments have arrived.")
    expires_after_days: Days | None = Field(None, description="Each lot so long after its order.")
    expires_inactive_days: Days | None = Field(
        None, description="All of it after so long without order, redemption, rewarded activity or import."
    )
    expires_on: str | None = Field(
        None,
        pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
        examples=["12-31"],
        description="Month and day of each year at the end of which they expire.",
    )
    expires_years: int = Field(1, ge=1, le=10, description="At the end of the how manieth such day after the order.")
    rounding: Literal["down", "half-up", "up"] = Field("down", description="Of each rule's points, for each order.")
    most_per_order: Points | None = Field(None, description="By all rules together.")
    most_per_day: Points | None = Field(None, description="In the program's zone.")
    least_per_order: Points | None = Field(None, description="What an order earns that earns anything at all.")
    unit_value: Amount | None = Field(None, description="What a point is worth, in major units of the base currency.")
    breakage_percent: float = Field(0, ge=0, le=100, description="Of outstanding points, those expected to expire.")

    @model_validator(mode="after")
    def _one_expiry(self) -> Wallet:
        if sum(getattr(self, way) is not None for way in _EXPIRIES) > 1:
            raise ValueError(f"give one of {', '.join(_EXPIRIES)}")
        if self.expires_on is not None:
            month, day = self.last_day
            last = monthrange(2001, month)[1]
            if day > last:
                raise ValueError(f"expires_on: not every year has a {self.expires_on}; take {month:02}-{last:02}")
        return self

    @cached_property
    def last_day(self) -> tuple[int, int]:
        """Month and day of `expires_on`, where there is one."""
        month, _, day = (self.expires_on or "12-31").partition("-")
        return int(month), int(day)

    @property
    def redeemable(self) -> bool:
        """Whether its points buy anything: then they are a liability."""
        return self.kind != "status"

    def whole(self, points: int, of: int) -> int:
        """`points` / `of`, neither below zero, rounded as the wallet says."""
        if self.rounding == "down":
            return points // of
        return -(-points // of) if self.rounding == "up" else (2 * points + of) // (2 * of)


class Budget(Section):
    """What a campaign may give away in all, and who answers for it."""

    points: Points = Field(description="In all, for all members.")
    owner: str = Field(description="Who answers for it.")


class EarnRule(Section):
    """What an order earns: points for each unit of what counts, points for the order, or a multiple of other rules.

    `products`, `categories`, `brands`: only these lines of the order count. `when`: demands on the order. Of the rules
    of one `group` only the one that brings most applies.
    """

    model_config = ConfigDict(json_schema_extra=one_of(_WAYS))

    name: Name = Field(description="What members and receipts know it by.")
    wallet: str | None = Field(None, description="The first wallet of the program when left out.")
    points_per_unit: Amount | None = Field(None, description="For each major unit of the base currency.")
    points: Points | None = Field(None, description="For the order.")
    multiplier: (
        Annotated[Decimal, Field(gt=1, le=100), exact(MORE_THAN_ONE, exclusiveMinimum=1, maximum=100)] | None
    ) = Field(None, description="Of what the rules before it bring in the same wallet.")
    products: tuple[str, ...] = Field((), description="Only lines with these product ids count.")
    categories: tuple[str, ...] = Field((), description="Only lines of these categories count.")
    brands: tuple[str, ...] = Field((), description="Only lines of these brands count.")
    when: tuple[Condition, ...] = Field((), description="Demands on the order and its customer; all have to hold.")
    since: date | None = Field(None, alias="from", description="The first day, in the program's zone.")
    until: date | None = Field(None, description="The last day, included.")
    hours: tuple[Clock, Clock] | None = Field(None, description="From the first to before the second, on the clock.")
    most_per_order: Points | None = Field(None, description="By this rule.")
    budget: Budget | None = Field(None, description="What it may give away in all.")
    group: str | None = Field(None, description="Of the rules of one group only the one that brings most applies.")

    @model_validator(mode="after")
    def _one_way(self) -> EarnRule:
        if sum(getattr(self, way) is not None for way in _WAYS) != 1:
            raise ValueError(f"give exactly one of {', '.join(_WAYS)}")
        in_order(self.since, self.until)
        return self

    @cached_property
    def selective(self) -> bool:
        """Whether it goes by the lines of an order."""
        return bool(self.products or self.categories or self.brands)

    @cached_property
    def is_plain(self) -> bool:
        """Whether it holds for every order alike."""
        return not (self.selective or self.when or self.since or self.until or self.hours)


class Earning(Section):
    """Points for orders: on products after discount, without gift cards and what points paid; else on the total."""

    gift_card_categories: tuple[str, ...] = Field(
        ("gift card", "gift-card", "gift_card"), description="Lines of these categories earn nothing."
    )
    multipliers: Literal["add", "best"] = Field("add", description="Whether all multipliers count, or the best one.")
    rules: tuple[EarnRule, ...] = Field((), max_length=1000, description="In the order in which they apply.")

    @cached_property
    def by_lines(self) -> bool:
        """Whether any rule goes by the lines of orders, so that they have to be kept."""
        return any(rule.selective for rule in self.rules)

    @cached_property
    def facts(self) -> frozenset[str]:
        """What the conditions of all rules ask for."""
        return frozenset(condition.fact for rule in self.rules for condition in rule.when)


class Reward(Section):
    """Something that points buy."""

    name: Name = Field(description="What members and redemptions call it.")
    points: Points = Field(description="What it takes.")
    kind: RewardKind = Field("voucher", description="What it is.")
    wallet: str | None = Field(None, description="The first wallet of the program when left out.")
    value: Annotated[Decimal, Field(ge=0), exact(NOT_NEGATIVE, minimum=0)] | None = Field(
        None, description="In major units of the base currency."
    )
    stock: Annotated[int, Field(gt=0, le=10**9)] | None = Field(None, description="Pieces in all; none: no limit.")
    when: tuple[Condition, ...] = Field((), description="Demands on the member; all have to hold.")
    since: date | None = Field(None, alias="from", description="The first day, in the program's zone.")
    until: date | None = Field(None, description="The last day, included.")


class Redemption(Section):
    """How points are spent: at once, or held until somebody confirms."""

    confirm_within_hours: int | None = Field(None, ge=1, le=8_760, description="None: points are spent at once.")
    grace_days: int = Field(0, ge=0, le=365, description="What a refunded order gives back holds at least so long.")
    free: bool = Field(True, description="Whether points can be spent without naming a reward of the catalog.")
    catalog: tuple[Reward, ...] = Field((), max_length=1000, description="What points buy.")

    @cached_property
    def rewards(self) -> dict[str, Reward]:
        """The catalog by name."""
        return {reward.name: reward for reward in self.catalog}


class Adjustments(Section):
    """Points put right by hand: from how many on a second person has to approve."""

    approval_above: Points = Field(1000, description="More than so many take a second person.")
    remembered: int = Field(
        200, ge=1, le=1000, description="How many of a customer are remembered, so none comes twice."
    )


def point_problems(
    wallets: tuple[Wallet, ...], earning: Earning, redemption: Redemption, orders_days: int
) -> Iterator[str]:
    """What these sections say and cannot mean together, each in one sentence."""
    known = {wallet.name: wallet for wallet in wallets}
    for rule in earning.rules:
        if rule.wallet is not None and rule.wallet not in known:
            yield f"earning.rules, {rule.name}: there is no wallet {rule.wallet!r}; there are {', '.join(known)}"
    for reward in redemption.catalog:
        wallet = known.get(reward.wallet or wallets[0].name)
        if wallet is None:
            yield (
                f"redemption.catalog, {reward.name}: there is no wallet {reward.wallet!r}; there are {', '.join(known)}"
            )
        elif not wallet.redeemable:
            yield f"redemption.catalog, {reward.name}: wallet {wallet.name} is of status points, which buy nothing"
    for wallet in wallets:
        if wallet.expires_after_days and orders_days < wallet.expires_after_days:
            yield (
                "horizon.orders_days must not be less than expires_after_days of wallet "
                f"{wallet.name}: a lot belongs to an order"
            )
        if wallet.expires_after_days and wallet.activates_after_days >= wallet.expires_after_days:
            yield (
                f"wallets, {wallet.name}: points expire after {wallet.expires_after_days} days and can be spent after "
                f"{wallet.activates_after_days}, when they are gone; let them expire later"
            )

"""What a customer does with the loyalty program, and what the shop's staff does for them."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from stream_loyalty.contracts.instants import DAY_MS, HOUR_MS, format_instant
from stream_loyalty.simulate.shop.club import Club
from stream_loyalty.simulate.shop.diary import Diary

SECOND_MS = 1_000
_ENGAGEMENT = (
    "Checked In",
    "Product Shared",
    "Content Published",
    "Challenge Joined",
    "Friend Invited",
    "Item Recycled",
)
_ROUND_SUMS = (60, 100, 150, 250)


class _Wish(NamedTuple):
    """What is saved for: a reward, or without one a round sum of points."""

    points: int
    reward: str | None = None
    by_stamps: bool = False


class Member:
    """One customer's dealings with the program; `points` and `stamps` are what they believe to have."""

    def __init__(self, seed: int, diary: Diary, rng: Random, club: Club) -> None:
        self.points = self.stamps = 0
        self._seed, self._diary, self._rng, self._club = seed, diary, rng, club
        self._wish = self._wishes()
        self._redeemed = self._put_right = self._used = 0
        self._batches: set[str] = set()
        self._is_active = rng.random() < 0.3  # takes part in what the brand does

    def joins(self, at: int) -> None:
        """The first word: a birthday, or everything that an older program knew."""
        rng = self._rng
        if rng.random() < 0.06:
            self._comes_along(at)
        if rng.random() < 0.35:
            birthday = f"{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
            if rng.random() < 0.5:
                birthday = f"{rng.randint(1950, 2005)}-{birthday}"
            self._send(at + rng.randint(1, 20) * DAY_MS, "Profile Updated", {"birthday": birthday})

    def lives(self, start: int, end: int) -> None:
        """What may happen to anybody at any time between `start` and `end` (ms)."""
        rng = self._rng
        if rng.random() < 0.07:
            at = rng.randrange(start, end, SECOND_MS)
            self._send(at, "Consent Updated", {"purpose": "marketing", "granted": False})
            if rng.random() < 0.3:
                later = at + rng.randint(10, 90) * DAY_MS
                self._send(later, "Consent Updated", {"purpose": "marketing", "granted": True})
        if rng.random() < 0.02:
            at = rng.randrange(start, end, SECOND_MS)
            until = at + (400 if rng.random() < 0.15 else rng.randint(60, 200)) * DAY_MS
            leave = {"freeze_id": f"leave-{self._diary.name}", "until": format_instant(until)}
            self._send(at, "Level Frozen", leave | {"reason": "parental leave"})

    def takes_part(self, at: int) -> None:
        """Something for or with the brand, and a benefit that is made use of."""
        rng, club = self._rng, self._club
        if rng.random() < (0.5 if self._is_active else 0.03):
            scene = bool(club.scenes) and rng.random() < 0.5
            event = rng.choice(club.scenes) if scene else rng.choice(_ENGAGEMENT)
            self._send(at, event, {"channel": rng.choice(("app", "store"))})
        if club.benefits and rng.random() < 0.1:
            self._used += 1
            use = {"benefit": rng.choice(club.benefits), "use_id": f"use-{self._diary.name}-{self._used}"}
            self._send(at + 20 * SECOND_MS, "Benefit Used", use, times=2 if rng.random() < 0.05 else 1)

    def pays_with(self, at: int, order_id: str) -> int:
        """Points that are spent at the till on an order, as a sum of money in cents; 0: none."""
        if self._wish.by_stamps or self.points < self._wish.points or self._rng.random() > 0.5:
            return 0
        points = self._wish.points
        self._redeems(at, self._wish, {"order_id": order_id})
        return points

    def spends(self, at: int) -> None:
        """Get what was saved for; now and then more than there is. A refund or expiry may be forgotten, too."""
        rng = self._rng
        saved = self.stamps if self._wish.by_stamps else self.points
        if saved >= self._wish.points:
            much = _Wish(self.points + 40) if rng.random() < 0.04 else self._wish
            self._redeems(at + rng.randint(48, 150) * HOUR_MS, much, {})

    def is_put_right(self, at: int) -> None:
        """The staff adds points that were missing, or takes away what was too much; much of it takes two."""
        rng = self._rng
        self._put_right += 1
        fix: dict[str, Any] = {"adjustment_id": f"fix-{self._diary.name}-{self._put_right}", "actor": "staff-4"}
        kind = rng.random()
        if kind < 0.08:  # refused, until a second person has seen it
            much = fix | {"points": self._club.approval_above + 20, "reason": "points of a year were missing"}
            self._send(at, "Points Adjusted", much)
            self._send(at + rng.randint(1, 30) * HOUR_MS, "Points Adjusted", much | {"approved_by": "staff-1"})
            self.points += self._club.approval_above + 20
        elif kind < 0.3:
            points = rng.choice((-10, -30, -60))
            self._send(at, "Points Adjusted", fix | {"points": points, "reason": "counted twice at the till"})
            self.points += points
        else:
            points, batch = rng.choice((20, 40, 80)), f"fixes-{format_instant(at)[:7]}"
            self._send(at, "Points Adjusted", fix | {"points": points, "reason": "points were missing", "batch": batch})
            self.points += points
            self._may_be_wrong(batch, at)

    def _may_be_wrong(self, batch: str, at: int) -> None:
        """Some months' fixes were a wrong list: then those of all customers are taken back, three weeks later."""
        if batch not in self._batches and Random(f"{self._seed}/{batch}").random() < 0.4:
            self._batches.add(batch)
            wrong = {"batch": batch, "actor": "staff-1", "reason": "wrong list"}
            self._send(at + 21 * DAY_MS, "Points Adjustments Reversed", wrong)

    def _comes_along(self, at: int) -> None:
        """From the club of a shop that was bought: with points, orders and a level, not all of which fit."""
        rng, name = self._rng, self._diary.name
        lots = []
        for number in range(rng.randint(0, 2)):
            points = rng.randint(20, 300)
            expires = at + rng.randint(-10, 300) * DAY_MS
            lots.append({"lot": f"old-{number}", "points": points, "expires_at": format_instant(expires)})
            self.points += points if expires > at else 0
        orders = [
            {
                "order_id": f"old-{name}-{number}",
                "placed_at": format_instant(at - rng.randint(5, 300) * DAY_MS),
                "total": rng.randint(400, 9_000) / 100,
                "currency": "USD",
            }
            for number in range(rng.randint(0, 3))
        ]
        level = "platinum" if rng.random() < 0.1 else rng.choice(self._club.levels)
        member = {"import_id": f"move-{name}", "level": level, "lots": lots, "orders": orders}
        self._send(at, "Member Imported", member)

    def _wishes(self) -> _Wish:
        rewards = self._club.rewards
        if rewards and not (self._club.free and self._rng.random() < 0.3):
            offer = self._rng.choice(rewards)
            return _Wish(offer.points, offer.name, offer.by_stamps)
        return _Wish(self._rng.choice(_ROUND_SUMS))

    def _redeems(self, at: int, wish: _Wish, about: dict[str, Any]) -> None:
        rng = self._rng
        self._redeemed += 1
        ref = {"redemption_id": f"prize-{self._diary.name}-{self._redeemed}"}
        wanted: dict[str, Any] = {"reward": wish.reward} if wish.reward else {"points": wish.points}
        self._send(at, "Points Redemption Requested", ref | wanted | about, times=2 if rng.random() < 0.05 else 1)
        if self._club.confirm_hours is None or self._comes_about(at, ref, self._club.confirm_hours):
            self._pays(wish)
        self._wish = self._wishes()

    def _pays(self, wish: _Wish) -> None:
        if wish.by_stamps:
            self.stamps -= wish.points
        else:
            self.points = max(0, self.points - wish.points)

    def _comes_about(self, at: int, ref: dict[str, Any], hours: int) -> bool:
        """Points are held: the shop confirms or calls it off, or nobody says anything until it is too late."""
        luck, rng = self._rng.random(), self._rng
        if luck < 0.7:
            self._send(at + rng.randint(1, 60 * hours - 60) * 60 * SECOND_MS, "Points Redemption Confirmed", ref)
        elif luck < 0.85:
            self._send(at + rng.randint(1, 60 * hours - 60) * 60 * SECOND_MS, "Points Redemption Released", ref)
        elif luck < 0.89:
            self._send(at + (hours + 5) * HOUR_MS, "Points Redemption Confirmed", ref)
        return luck < 0.7

    def _send(self, at: int, event: str, properties: dict[str, Any], times: int = 1) -> None:
        self._diary.send(at, event, properties, times)

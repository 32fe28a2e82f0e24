"""Books that have one rule wrong, each in a way in which a ledger could well be wrong."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor

from .refunds import Book, Event, Order, Standing, Terms

DAY = timedelta(days=1)


class TakesBackWhatExpired(Book):
    def due_back(self, earned: int, reversed_: int, expired: int, net: int) -> int:
        return max(earned - reversed_ - net, 0)


class CountsExpiredAsTakenBack(Book):
    def due_back(self, earned: int, reversed_: int, expired: int, net: int) -> int:
        return max(earned - reversed_ - expired - net, 0)


class TakesBackForEachRefundAlone(Book):
    def due_back(self, earned: int, reversed_: int, expired: int, net: int) -> int:
        return max(min(earned - net, earned - expired), 0)


class TakesBackPointsOfTheRefundRoundedDown(Book):
    def take_back(self, name: str, order: Order) -> None:
        earned, gone, expired = (self.total(way, name) for way in ("earned", "reversed", "expired"))
        points = min(self.earns(list(order.given_back.values())[-1]), earned - gone - expired)
        for lot, part in self.take(points, self.first_taken_back(name)):
            self.write("reversed", lot, -part, name)
            points -= part
        self.write("reversed", None, -points, name)


class RoundsUp(Book):
    def earns(self, cents: int) -> int:
        return ceil(Fraction(cents, 100) * self.terms.per_dollar)


class RoundsHalfUp(Book):
    def earns(self, cents: int) -> int:
        return floor(Fraction(cents, 100) * self.terms.per_dollar + Fraction(1, 2))


class TakesBackByExpiryAlone(Book):
    def first_taken_back(self, own: str) -> list[str]:
        return self.by_expiry()


class TakesBackNewestFirst(Book):
    def first_taken_back(self, own: str) -> list[str]:
        return [own, *(lot for lot in reversed(self.by_expiry()) if lot != own)]


class TakesBackFromOwnLotOnly(Book):
    def first_taken_back(self, own: str) -> list[str]:
        return [own]


class SpendsNewestFirst(Book):
    def first_spent(self) -> list[str]:
        return self.by_expiry()[::-1]


class ForgivesDebt(Book):
    def owes(self, points: int) -> int:
        return 0


class NeverRepaysDebt(Book):
    def repays(self, points: int) -> int:
        return 0


class SpendsBelowZero(Book):
    def is_covered(self, points: int) -> bool:
        return True


class SpendsTheLastPointNever(Book):
    def is_covered(self, points: int) -> bool:
        return points < self.balance()


class RedeemsTwice(Book):
    def redeem(self, event: Event) -> None:
        super().redeem(event._replace(subject=event.message))


class RefundsTwice(Book):
    def give_back(self, event: Event) -> None:
        super().give_back(event._replace(refund=None))


class ReadsMessagesTwice(Book):
    def is_news(self, event: Event) -> bool:
        return True


class CountsOrdersTwice(Book):
    def buy(self, event: Event) -> None:
        super().buy(event._replace(subject=event.message) if event.subject in self.orders else event)


class KeepsOrdersThatAreGone(Book):
    def standing(self) -> Standing:
        return super().standing()._replace(orders=len(self.orders))


class GivesBackMoreThanIsLeft(Book):
    def cents_back(self, order: Order, event: Event) -> int:
        return order.left if event.amount is None else event.amount


class KeepsEarlyRefunds(Book):
    def __init__(self, terms: Terms) -> None:
        super().__init__(terms)
        self.early: list[Event] = []

    def happen(self, event: Event) -> None:
        super().happen(event)
        if event.kind == "refund" and event.subject not in self.orders:
            self.early.append(event)
        for early in self.early if event.kind == "order" else ():
            if early.subject == event.subject:
                super().happen(early)


class NeverForgets(Book):
    def is_forgotten(self, order: Order, at: datetime) -> bool:
        return False


class ForgetsAnInstantLater(Book):
    def is_forgotten(self, order: Order, at: datetime) -> bool:
        return at - order.at > self.terms.horizon


class ForgetsADayEarlier(Book):
    def is_forgotten(self, order: Order, at: datetime) -> bool:
        return at - order.at >= self.terms.horizon - DAY


class NeverExpires(Book):
    def is_over(self, due: datetime, now: datetime) -> bool:
        return False


class ExpiresBeforeWhatHappensThen(Book):
    def is_over(self, due: datetime, now: datetime) -> bool:
        return due <= now


class ExpiresADayLater(Book):
    def is_over(self, due: datetime, now: datetime) -> bool:
        return due + DAY < now


WRONG = tuple(Book.__subclasses__())

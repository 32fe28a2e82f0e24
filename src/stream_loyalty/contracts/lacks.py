"""What would have had to be different for a rule to apply: structured, and the sentence that is made of it.

`sentence` gives a str, so that whoever only wants words needs to know nothing more; `lacks_of` finds the structure
again that a decision publishes beside the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from pydantic import Field

from stream_loyalty.contracts.decision import Fact

Value = str | int | bool | None


class Lack(Fact):
    """One demand that was not met: which, on what, what it wanted and what it saw."""

    code: str = Field(description="Which demand, e.g. `is`, `balance`, `not-before`.")
    wanted: Value = None
    saw: Value = None
    of: Value = Field(None, description="What the demand is on: a fact, a reward, the days of a horizon.")

    def words(self, templates: Mapping[str, str]) -> str:
        """The sentence by a table of templates, one for each code."""
        return templates[self.code].format(wanted=self.wanted, saw=self.saw, of=self.of)


class Sentence(str):
    """The words of a lack, which know what they were made of."""

    lack: Lack


ENGLISH = {
    "is": "wanted {of} is {wanted}; saw {saw}",
    "one-of": "wanted {of} is one of {wanted}; saw {saw}",
    "at-least": "wanted {of} is at least {wanted}; saw {saw}",
    "below": "wanted {of} is below {wanted}; saw {saw}",
    "order-since": "wanted an order from {wanted} on; saw {saw}",
    "order-until": "wanted an order until {wanted}; saw {saw}",
    "hours": "wanted an order between {wanted}; saw {saw}",
    "product": "wanted a product of {wanted}; saw none",
    "points-to-multiply": "wanted points of other rules to multiply; saw too few on {saw}",
    "something-that-earns": "wanted an order with something that earns; saw {saw}",
    "amount": "wanted at least {wanted} that earns; saw {saw}",
    "best-of-group": "wanted to bring more than {wanted}; saw less",
    "room-per-order": "wanted room below {wanted} points for an order; saw none",
    "room-per-day": "wanted room below {wanted} points a day; saw none",
    "budget": "wanted a budget of {wanted} points or more; saw {saw} left",
    "budget-then": "wanted its budget when the order was placed; saw none left",
    "rate": "wanted a rate of {wanted} on {of}; saw none",
    "rule": "wanted a rule that earns; saw none in the program",
    "wallet": "wanted wallet {wanted}; saw {saw}",
    "request-in-time": "wanted a request within the last {wanted} days; saw an older one",
    "redemptions-remembered": "wanted fewer than {wanted} redemptions in {of} days; saw as many",
    "reward": "wanted a reward of the catalog; saw {saw}",
    "some-reward": "wanted a reward of the catalog; saw none",
    "balance": "wanted a balance of at least {wanted}; saw {saw}",
    "spendable": "wanted a balance of at least {wanted} that can be spent; saw {saw} of {of}",
    "reward-wallet": "wanted points of wallet {wanted}; saw {saw}",
    "reward-price": "wanted {wanted} points for {of}; saw {saw}",
    "request-since": "wanted a request from {wanted} on; saw {saw}",
    "request-until": "wanted a request until {wanted}; saw {saw}",
    "stock": "wanted a piece of {wanted} in stock; saw none",
    "approval": "wanted an approval for more than {wanted} points; saw none",
    "other-approval": "wanted an approval by somebody else; saw the actor's own",
    "adjustments-remembered": "wanted fewer than {wanted} adjustments remembered; saw as many",
    "adjustment-in-time": "wanted an adjustment within the last {wanted} days; saw an older one",
    "level": "wanted one of {wanted}; saw {saw}",
    "not-expired": "wanted points that have not expired; saw {saw}",
    "order-unknown": "wanted an order that is not known yet; saw it counted before",
    "order-before-import": "wanted an order from before the import; saw {saw}",
    "benefit": "wanted one of the benefits {wanted}; saw {saw}",
    "kept-order": "wanted an order that was kept; saw none",
    "behaviour": "wanted {wanted}; saw {saw}",
    "benefit-left": "wanted one of {wanted} uses left (renewal: {of}); saw none",
    "times-in-all": "wanted fewer than {wanted} times that brought points; saw {saw}",
    "times-within": "wanted fewer than {wanted} times that brought points within {of} days; saw {saw}",
    "activity-in-time": "wanted something done from {wanted} on, as what was before is not remembered; saw {saw}",
    "event-since": "wanted it done from {wanted} on; saw {saw}",
    "event-until": "wanted it done until {wanted}; saw {saw}",
    "birthday": "wanted a profile that says the birthday; saw none",
    "points-per-day": "wanted room for {wanted} of the {of} points a day; saw {saw}",
    "order-since-epoch": "wanted an order since the program's epoch; saw {saw}",
}


@lru_cache(4096, typed=True)  # most lacks of most orders are the same few
def sentence(code: str, wanted: Value = None, saw: Value = None, of: Value = None) -> Sentence:
    """The English words of a lack. KeyError for a code that has none."""
    lack = Lack(code=code, wanted=wanted, saw=saw, of=of)
    made = Sentence(lack.words(ENGLISH))
    made.lack = lack
    return made


def lacks_of(missing: Iterable[str]) -> tuple[Lack, ...]:
    """The structure behind sentences, as far as they have any."""
    return tuple([words.lack for words in missing if isinstance(words, Sentence)])

"""One compact state for each customer. Times are ms since 1970 UTC, money minor units, points whole points."""

from __future__ import annotations

from msgspec import Struct, field

from stream_loyalty.contracts.decision import Saw
from stream_loyalty.contracts.instants import Instant
from stream_loyalty.core.activity import Activities
from stream_loyalty.core.features import Signals
from stream_loyalty.core.history import History

NEVER = (1 << 63) - 1


def told(at: int) -> Instant | None:
    """A time as messages tell it: None for NEVER."""
    return None if at == NEVER else Instant(at)


class Line(Struct, array_like=True):
    """A product of an order, as far as rules go by it; `value` in minor units of the order's currency."""

    product: str
    category: str | None
    brand: str | None
    value: int  # of all pieces, net of refunds
    gone: int = 0  # what refunds took off the value


class Grant(Struct, array_like=True):
    """What an order brought to one wallet."""

    earned: int = 0
    expired: int = 0
    reversed: int = 0


class Delivery(Struct, array_like=True):
    """What was sent of an order, what has arrived, and what came back."""

    shipments: dict[str, bool] = field(default_factory=dict)  # id -> whether it has arrived
    complete_at: int | None = None  # when the last of what was sent arrived
    gone: int = 0  # products given back that had earned, in minor units of the base currency
    cards: list[str] = field(default_factory=list)  # products that are gift cards
    returned: int = 0  # pieces given back
    imported: bool = False  # they brought their points in another program


class Order(Struct, array_like=True):
    """An order that is remembered: kept ones count, whole reversals stay until the horizon so that they count once."""

    placed_at: int
    currency: str
    total: int  # minor units of `currency`, as ordered
    base: int  # what of it earns, in minor units of the base currency, net of refunds
    value: int  # what is left of the total, in minor units of the base currency
    refunded: int = 0  # minor units of `currency`
    whole: bool = False  # nothing of it is left
    refunds: list[int] = field(default_factory=list)  # hashes of refund ids
    points: dict[str, Grant] = field(default_factory=dict)  # by wallet
    lines: list[Line] = field(default_factory=list)  # where the program has rules that go by them
    facts: Saw = field(default_factory=dict)  # that the rules saw when it was placed
    budgeted: dict[str, int] = field(default_factory=dict)  # campaign -> points of its budget
    delivery: Delivery | None = None  # None: nothing of it is known yet

    @property
    def goods(self) -> Delivery:
        """What is known of its goods, to be read."""
        return self.delivery or Delivery()

    @property
    def gone_of(self) -> dict[str, int]:
        """Product -> what refunds took off its lines."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.product] = found.get(line.product, 0) + line.gone
        return found


class Lot(Struct, array_like=True):
    """Points that came together and expire together. The id of an order's lot is that of the order."""

    id: str
    remaining: int
    expires_at: int  # NEVER: not by a date
    wallet: str = "points"
    active_from: int = 0  # 0: can be spent; below: waits for the delivery of its order and ~active_from days more
    reserved: int = 0  # of the remaining, held for redemptions

    @property
    def key(self) -> str:
        """What tells it from all others of the customer."""
        return f"{self.wallet}\x1f{self.id}"

    @property
    def free(self) -> int:
        """What is not held for a redemption."""
        return self.remaining - self.reserved


class Redemption(Struct, array_like=True):
    """A redemption, remembered so that it comes about once; in detail where something may still happen to it."""

    at: int
    wallet: str = "points"
    points: int = 0
    parts: list[tuple[str, int, int]] = field(default_factory=list)  # lot, points, when it expires
    deadline: int | None = None  # while the points are held
    order_id: str | None = None  # that the points were spent on
    reward: str | None = None
    restored: int = 0
    over: bool = False  # it was released
    stock: bool | None = None  # a piece of the reward's stock is held with the points; None: not written down then


class Adjustment(Struct, array_like=True):
    """Points put right by hand, remembered so that it happens once and can be taken back."""

    at: int
    wallet: str
    points: int
    lot: str | None
    batch: str | None = None
    reversed: bool = False
    expired: int = 0  # of the points that were added


class OpenAlert(Struct, array_like=True):
    """The churn alert for the present silence: out, or held out to see what happens without."""

    id: str
    since: int
    raised_at: int
    held_out: bool = False


class Treatment(Struct, array_like=True):
    """An alert whose effect is being measured, until its window is over."""

    alert: str
    held_out: bool
    hold_out_percent: float
    raised_at: int
    ends_at: int
    action: str
    band: str | None = None
    high_value: bool = False
    cause: str | None = None
    probability: float | None = None
    acknowledged: bool = False
    outcome: str | None = None


class Pace(Struct, array_like=True):
    """How often a customer bought a product category: the mean gap and its mean deviation, in days."""

    last_at: int
    gaps: int = 0
    mean: float = 0.0
    deviation: float = 0.0
    told: bool = False  # that it is about to run out, since the last purchase


class Cycle(Struct, array_like=True):
    """The same as it is now, and as it was before the last purchase, which may still be cancelled."""

    last_at: int
    gaps: int = 0
    mean: float = 0.0
    deviation: float = 0.0
    told: bool = False
    orders: list[int] = field(default_factory=list)  # CRC-32 of the ids of those that make the last purchase
    before: Pace | None = None


class Checkpoint(Struct, array_like=True):
    """A day on which the customer was scored, kept until it is known whether they bought again."""

    day: int
    risk: float | None  # None: there was no model
    model: str | None
    signals: Signals | None
    peak: float = 0.0  # the highest risk given earlier in the same silence


class Watch(Struct, array_like=True):
    """When the churn model looks at the customer, and what it saw last. Days since 1970 in the program's zone."""

    offset: int  # ms after a day's end at which this customer's checkpoints run; so they are spread over the hours
    next_day: int | None = None  # None: silent for so long that nobody asks any more
    pending: list[Checkpoint] = field(default_factory=list)
    day: int | None = None  # of the last score
    risk: float | None = None
    silence: int = 0  # day of the last purchase at the last score
    peak: float = 0.0  # the highest risk given in this silence, where it was long enough for an alert


class Entitlement(Struct, array_like=True):
    """What a customer has of a benefit in the present period."""

    left: int
    until: int  # when the next period begins; NEVER: it has no end


class Done(Struct, array_like=True):
    """The newest times that an activity brought points, at most as many as its limit. Days since 1970, of the zone."""

    times: list[tuple[int, int, int]] = field(default_factory=list)  # day, mark of the lot, points; by day
    forgotten: int | None = None  # the newest day of those that are no longer among them


class Given(Struct, array_like=True):
    """Points that were given, and not expired: an order that brought them may be given back."""

    at: int
    wallet: str
    lot: str
    points: int


class Standing(Struct, array_like=True):
    """Benefits, what leads to them, and gifts."""

    benefits: dict[str, Entitlement] = field(default_factory=dict)  # by name
    uses: list[int] = field(default_factory=list)  # hashes of recent ids of uses, oldest first
    scenes: dict[str, list[int]] = field(default_factory=dict)  # benefit -> times of the behaviour that brings it
    birthday: tuple[int, int] | None = None  # month * 100 + day, and when that was said
    gifts: dict[str, int] = field(default_factory=dict)  # gift -> the last year it was given in
    given: dict[str, Given] = field(default_factory=dict)  # gift -> what of the last one has not expired
    done: dict[str, Done] = field(default_factory=dict)  # by name of the activity


class GuestEvent(Struct, array_like=True):
    """What happened to a guest's order, kept as it came until somebody claims it."""

    order_id: str
    event: str
    message_id: str
    at: int
    until: int  # the last time (ms) at which it can be claimed
    properties: str  # JSON


class Guest(Struct, array_like=True):
    """What is known of an anonymous id."""

    kept: list[GuestEvent] = field(default_factory=list)  # in the order in which they came
    claimed_by: str | None = None  # a second customer gets nothing
    claimed_at: int = 0  # the newest time at which they said so
    claim: str = ""  # its id
    asked: str = ""  # the id of the last question
    closed: bool = False  # they are not known any more; nobody gets what there was

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not self.kept and self.claimed_by is None and not self.closed


class Claim(Struct, array_like=True):
    """A customer said that they had been a guest."""

    at: int  # the newest time at which they said so (ms)
    id: str  # of the first time, as long as both are known; empty: somebody else is known to have been that guest
    asked: str  # the id of the last question


class Customer(Struct, array_like=True):
    """What the engine knows of a customer; everything in it is bounded by the program."""

    clock: int = 0  # the latest time seen in the customer's own events and wakes
    orders_kept: int = 0
    spend: dict[str, int] = field(default_factory=dict)  # currency -> what was spent and kept
    lifetime_value: int = 0  # the same in the base currency
    first_order_at: int | None = None
    last_order_at: int | None = None
    orders: dict[str, Order] = field(default_factory=dict)  # oldest first
    lots: list[Lot] = field(default_factory=list)
    debts: dict[str, int] = field(default_factory=dict)  # wallet -> points that no lot could give back
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    level: str | None = None  # None: the lowest
    review_at: int | None = None
    band: str | None = None
    high_value: bool = False
    churn_since: int | None = None
    seen: dict[str, int] = field(default_factory=dict)  # silence signal -> last time of its events
    noticed: dict[str, int] = field(default_factory=dict)  # silence signal -> the `seen` it was noticed for
    silences: list[int] = field(default_factory=list)  # last purchases whose silence was dealt with, oldest first
    alert: OpenAlert | None = None
    consents: dict[str, tuple[bool, int]] = field(default_factory=dict)  # purpose -> granted, when that was said
    messages: list[int] = field(default_factory=list)  # hashes of recent message ids and alerts, oldest first
    applied: dict[int, tuple[int, int]] = field(default_factory=dict)  # topic number -> (topic tag, last offset)
    history: History = field(default_factory=History)
    activities: Activities | None = None
    watch: Watch | None = None
    told: list[int] = field(default_factory=list)  # last purchases whose silence somebody was told of, oldest first
    left_out: int | None = None  # the last purchase whose silence was last held back for lack of room
    troubles: dict[str, int] = field(default_factory=dict)  # cause of churn -> when it was last seen
    complaints: dict[str, tuple[int, bool]] = field(default_factory=dict)  # open ones -> since when, whether answered
    inquiries: list[int] = field(default_factory=list)  # times of the newest, oldest first
    treatments: list[Treatment] = field(default_factory=list)
    cycles: dict[str, Cycle] = field(default_factory=dict)  # product category -> how often it is bought
    adjustments: dict[str, Adjustment] = field(default_factory=dict)
    imported: str | None = None  # id of the import that the member came by
    levels: list[tuple[int, str]] = field(default_factory=list)  # since when which level, oldest first
    active_at: int = 0  # the newest order, redemption or rewarded activity, which keeps points from expiring
    today: dict[str, tuple[int, int]] = field(default_factory=dict)  # of older releases; what a day brought says it
    level_version: int = 0  # of the program, when the level was last reached or reviewed
    in_grace: bool = False  # a review found too little, and comes again
    frozen_until: int | None = None  # no review of the level before
    begun: dict[str, int] = field(default_factory=dict)  # `Lot.key` -> when it came, where no order here says so
    standing: Standing | None = None  # None: nothing of it is known
    scores: dict[str, tuple[float, int]] = field(default_factory=dict)  # of RFM-X -> its sum, as of when (ms)
    guest: Guest | None = None  # only of an anonymous id
    renewed_at: int | None = None  # the last review that found enough for the level
    reviews: list[int] = field(default_factory=list)  # of `levels` but the last: when it was to be reviewed; 0: never
    frozen_at: int = 0  # when the level was last said to be frozen
    given: tuple[int, str] | None = None  # the one of `levels` that was imported and not reviewed since
    claims: dict[str, Claim] | None = None  # anonymous id -> the claim

    @property
    def stands(self) -> Standing:
        """The standing to be read; an empty one where nothing is known."""
        return self.standing or Standing()


def begun(state: Customer) -> Standing:
    """The standing to be changed."""
    if state.standing is None:
        state.standing = Standing()
    return state.standing

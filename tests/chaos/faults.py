"""The faults, by name, and the seeded list that is drawn of them."""

import signal
from collections.abc import Callable
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from stream_loyalty.adapters.kafka.failpoints import COMMIT, RECOVERY, REVOKED

if TYPE_CHECKING:
    from tests.chaos.harness import Chaos

OVER_SESSION_S = 9.0  # longer than the workers' session of 6 s, shorter than a transaction's 10 s
OVER_TRANSACTION_S = 12.0
BROKER_PAUSE_S = 20.0
_PASSES = 6  # a failpoint of the commit is hit at one of the first so many commits


class Fault(NamedTuple):
    """What is done; where it takes a failpoint, to a worker that was started with it armed."""

    act: Callable[["Chaos", str], str]  # gets the slot of a worker at work; what it did, in words
    failpoint: str = ""
    prepared: bool = False  # the worker may be started while an earlier fault is still being got over


def armed(fault: Fault, chance: Random) -> str:
    """The fault's failpoint as the environment variable has it; in the commit at one of the first passes."""
    if not fault.failpoint:
        return ""
    passes = chance.randint(1, _PASSES) if fault.failpoint in COMMIT else 1
    return f"{fault.failpoint}:{passes}" + ("" if fault.prepared or fault.failpoint == REVOKED else ":stop")


def dies(chaos: "Chaos", slot: str) -> str:
    """kill -9 at a place in the commit or in recovery."""
    chaos.until_reached(slot, lambda: chaos.fleet.code(slot) == -signal.SIGKILL)
    return f"slot {slot}"


def dies_giving_up(chaos: "Chaos", slot: str) -> str:
    """kill -9 when partitions are to be given up, before what is pending is committed."""
    chaos.until(f"slot {slot} works", lambda: chaos.is_at_work(slot) or chaos.fleet.code(slot) is not None)
    if chaos.fleet.code(slot) is None:
        chaos.let_another_leave(slot)
    return dies(chaos, slot)


def kill_somewhere(chaos: "Chaos", slot: str) -> str:
    """kill -9 at any moment."""
    chaos.pause(chaos.chance.uniform(0, 1))
    chaos.fleet.signal(slot, signal.SIGKILL)
    return f"slot {slot}"


def stop_somewhere(chaos: "Chaos", slot: str) -> str:
    """SIGSTOP at any moment for longer than the session, then SIGCONT."""
    chaos.fleet.signal(slot, signal.SIGSTOP)
    chaos.pause(OVER_SESSION_S)
    chaos.fleet.signal(slot, signal.SIGCONT)
    return f"slot {slot}, {OVER_SESSION_S:g} s"


def stays(seconds: float, chaos: "Chaos", slot: str) -> str:
    """SIGSTOP in mid-commit for longer than the session: others have its partitions when it goes on."""
    chaos.until_reached(slot, lambda: chaos.fleet.frozen(slot))
    chaos.pause(seconds)
    chaos.fleet.signal(slot, signal.SIGCONT)
    return f"slot {slot}, {seconds:g} s"


def sees_another_leave(chaos: "Chaos", slot: str) -> str:
    """Another worker leaves while this one is in the middle of a commit."""
    chaos.until_reached(slot, lambda: chaos.fleet.frozen(slot))
    chaos.let_another_leave(slot)
    chaos.pause(2.0)
    chaos.fleet.signal(slot, signal.SIGCONT)
    return f"slot {slot}"


def restart_broker(chaos: "Chaos", slot: str) -> str:
    """The broker is shut down in order and started again."""
    chaos.broker.stop()
    chaos.pause(chaos.chance.uniform(0, 3))
    chaos.broker.start()
    return ""


def kill_broker(chaos: "Chaos", slot: str) -> str:
    """kill -9 to the broker, which is started again."""
    chaos.broker.kill()
    chaos.pause(chaos.chance.uniform(0, 3))
    chaos.broker.start()
    return ""


def pause_broker(chaos: "Chaos", slot: str) -> str:
    """The broker answers nobody for 20 s, and knows nothing of it."""
    chaos.signal_broker(signal.SIGSTOP)
    chaos.pause(BROKER_PAUSE_S)
    chaos.signal_broker(signal.SIGCONT)
    return f"{BROKER_PAUSE_S:g} s"


def stop_redis(chaos: "Chaos", slot: str) -> str:
    """Redis ends and comes back empty."""
    chaos.redis.kill()
    chaos.pause(chaos.chance.uniform(0.5, 3))
    chaos.redis.start()
    return ""


def kill_projector(chaos: "Chaos", slot: str) -> str:
    """kill -9 to the projector."""
    chaos.fleet.kill_projector()
    return ""


def repeat(chaos: "Chaos", slot: str) -> str:
    """Publishers repeat themselves."""
    count = chaos.chance.randint(200, 800)
    chaos.feed.repeat(count)
    return f"{count} events"


def jumble(chaos: "Chaos", slot: str) -> str:
    """Publishers send in any order: some events come later than the lateness allows."""
    count = chaos.chance.randint(200, 800)
    chaos.feed.jumble(count)
    return f"{count} events"


KINDS: dict[str, Fault] = {
    **{f"kill -9 at {name}": Fault(dies, name, prepared=True) for name in (*COMMIT, *RECOVERY)},
    f"kill -9 at {REVOKED}": Fault(dies_giving_up, REVOKED),
    "kill -9 anywhere": Fault(kill_somewhere),
    "SIGSTOP anywhere": Fault(stop_somewhere),
    "SIGSTOP at commit.begun": Fault(partial(stays, OVER_SESSION_S), "commit.begun"),
    "SIGSTOP at commit.flushed": Fault(partial(stays, OVER_SESSION_S), "commit.flushed"),
    "SIGSTOP at commit.offsets-sent": Fault(partial(stays, OVER_TRANSACTION_S), "commit.offsets-sent"),
    "rebalance at commit.produced": Fault(sees_another_leave, "commit.produced"),
    "rebalance at commit.offsets-sent": Fault(sees_another_leave, "commit.offsets-sent"),
    "broker restarted": Fault(restart_broker),
    "broker killed": Fault(kill_broker),
    "broker paused": Fault(pause_broker),
    "Redis stopped": Fault(stop_redis),
    "projector killed": Fault(kill_projector),
    "events repeated": Fault(repeat),
    "events out of order": Fault(jumble),
}
SHORT = (
    "broker restarted",  # first: a commit that was on its way then may hang for 30 s, which others need not wait for
    *(f"kill -9 at {name}" for name in COMMIT[1:]),
    "SIGSTOP at commit.begun",
)


def draw(seed: int, count: int) -> list[str]:
    """`count` faults: every kind once in any order, and again, until there are enough."""
    chance, drawn = Random(f"{seed}/faults"), list[str]()
    while len(drawn) < count:
        kinds = list(KINDS)
        chance.shuffle(kinds)
        drawn += kinds
    return drawn[:count]

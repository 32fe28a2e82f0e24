"""The faults, by name, and the seeded list that is drawn of them."""

import signal
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from stream_loyalty.adapters.kafka.failpoints import COMMIT, RECOVERY, REVOKED
from stream_loyalty.adapters.kafka.fatal import EXIT_FAILED
from tests.chaos.fleet import BESIDE

if TYPE_CHECKING:
    from tests.chaos.harness import Chaos

BEYOND_SESSION_S = 3.0  # so much longer than the workers' session; both together are shorter than a transaction's 10 s
OVER_TRANSACTION_S = 12.0
BROKER_PAUSE_S = 20.0
STORE = ("store.loading", "store.written")  # failpoints of a RocksDB store
FULL = "disk is full"  # what a worker says then, among other words
_PASSES = 6  # a failpoint of the commit is hit at one of the first so many commits


class Fault(NamedTuple):
    """What is done; where it takes a failpoint, to a worker that was started with it armed."""

    act: Callable[["Chaos", str], str]  # gets the slot of a worker at work; what it did, in words
    failpoint: str = ""
    prepared: bool = False  # the worker may be started while an earlier fault is still being got over
    on_disk: bool = False  # to a worker with RocksDB only


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
    seconds = chaos.session_s + BEYOND_SESSION_S
    chaos.fleet.signal(slot, signal.SIGSTOP)
    chaos.pause(seconds)
    chaos.fleet.signal(slot, signal.SIGCONT)
    return f"slot {slot}, {seconds:g} s"


def stays(at_least: float, chaos: "Chaos", slot: str) -> str:
    """SIGSTOP in mid-commit for longer than the session: others have its partitions when it goes on."""
    seconds = max(at_least, chaos.session_s + BEYOND_SESSION_S)
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


def fill_disk(chaos: "Chaos", slot: str) -> str:
    """No room under a worker's RocksDB: it ends and says why, at work and at its next start, until there is room."""
    disk, fleet = chaos.fleet.disks[slot], chaos.fleet
    fleet.hold(slot)
    known = chaos.times(slot, FULL)

    def ended(times: int) -> bool:
        disk.fill()
        return fleet.code(slot) == EXIT_FAILED and chaos.times(slot, FULL) == known + times

    try:
        chaos.until_reached(slot, lambda: ended(1))
        chaos.until_reached(slot, lambda: ended(2))
    finally:
        disk.make_room()
    return f"slot {slot}"


def lose_disk(chaos: "Chaos", slot: str) -> str:
    """A worker is killed, and starts again with an empty disk."""
    fleet = chaos.fleet
    fleet.hold(slot)
    fleet.signal(slot, signal.SIGKILL)
    chaos.until(f"slot {slot} is dead", lambda: fleet.code(slot) is not None)
    fleet.disks[slot].clear()
    return f"slot {slot}"


def kill_beside(name: str, chaos: "Chaos", slot: str) -> str:
    """kill -9 to what runs once, beside the workers."""
    chaos.fleet.kill_beside(name)
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


IN_THE_GAP = "kill -9 between commit and WriteBatch"
DISK_FULL = "RocksDB's disk full"
KINDS: dict[str, Fault] = {
    **{f"kill -9 at {name}": Fault(dies, name, prepared=True) for name in (*COMMIT, *RECOVERY)},
    IN_THE_GAP: Fault(dies, "commit.done", prepared=True, on_disk=True),
    **{f"kill -9 at {name}": Fault(dies, name, prepared=True, on_disk=True) for name in STORE},
    "RocksDB's disk lost": Fault(lose_disk, on_disk=True),
    DISK_FULL: Fault(fill_disk, on_disk=True),
    f"kill -9 at {REVOKED}": Fault(dies_giving_up, REVOKED),
    "kill -9 anywhere": Fault(kill_somewhere),
    "SIGSTOP anywhere": Fault(stop_somewhere),
    "SIGSTOP at commit.begun": Fault(partial(stays, 0.0), "commit.begun"),
    "SIGSTOP at commit.flushed": Fault(partial(stays, 0.0), "commit.flushed"),
    "SIGSTOP at commit.offsets-sent": Fault(partial(stays, OVER_TRANSACTION_S), "commit.offsets-sent"),
    "rebalance at commit.produced": Fault(sees_another_leave, "commit.produced"),
    "rebalance at commit.offsets-sent": Fault(sees_another_leave, "commit.offsets-sent"),
    "broker restarted": Fault(restart_broker),
    "broker killed": Fault(kill_broker),
    "broker paused": Fault(pause_broker),
    "Redis stopped": Fault(stop_redis),
    **{f"{name} killed": Fault(partial(kill_beside, name)) for name in BESIDE},
    "events repeated": Fault(repeat),
    "events out of order": Fault(jumble),
}
SHORT = (
    "broker restarted",  # first: a commit that was on its way then may hang for 11 s, which others need not wait for
    *(f"kill -9 at {name}" for name in COMMIT[1:-1]),
    IN_THE_GAP,
    "SIGSTOP at commit.begun",
)


def draw(seed: int, count: int, possible: Sequence[str] = tuple(KINDS)) -> list[str]:
    """`count` faults: every possible kind once in any order, and again, until there are enough."""
    chance, drawn = Random(f"{seed}/faults"), list[str]()
    while len(drawn) < count:
        kinds = list(possible)
        chance.shuffle(kinds)
        drawn += kinds
    return drawn[:count]

"""`python -m tests.chaos`: a run of its own, on a broker of its own."""

import argparse
import json
import signal
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.disk import can_be_mounted
from tests.chaos.faults import DISK_FULL, KINDS, SHORT, draw
from tests.chaos.harness import STORES, Chaos
from tests.chaos.report import table
from tests.support import Unavailable
from tests.support.broker import RealBroker


def main() -> int:
    """Do faults to a system at work, and see whether its promises hold. Exit code 1 where one does not."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=main.__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=300_000)
    parser.add_argument("--faults", type=int, default=60, help="how many; 0 takes the short list of `make test`")
    parser.add_argument("--workers", type=int, default=3, choices=(2, 3))
    parser.add_argument("--store", choices=STORES, default=STORES[0], help="where workers keep states [mixed]")
    parser.add_argument("--sabotage", default="", help="a way to break the product: see tests/chaos/sabotaged.py")
    parser.add_argument("--home", type=Path, help="where logs and results go and stay [a temporary directory]")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    left_out = _left_out(given.store)
    possible = [kind for kind in KINDS if kind not in left_out]
    kinds = draw(given.seed, given.faults, possible) if given.faults else [kind for kind in SHORT if kind in possible]
    with TemporaryDirectory(prefix="stream-loyalty-chaos-") as scratch, closing(RealBroker(lasting=True)) as broker:
        try:
            broker.start()
        except Unavailable as reason:
            raise SystemExit(str(reason)) from reason
        home = given.home or Path(scratch)
        home.mkdir(parents=True, exist_ok=True)
        chaos = Chaos(
            given.seed,
            given.events,
            kinds,
            home,
            broker.bootstrap,
            workers=given.workers,
            store=given.store,
            broker=broker,
            sabotage=given.sabotage,
            say=_say,
        )
        chaos.report.left_out = left_out
        report = chaos.run()
    print(json.dumps(report.as_dict()) if given.json else table(report))
    return 1 if report.problems else 0


def _left_out(store: str) -> dict[str, str]:
    """The kinds of faults that can not be done to such workers or on this machine, and why."""
    if store == "memory":
        return {kind: "no worker has RocksDB" for kind, fault in KINDS.items() if fault.on_disk}
    return {} if can_be_mounted() else {DISK_FULL: "no small file system can be mounted here"}


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

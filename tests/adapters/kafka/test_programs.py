"""Published versions reach every process that is started without files."""

import asyncio
import json
from pathlib import Path

import pytest

from stream_loyalty.adapters.kafka.commit import CommitLost, PlainWriter
from stream_loyalty.adapters.kafka.life import Life
from stream_loyalty.adapters.kafka.programs import KNOWN_S, StartAgain, Versions, in_force, published
from stream_loyalty.adapters.kafka.publisher import Publisher
from stream_loyalty.adapters.kafka.runner import Runner
from stream_loyalty.adapters.kafka.worker import Worker
from stream_loyalty.bootstrap import build_engine
from stream_loyalty.commands.dump import dump
from stream_loyalty.commands.program import await_adopted, publish, told_of
from stream_loyalty.commands.replay import replay_applied
from stream_loyalty.contracts.instants import parse_instant
from stream_loyalty.contracts.route import route
from stream_loyalty.core.program import ProgramError
from stream_loyalty.settings import Settings
from tests.adapters.kafka.fold import FoldEngine
from tests.support.live import Live, lines
from tests.unit.support_core import order, program_text, version_2

NOW = parse_instant("2026-06-01T12:00:00Z")


def filed(home: Path, name: str, text: str) -> Path:
    file = home / name
    file.write_text(text, "utf-8")
    return file


def labels(settings: Settings, *files: Path) -> list[str]:
    """What is new of the files."""
    return [one.label for one in publish(settings, files, NOW)]


def told(settings: Settings, home: Path) -> None:
    """Nothing is out: the default. Then what is out; files given win over it."""
    began = Versions(settings)
    assert began.programs.latest.version == 1
    first = filed(home, "1.toml", program_text({"buying_days = 60": "buying_days = 50"}))
    second = filed(home, "2.toml", version_2("2027-01-01"))
    assert labels(settings, first) == ["default/1"]
    with pytest.raises(StartAgain, match="default/1 was published, and this process began without it"):
        began.catch_up()
    assert labels(settings, first, second) == ["default/2"]
    assert labels(settings, first, second) == []
    assert [one.version for one in published(settings)] == [1, 2]
    assert [program.silence.buying_days for program in in_force(settings).versions] == [50, 60]
    assert len(in_force(settings.model_copy(update={"program": (second,)})).versions) == 1
    with pytest.raises(ProgramError, match="default/1 is published and says something else"):
        publish(settings, [filed(home, "3.toml", program_text())], NOW)
    wrong = version_2("2027-02-01", {'{ fact = "band", is = "new" }': '{ fact = "band", is = "knew" }'})
    with pytest.raises(ProgramError, match="there is no band 'knew'"):
        publish(settings, [filed(home, "4.toml", wrong.replace("version = 2", "version = 3"))], NOW)
    assert len(published(settings)) == 2


def test_versions_on_the_embedded_broker(embedded: Settings, tmp_path: Path) -> None:
    told(embedded, tmp_path)


@pytest.mark.kafka
def test_versions_on_a_real_broker(settings: Settings, tmp_path: Path) -> None:
    told(settings, tmp_path)


@pytest.mark.kafka
def test_a_worker_without_files_decides_by_what_is_published(kafka: str, tmp_path: Path) -> None:
    """And a dump follows it: what was adopted stands there once, the published version by itself does not."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    file = filed(tmp_path, "1.toml", program_text({'points_per_unit = "1"': 'points_per_unit = "3"'}))
    assert "published default/1" in live.run("program", "publish", str(file))
    events = tmp_path / "events.ndjson"
    events.write_bytes(order("2026-01-01", "o-1", 100) + b"\n")
    live.run("publish", str(events), "--advance-to", "2026-01-02")
    worker = live.start_worker()
    try:
        live.run("dump", "--out", str(tmp_path / "dumped"))
    finally:
        worker.terminate()
        worker.wait(30)
    [customer] = map(json.loads, (tmp_path / "dumped/customers.ndjson").read_text("utf-8").splitlines())
    assert customer["balances"] == {"points": 300}
    live.run("replay", "--applied", str(tmp_path / "dumped"), "--out", str(tmp_path / "again"))
    assert (tmp_path / "again/customers.ndjson").read_bytes() == (tmp_path / "dumped/customers.ndjson").read_bytes()


@pytest.mark.slow
@pytest.mark.kafka
def test_who_began_without_a_program_ends_when_the_first_is_published(kafka: str, tmp_path: Path) -> None:
    """To be started again: else it would go on by the default, also in partitions that others had by the program."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    worker, trainer = live.start_worker(), live.start_trainer()
    try:
        live.wait_for("taken up")
        live.wait_for("goes on", "trainer")
        live.run("program", "publish", str(filed(tmp_path, "1.toml", program_text())), "--patience", "0")
        assert (worker.wait(30), trainer.wait(30)) == (1, 1)
    finally:
        worker.kill()
        trainer.kill()
    for who in ("0", "trainer"):
        assert "began without it; started again it goes by it" in live.log(who)
        assert "Traceback" not in live.log(who)


THEN = parse_instant("2024-06-01")  # events of the future would be clamped
EVENTS = {
    "before": [order(f"2024-05-0{day}", f"o-{day}-{user}", 100, user) for day in (1, 2) for user in "abcdefgh"],
    "after": [order(f"2024-07-0{day}", f"o-{day}-{user}", 100, user) for day in (3, 4) for user in "abcdefgh"],
}
CHANGES = {'points_per_unit = "1"': 'points_per_unit = "5"'}
SECOND = version_2("2024-07-01", CHANGES)


def customers(folder: Path) -> dict[str, int]:
    """Points of each customer in a folder."""
    found = map(json.loads, lines(folder, "customers"))
    return {one["user_id"]: one["balances"]["points"] for one in found}


def adoptions(folder: Path) -> dict[int, list[str]]:
    """The digests that each partition adopted, in order."""
    steps: dict[int, list[str]] = {}
    for line in lines(folder, "applied"):
        entry = json.loads(line).get("applied")
        for step in entry["steps"] if entry else ():
            if step[0] == "a":
                steps.setdefault(entry["partition"], []).append(step[1])
    return steps


def same_along_the_log(folder: Path) -> None:
    """What `replay --applied` says of a dump, line by line."""
    again = folder.with_name(f"{folder.name}-again")
    replay_applied(folder, again)
    for name in ("rewards", "alerts", "decisions", "dead-letters", "customers"):
        assert lines(folder, name) == lines(again, name), name


def send(settings: Settings, raws: list[bytes]) -> None:
    publisher = Publisher(settings)
    for raw in raws:
        topic, key = route(raw)
        publisher.send(topic, key, raw)
    publisher.flush()


def test_who_does_not_know_what_is_published_commits_nothing(embedded: Settings) -> None:
    """A version is published an hour ahead; who has not looked for half as long might decide beyond one. Files stay."""
    clock = iter((0.0, 0.0, KNOWN_S - 1, KNOWN_S + 1)).__next__
    life = Life(1, "member", (0,))
    runner = Runner(embedded, FoldEngine(), versions=Versions(embedded, clock))
    runner._writer = PlainWriter(embedded, lambda positions: None)
    runner._write(life, [])
    with pytest.raises(CommitLost, match="which versions of the program are published is not known for 30 minutes"):
        runner._write(life, [])


def test_a_running_worker_adopts_a_version_on_the_embedded_broker(embedded: Settings, tmp_path: Path) -> None:
    """Published between two orders, it decides on the second; so it does along the log."""
    settings = embedded.model_copy(update={"clock": "event"})
    publish(settings, [filed(tmp_path, "1.toml", program_text())], THEN)
    second = filed(tmp_path, "2.toml", SECOND)
    third = filed(tmp_path, "3.toml", SECOND.replace("n = 2", "n = 3").replace("-07-01", "-07-02"))

    def scene() -> list[str]:
        send(settings, EVENTS["before"])
        dump(settings, tmp_path / "before", None, 30)
        new = publish(settings, [second], THEN)
        said = told_of(new, await_adopted(settings, new, 30))
        send(settings, EVENTS["after"])
        dump(settings, tmp_path / "after", None, 30)
        with pytest.raises(
            ProgramError, match=r"default/3 takes effect on 2024-07-02, but partition \d has decided up to"
        ):
            publish(settings, [third], THEN)
        return said

    async def run() -> list[str]:
        versions = Versions(settings)
        worker = Worker(settings, build_engine(settings, versions.programs), versions)
        await worker.start()
        try:
            return await asyncio.to_thread(scene)
        finally:
            await worker.stop()

    assert asyncio.run(run()) == ["4 of 4 partitions with a past decide by it"]
    assert set(customers(tmp_path / "before").values()) == {200}
    assert set(customers(tmp_path / "after").values()) == {1200}
    assert {len(digests) for digests in adoptions(tmp_path / "after").values()} == {2}
    same_along_the_log(tmp_path / "after")


@pytest.mark.slow
@pytest.mark.kafka
def test_a_version_published_while_workers_run_and_are_killed(kafka: str, tmp_path: Path) -> None:
    """Every partition adopts it once, over kill -9 and a second worker; it goes along to other topics."""
    live = Live(kafka, tmp_path)
    live.run("topics")
    live.run("program", "publish", str(filed(tmp_path, "1.toml", program_text())))
    second, settings = filed(tmp_path, "2.toml", SECOND), live.settings
    first = live.start_worker()
    try:
        for place, (what, raws) in enumerate(EVENTS.items()):
            (tmp_path / what).write_bytes(b"\n".join(raws) + b"\n")
            live.run("publish", str(tmp_path / what))
            live.run("dump", "--out", str(tmp_path / f"dumped-{place}"))
            if place == 0:
                new = publish(settings, [second], THEN)
                assert told_of(new, await_adopted(settings, new, 30)) == ["4 of 4 partitions with a past decide by it"]
            first.kill()
            first.wait()
            first = live.start_worker()
        with live.worker("1"):
            live.wait_for("taken up", "1")
            live.run("publish", str(tmp_path / "after"), "--advance-to", "2025-01-01")
            live.run("dump", "--out", str(tmp_path / "dumped"))
    finally:
        first.terminate()
        first.wait(30)
    assert set(customers(tmp_path / "dumped-0").values()) == {200}
    assert customers(tmp_path / "dumped-1") == customers(tmp_path / "dumped")
    assert set(customers(tmp_path / "dumped").values()) == {1200}
    assert {len(digests) for digests in adoptions(tmp_path / "dumped").values()} == {2}
    same_along_the_log(tmp_path / "dumped")
    prefix = live.environment["STREAM_LOYALTY_TOPIC_PREFIX"] + "wide."
    live.run("repartition", "--partitions", "6", "--to-prefix", prefix)
    wide = Settings(bootstrap=kafka, topic_prefix=prefix)
    assert [one.version for one in published(wide)] == [1, 2]

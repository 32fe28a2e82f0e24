"""Security of the wire, against a real broker with SASL/SCRAM and with mTLS; and what is refused before any wire."""

import ast
import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient
from redis import Redis

from stream_loyalty.adapters.kafka import client, topics
from stream_loyalty.adapters.kafka.client import KafkaFault
from stream_loyalty.adapters.kafka.security import SecurityFault
from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings
from stream_loyalty.simulate.storefront import storefront
from tests.adapters.kafka.conftest import until
from tests.conftest import needed
from tests.support import Unavailable, run
from tests.support.broker import RealBroker, Security
from tests.support.live import COMMAND, Live, lines
from tests.support.live import run as run_product

ROOT = Path(__file__).parents[3]
USER, PASSWORD, KEY_PASSWORD = "alice", "Tr0mb0ne-42", "B4ss00n-17"
KINDS = ("rewards", "alerts", "decisions", "dead-letters", "customers")
START_MS, END = 1_700_000_000_000, "2024-03-31"


@dataclass(frozen=True)
class Papers:
    """Certificates of one test run: an authority, the broker, a client; and a client of another authority."""

    home: Path

    @property
    def ca(self) -> Path:
        return self.home / "ca.crt"

    def make(self) -> "Papers":
        if shutil.which("openssl") is None:
            raise Unavailable("openssl is not on PATH")
        for authority in ("ca", "other-ca"):
            self._request(authority, "basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
        use = "extendedKeyUsage=serverAuth,clientAuth"
        self._request("broker", "subjectAltName=IP:127.0.0.1", use, signer="ca")
        self._request("client", use, signer="ca")
        self._request("stranger", use, signer="other-ca")
        identity = (self.home / "broker.key").read_text() + (self.home / "broker.crt").read_text()
        (self.home / "broker.pem").write_text(identity)
        locked = ["-aes256", "-passout", f"pass:{KEY_PASSWORD}", "-out", str(self.home / "locked.key")]
        run(["openssl", "pkey", "-in", str(self.home / "client.key"), *locked], 20)
        return self

    def _request(self, name: str, *extensions: str, signer: str = "") -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]
        signed = ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key"] if signer else []
        added = [part for extension in extensions for part in ("-addext", extension)]
        if signer:
            added += ["-addext", "basicConstraints=critical,CA:FALSE"]
        made = ["-x509", "-days", "2", "-subj", f"/CN={name}", "-out", f"{name}.crt", "-config", "openssl.cnf"]
        (self.home / "openssl.cnf").write_text("[req]\ndistinguished_name=name\n[name]\n")
        subject = ["sh", "-c", 'cd "$0" && exec openssl "$@"', str(self.home), "req"]
        run([*subject, *made, *key, *signed, *added], 20)

    def login(self, mechanism: str = "SCRAM-SHA-512", **others: str) -> dict[str, str]:
        """Settings that log in."""
        return {
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": mechanism,
            "sasl_username": USER,
            "sasl_password": PASSWORD,
            "ssl_ca": str(self.ca),
            **others,
        }

    def mutual(self, name: str = "client", **others: str) -> dict[str, str]:
        """Settings that show a certificate."""
        return {
            "security_protocol": "SSL",
            "ssl_ca": str(self.ca),
            "ssl_cert": str(self.home / f"{name}.crt"),
            "ssl_key": str(self.home / f"{name}.key"),
            **others,
        }


@pytest.fixture(scope="module")
def papers(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Papers:
    with needed(pytestconfig, "certificates"):
        return Papers(tmp_path_factory.mktemp("papers")).make()


@pytest.fixture(scope="module")
def broker(pytestconfig: pytest.Config, papers: Papers) -> Iterator[RealBroker]:
    """A broker that lets nobody in without a login over TLS or a certificate."""
    with closing(RealBroker(security=Security(papers.ca, papers.home / "broker.pem", {USER: PASSWORD}))) as made:
        with needed(pytestconfig, "a real Kafka broker"):
            made.start()
        yield made


@pytest.fixture(params=["login", pytest.param("mutual", marks=pytest.mark.slow)])
def live(request: pytest.FixtureRequest, broker: RealBroker, papers: Papers, tmp_path: Path) -> Live:
    """An installation that reaches the broker in one of the two ways."""
    if request.param == "login":
        return Live(broker.bootstrap, tmp_path, **papers.login())
    return Live(broker.mtls, tmp_path, **papers.mutual())


def call(environment: Mapping[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command of the product, however it ends."""
    return subprocess.run(
        [*COMMAND, "-v", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refusals(broker: RealBroker) -> list[str]:
    """What the broker says of connections that it did not let in."""
    return [line for line in broker.log.read_text().splitlines() if "Failed authentication" in line]


@pytest.mark.kafka
def test_everything_runs_over_a_secured_wire(live: Live, broker: RealBroker, redis_url: str, tmp_path: Path) -> None:
    """Topics, publish, worker, projector, trainer and dump: the lines of a replay; nothing of ours knocks unsecured."""
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"".join(line + b"\n" for line in storefront(11, 30, START_MS, 90)))
    run_product(["replay", str(events), "--out", str(tmp_path / "replay"), "--advance-to", END])
    before = len(refusals(broker))
    said = ""
    for arguments in (["topics"], ["topics", "--check"], ["publish", str(events), "--advance-to", END]):
        done = call(live.environment, *arguments)
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
    with live.worker(), Redis.from_url(redis_url) as redis, (tmp_path / "projector.log").open("w") as log:
        done = call(live.environment, "dump", "--out", str(tmp_path / "live"))
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
        customers = len(lines(tmp_path / "replay", "customers"))
        pattern = live.topic("customer:*")
        environment = {**os.environ, **live.environment, "STREAM_LOYALTY_REDIS_URL": redis_url}
        projector = subprocess.Popen([*COMMAND, "-v", "projector"], env=environment, stdout=log, stderr=log)
        try:
            until(lambda: len(list(redis.scan_iter(pattern))) == customers)
        finally:
            projector.terminate()
        assert projector.wait(20) == 0
    trainer = live.start_trainer()  # not before: what it publishes would change the alerts
    try:
        live.wait_for("the trainer goes on", "trainer")
    finally:
        trainer.terminate()
    assert trainer.wait(20) == 0, live.log("trainer")
    said += live.log("trainer") + live.log() + (tmp_path / "projector.log").read_text()
    for kind in KINDS:
        want, found = (sorted(map(_line, lines(tmp_path / out, kind))) for out in ("replay", "live"))
        assert want, kind
        assert want == found, kind
    assert PASSWORD not in said
    assert "taken up" in said
    assert refusals(broker)[before:] == []


def _line(text: str) -> str:
    """A line without the one thing that differs between runs: where a dead letter's record lay."""
    line = json.loads(text)
    line.pop("source" if "reason" in line else "", None)
    return json.dumps(line, sort_keys=True)


@pytest.mark.kafka
@pytest.mark.parametrize("way", ["SCRAM-SHA-256", "SCRAM-SHA-512", "PLAIN", "clear", "certificate", "locked key"])
def test_every_kind_of_client_gets_in(broker: RealBroker, papers: Papers, way: str) -> None:
    """Admin, producer, reader and the worker's aiokafka consumer, in each way that there is."""
    ways = {
        "clear": (broker.clear, {"security_protocol": "SASL_PLAINTEXT", "allow_plaintext_sasl": "true"}),
        "certificate": (broker.mtls, papers.mutual()),
        "locked key": (
            broker.mtls,
            papers.mutual(ssl_key=str(papers.home / "locked.key"), ssl_key_password=KEY_PASSWORD),
        ),
    }
    bootstrap, given = ways.get(way, (broker.bootstrap, papers.login(way)))
    if way == "clear":
        given |= {"sasl_username": USER, "sasl_password": PASSWORD}
    settings = made(given, bootstrap=bootstrap, topic_prefix=f"t{time.time_ns()}.", partitions=1)
    assert topics.ensure(settings)
    name = client.physical(settings, "orders")
    producer = client.producer(settings)
    producer.produce(name, b"{}", partition=0)
    assert producer.flush(20) == 0
    with closing(client.reader(settings)) as reader:
        reader.assign([TopicPartition(name, 0, 0)])
        until(lambda: any(message.error() is None for message in reader.consume(1, 1)))

    async def consume() -> object:
        consumer = AIOKafkaConsumer(name, **client.group_consumer(settings) | {"auto_offset_reset": "earliest"})
        await consumer.start()
        try:
            record = await asyncio.wait_for(consumer.getone(), 20)
            return record.value
        finally:
            await consumer.stop()

    assert asyncio.run(consume()) == b"{}"


@pytest.mark.kafka
@pytest.mark.parametrize(
    ("mistake", "command"),
    [
        ("wrong password", "worker"),
        ("unknown user", "publish"),
        ("no certificate", "dump"),
        ("certificate of a stranger", "worker"),
        ("broker of a stranger", "topics"),
    ],
)
def test_who_is_refused_is_told_so(
    broker: RealBroker, papers: Papers, tmp_path: Path, mistake: str, command: str
) -> None:
    """One sentence that says what it was about, an exit code, in good time; and no password in it."""
    wrong = {"sasl_password": "Cl4r1net-99"} if mistake == "wrong password" else {"sasl_username": "bob"}
    cases = {
        "no certificate": (broker.mtls, {"security_protocol": "SSL", "ssl_ca": str(papers.ca)}, "certificate"),
        "certificate of a stranger": (broker.mtls, papers.mutual("stranger"), "certificate"),
        "broker of a stranger": (
            broker.bootstrap,
            papers.login(ssl_ca=str(papers.home / "other-ca.crt")),
            "certificate verify failed",
        ),
    }
    bootstrap, given, reason = cases.get(mistake, (broker.bootstrap, papers.login(**wrong), "invalid credentials"))
    events = tmp_path / "none.ndjson"
    events.touch()
    arguments = {"publish": [str(events)], "dump": ["--out", str(tmp_path / "out")]}.get(command, [])
    began = time.monotonic()
    done = call(Live(bootstrap, tmp_path, **given).environment, command, *arguments)
    took = time.monotonic() - began
    said = (done.stdout + done.stderr).strip()
    print(f"{mistake}, {command}: {took:.1f} s: {said}")
    assert done.returncode == 1, said
    assert len(said.splitlines()) == 1, said
    assert said.startswith(f"stream-loyalty: no secure connection to Kafka at {bootstrap}: ")
    assert reason in said
    assert took < 20
    assert PASSWORD not in said
    assert "Cl4r1net-99" not in said


@pytest.mark.kafka
def test_the_broker_has_to_be_the_one_that_was_meant(broker: RealBroker, papers: Papers) -> None:
    """Its certificate is for 127.0.0.1: under another name it is refused, unless names are not to be checked."""
    elsewhere = broker.bootstrap.replace("127.0.0.1", "localhost")
    settings = made(papers.login(), bootstrap=elsewhere)
    with pytest.raises(KafkaFault, match="certificate verify failed"):
        topics.partitions(settings)
    assert asyncio.run(_joins(settings)) is False
    unchecked = settings.model_copy(update={"ssl_check_hostname": False})
    topics.partitions(unchecked)
    assert asyncio.run(_joins(unchecked)) is True


async def _joins(settings: Settings) -> bool:
    consumer = AIOKafkaConsumer(**client.group_consumer(settings))
    try:
        await consumer.start()
    except KafkaConnectionError:
        return False
    finally:
        await consumer.stop()
    return True


@pytest.mark.kafka
def test_the_broker_would_have_told_of_an_unsecured_client(broker: RealBroker) -> None:
    """What the end-to-end test relies on: a plain connection leaves a line in the broker's log."""
    before = len(refusals(broker))
    plain = AdminClient({"bootstrap.servers": broker.bootstrap, "log_level": 0})

    def told() -> bool:
        plain.poll(0.1)
        return len(refusals(broker)) > before

    until(told)


def made(given: Mapping[str, str], **others: object) -> Settings:
    return Settings.model_validate({**given, **others})


LOGIN = {"security_protocol": "SASL_SSL", "sasl_username": USER, "sasl_password": PASSWORD}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            LOGIN | {"security_protocol": "SASL_PLAINTEXT"},
            "SECURITY_PROTOCOL: SASL_PLAINTEXT encrypts nothing; take SASL_SSL, or set "
            "STREAM_LOYALTY_ALLOW_PLAINTEXT_SASL=true where the network itself is safe",
        ),
        ({"security_protocol": "SASL_SSL", "sasl_password": PASSWORD}, "SASL_USERNAME: SASL_SSL needs it"),
        (LOGIN | {"sasl_password": ""}, "SASL_PASSWORD: SASL_SSL needs it"),
        (
            LOGIN | {"security_protocol": "PLAINTEXT"},
            "SASL_USERNAME: nobody logs in with PLAINTEXT; set STREAM_LOYALTY_SECURITY_PROTOCOL=SASL_SSL",
        ),
        (
            {"security_protocol": "SSL", "sasl_password": PASSWORD},
            "SASL_PASSWORD: nobody logs in with SSL; set STREAM_LOYALTY_SECURITY_PROTOCOL=SASL_SSL",
        ),
        (
            {"ssl_ca": "{papers}/ca.crt"},
            "SSL_CA: PLAINTEXT encrypts nothing; set STREAM_LOYALTY_SECURITY_PROTOCOL=SSL",
        ),
        (
            LOGIN
            | {"security_protocol": "SASL_PLAINTEXT", "allow_plaintext_sasl": "true", "ssl_ca": "{papers}/ca.crt"},
            "SSL_CA: SASL_PLAINTEXT encrypts nothing; set STREAM_LOYALTY_SECURITY_PROTOCOL=SASL_SSL",
        ),
        (
            {"security_protocol": "SSL", "ssl_cert": "{papers}/client.crt"},
            "SSL_KEY: the certificate of STREAM_LOYALTY_SSL_CERT needs its key",
        ),
        (
            {"security_protocol": "SSL", "ssl_key": "{papers}/client.key"},
            "SSL_CERT: the key of STREAM_LOYALTY_SSL_KEY needs its certificate",
        ),
        (
            {"security_protocol": "SSL", "ssl_key_password": KEY_PASSWORD},
            "SSL_KEY_PASSWORD: there is no STREAM_LOYALTY_SSL_KEY that it could open",
        ),
        (
            {"security_protocol": "SSL", "ssl_ca": "{papers}/gone.crt"},
            "SSL_CA: {papers}/gone.crt can not be read: No such file or directory",
        ),
        (
            {"security_protocol": "SSL", "ssl_ca": "{papers}/client.key"},
            "SSL_CA: {papers}/client.key holds no PEM certificate",
        ),
        *(
            (
                {"security_protocol": "SSL", "ssl_cert": "{papers}/client.crt", "ssl_key": f"{{papers}}/{key}", **more},
                f"SSL_KEY: {{papers}}/{key} is no PEM key to the certificate in {{papers}}/client.crt, "
                "or STREAM_LOYALTY_SSL_KEY_PASSWORD does not open it",
            )
            for key, more in [
                ("broker.key", {}),
                ("locked.key", {}),
                ("locked.key", {"ssl_key_password": "wr0ng-0ne"}),
                ("ca.crt", {}),
            ]
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(papers: Papers, given: dict[str, str], sentence: str) -> None:
    """In one sentence, by every kind of client, without a word to the network."""
    home = str(papers.home)
    settings = made({name: value.replace("{papers}", home) for name, value in given.items()}, bootstrap="127.0.0.1:1")
    for make in (client.admin, client.producer, client.reader, client.group_consumer):
        with pytest.raises(SecurityFault) as refused:
            make(settings)
        assert str(refused.value) == f"setting STREAM_LOYALTY_{sentence.replace('{papers}', home)}"
        assert isinstance(refused.value, StreamLoyaltyError)


def test_a_command_refuses_plain_text_with_a_login(tmp_path: Path) -> None:
    """Through the command line: one sentence, exit code 1."""
    settings = {"security_protocol": "SASL_PLAINTEXT", "sasl_username": USER, "sasl_password": PASSWORD}
    done = call(Live("127.0.0.1:1", tmp_path, **settings).environment, "topics")
    assert done.returncode == 1
    assert done.stderr.startswith("stream-loyalty: setting STREAM_LOYALTY_SECURITY_PROTOCOL: SASL_PLAINTEXT encrypts")
    assert len(done.stderr.splitlines()) == 1
    assert PASSWORD not in done.stderr


def test_secrets_do_not_show(papers: Papers) -> None:
    """Neither in what settings look like, nor in what becomes of them as text or JSON."""
    settings = made(papers.mutual(ssl_key_password=KEY_PASSWORD) | papers.login())
    for text in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert PASSWORD not in text
        assert KEY_PASSWORD not in text


def test_every_client_is_made_in_one_place() -> None:
    """A client made elsewhere would not be secured. The embedded broker is none; Faust's gets `group_consumer`."""
    kinds = {"Producer", "Consumer", "AdminClient", "DeserializingConsumer", "SerializingProducer"}
    kinds |= {"AIOKafkaConsumer", "AIOKafkaProducer", "AIOKafkaClient", "AIOKafkaAdminClient"}
    source = ROOT / "src" / "stream_loyalty"
    found: dict[str, list[str]] = {}
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if name in kinds:
                found.setdefault(path.name, []).append(ast.unparse(node))
    assert found.keys() <= {"embedded.py", "transport.py"}, found
    assert all("group_consumer(" in call for call in found["transport.py"])

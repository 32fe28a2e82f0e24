"""A real Apache Kafka broker, one node in KRaft mode, from Maven artifacts. It needs Java 17, no container.

`python -m tests.support.broker --port 19092` runs one until Ctrl-C.
"""

import argparse
import random
import shutil
import signal
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.support import Unavailable, cache_dir, run
from tests.support.process import Server

VERSION = "4.1.0"
POM = Path(__file__).with_name("kafka") / "pom.xml"
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
log.dirs={data}
num.partitions=4
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""
PLAIN = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
"""
SECURED = """\
listeners=LOGIN://127.0.0.1:{port},MTLS://127.0.0.1:{mtls},CLEAR://127.0.0.1:{clear},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=LOGIN://127.0.0.1:{port},MTLS://127.0.0.1:{mtls},CLEAR://127.0.0.1:{clear}
listener.security.protocol.map=LOGIN:SASL_SSL,MTLS:SSL,CLEAR:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=MTLS
ssl.keystore.type=PEM
ssl.keystore.location={identity}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
listener.name.mtls.ssl.client.auth=required
sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN
"""
MODULES = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Security:
    """What a secured broker is made with. `identity`: key and certificate for 127.0.0.1 in one PEM file."""

    ca: Path
    identity: Path
    users: Mapping[str, str]  # name -> password

    def properties(self, **ports: int) -> str:
        """The listeners, and how to log in on those with SASL."""
        known = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        modules = {
            "scram-sha-256": f"{MODULES}.scram.ScramLoginModule required;",
            "scram-sha-512": f"{MODULES}.scram.ScramLoginModule required;",
            "plain": f"{MODULES}.plain.PlainLoginModule required {known};",
        }
        return SECURED.format(ca=self.ca, identity=self.identity, **ports) + "".join(
            f"listener.name.{listener}.{mechanism}.sasl.jaas.config={module}\n"
            for listener in ("login", "clear")
            for mechanism, module in modules.items()
        )

    def format_options(self) -> list[str]:
        """What makes the users while the broker's directory is formatted."""
        return [
            f"--add-scram={mechanism}=[name={name},password={password}]"
            for name, password in self.users.items()
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
        ]

    def client(self) -> dict[str, str]:
        """How the broker's own identity gets in."""
        return {
            "security.protocol": "SSL",
            "ssl.ca.location": str(self.ca),
            "ssl.certificate.location": str(self.identity),
            "ssl.key.location": str(self.identity),
        }


class RealBroker:
    """One broker with a directory of its own. It can be stopped or killed and started again on its data.

    With `security`, `bootstrap` wants TLS and a login, `mtls` TLS and a certificate, `clear` a login without TLS.
    `lasting`: what it runs is compiled as well as can be, which pays after some ten minutes of work.
    """

    def __init__(self, port: int | None = None, security: Security | None = None, lasting: bool = False) -> None:
        controller, free, mtls, clear = _free_ports(4)
        port = port or free
        self.bootstrap = f"127.0.0.1:{port}"
        self.mtls = f"127.0.0.1:{mtls}"
        self.clear = f"127.0.0.1:{clear}"
        self._security = security
        self._lasting = lasting
        self._directory = TemporaryDirectory(prefix="stream-loyalty-kafka-")
        home = Path(self._directory.name)
        self.log = home / "broker.log"
        self._cluster = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        self._data = home / "data"
        self._properties = home / "server.properties"
        listeners = (
            security.properties(port=port, mtls=mtls, clear=clear, controller=controller)
            if security
            else PLAIN.format(port=port, controller=controller)
        )
        self._properties.write_text(listeners + PROPERTIES.format(controller=controller, data=self._data))
        self._server: Server | None = None

    def start(self, seconds: float = 60) -> None:
        """Start, and return when the broker answers; raise Unavailable when it does not in time."""
        java = _java(self._lasting)
        if not self._data.exists():
            options = [f"--cluster-id={self._cluster}", f"--config={self._properties}"]
            options += self._security.format_options() if self._security else []
            run([*java, "kafka.tools.StorageTool", "format", *options], seconds)
        self._server = Server([*java, "kafka.Kafka", str(self._properties)], self.log)
        where = {"bootstrap.servers": self.mtls, **self._security.client()} if self._security else {}
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, **where})
        self._server.wait_for_answer(lambda: self._is_ready(admin), KafkaException, seconds)

    def _is_ready(self, admin: AdminClient) -> bool:
        metadata = admin.list_topics(timeout=1)
        return bool(metadata.brokers) and metadata.cluster_id == self._cluster  # not another's on this port

    def stop(self) -> None:
        """Shut down in order, in 30 seconds at the most; the data stays."""
        if self._server is not None:
            self._server.stop(seconds=30)

    def kill(self) -> None:
        """End at once, as kill -9 does; the data stays. A start after it waits out the old session: 10 s."""
        if self._server is not None:
            self._server.kill()

    def close(self) -> None:
        """End at once and remove the data."""
        self.kill()
        self._directory.cleanup()

    def wait(self) -> None:
        """Wait until the broker ends by itself."""
        if self._server is not None:
            self._server.wait()


def _java(lasting: bool) -> list[str]:
    if shutil.which("java") is None:
        raise Unavailable("java is not on PATH")
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    refusals = "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.network.Selector=info"  # who was not let in
    compiler = [] if lasting else ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
    return ["java", *compiler, "-Xms256m", "-Xmx768m", quiet, refusals, "-cp", f"{_jars()}/*"]


def _jars() -> Path:
    jars = cache_dir() / f"kafka-{VERSION}"
    if not jars.is_dir():
        if shutil.which("mvn") is None:
            raise Unavailable("mvn is not on PATH")
        with TemporaryDirectory(dir=cache_dir()) as scratch:
            complete = Path(scratch) / "jars"
            maven = ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(POM), f"-Dkafka.version={VERSION}"]
            run([*maven, "dependency:copy-dependencies", f"-DoutputDirectory={complete}"], seconds=900)
            with suppress(OSError):  # another run may have been quicker
                complete.rename(jars)
    return jars


def _free_ports(count: int) -> list[int]:
    """Free ports below those of outgoing connections, which could take the port of a broker that is down."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise Unavailable("no free port between 20000 and 32000")


def main() -> None:
    """Run one broker in the foreground."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.broker", description=main.__doc__)
    parser.add_argument("--port", type=int, default=19092, help="default: %(default)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with closing(RealBroker(parser.parse_args().port, lasting=True)) as broker, suppress(KeyboardInterrupt):
        try:
            broker.start()
        except Unavailable as reason:
            raise SystemExit(str(reason)) from reason
        print(f"Kafka {VERSION} answers on {broker.bootstrap}; Ctrl-C ends it and removes its data", flush=True)
        broker.wait()


if __name__ == "__main__":
    main()

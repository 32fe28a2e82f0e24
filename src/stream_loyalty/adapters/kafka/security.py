"""Security settings as each kind of client wants them. What does not fit together is refused, not guessed at."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from stream_loyalty.errors import StreamLoyaltyError
from stream_loyalty.settings import Settings

_SASL = ("SASL_SSL", "SASL_PLAINTEXT")
_TLS = ("SSL", "SASL_SSL")


class SecurityFault(StreamLoyaltyError):
    """The security settings can not be used; the message is a sentence for the user and holds no secret."""


def for_librdkafka(settings: Settings) -> dict[str, str | int | float | bool]:
    """What a librdkafka client adds to its configuration. SecurityFault where the settings are wrong."""
    _check(settings)
    config: dict[str, str | int | float | bool] = {"security.protocol": settings.security_protocol}
    if settings.security_protocol in _SASL:
        config |= {
            "sasl.mechanism": settings.sasl_mechanism,
            "sasl.username": settings.sasl_username or "",
            "sasl.password": _shown(settings.sasl_password),
        }
    if settings.security_protocol in _TLS:
        if settings.ssl_ca or settings.ssl_cert:
            _context(settings)  # librdkafka's own words on a wrong file name neither the file nor the setting
        config["ssl.endpoint.identification.algorithm"] = "https" if settings.ssl_check_hostname else "none"
        files = {
            "ssl.ca.location": settings.ssl_ca,
            "ssl.certificate.location": settings.ssl_cert,
            "ssl.key.location": settings.ssl_key,
        }
        config |= {name: str(path) for name, path in files.items() if path is not None}
        if settings.ssl_key_password:
            config["ssl.key.password"] = _shown(settings.ssl_key_password)
    return config


def for_aiokafka(settings: Settings) -> dict[str, Any]:
    """What an aiokafka client is made with besides. SecurityFault where the settings are wrong."""
    _check(settings)
    arguments: dict[str, Any] = {"security_protocol": settings.security_protocol}
    if settings.security_protocol in _SASL:
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": _shown(settings.sasl_password),
        }
    if settings.security_protocol in _TLS:
        arguments["ssl_context"] = _context(settings)
    return arguments


def _check(settings: Settings) -> None:
    for name, problem in _problems(settings):
        raise SecurityFault(f"setting STREAM_LOYALTY_{name.upper()}: {problem}")


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong: the setting, and the rest of a sentence about it."""
    protocol = settings.security_protocol
    user, password = settings.sasl_username, _shown(settings.sasl_password)
    if protocol == "SASL_PLAINTEXT" and not settings.allow_plaintext_sasl:
        yield (
            "security_protocol",
            "SASL_PLAINTEXT encrypts nothing; take SASL_SSL, or set STREAM_LOYALTY_ALLOW_PLAINTEXT_SASL=true "
            "where the network itself is safe",
        )
    if protocol in _SASL:
        for name, value in (("sasl_username", user), ("sasl_password", password)):
            if not value:
                yield name, f"{protocol} needs it"
    else:
        for name, value in (("sasl_username", user), ("sasl_password", password)):
            if value:
                yield name, f"nobody logs in with {protocol}; set STREAM_LOYALTY_SECURITY_PROTOCOL=SASL_SSL"
    if protocol not in _TLS:
        for name in ("ssl_ca", "ssl_cert", "ssl_key", "ssl_key_password"):
            if getattr(settings, name) is not None:
                secured = "SASL_SSL" if protocol in _SASL else "SSL"
                yield name, f"{protocol} encrypts nothing; set STREAM_LOYALTY_SECURITY_PROTOCOL={secured}"
    if settings.ssl_cert is not None and settings.ssl_key is None:
        yield "ssl_key", "the certificate of STREAM_LOYALTY_SSL_CERT needs its key"
    if settings.ssl_key is not None and settings.ssl_cert is None:
        yield "ssl_cert", "the key of STREAM_LOYALTY_SSL_KEY needs its certificate"
    if settings.ssl_key_password is not None and settings.ssl_key is None:
        yield "ssl_key_password", "there is no STREAM_LOYALTY_SSL_KEY that it could open"


def _context(settings: Settings) -> ssl.SSLContext:
    """A context that asks for the broker's certificate, whatever is said about host names."""
    for name in ("ssl_ca", "ssl_cert", "ssl_key"):
        path: Path | None = getattr(settings, name)
        if path is not None:
            _readable(name, path)
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca)
    except (OSError, ValueError) as error:
        raise SecurityFault(f"setting STREAM_LOYALTY_SSL_CA: {settings.ssl_ca} holds no PEM certificate") from error
    context.check_hostname = settings.ssl_check_hostname
    if settings.ssl_cert is not None:
        password = _shown(settings.ssl_key_password)
        try:
            # a function, also for no password: else OpenSSL would ask for one at the terminal and wait
            context.load_cert_chain(settings.ssl_cert, settings.ssl_key, lambda: password)
        except (OSError, ValueError) as error:
            raise SecurityFault(
                f"setting STREAM_LOYALTY_SSL_KEY: {settings.ssl_key} is no PEM key to the certificate in "
                f"{settings.ssl_cert}, or STREAM_LOYALTY_SSL_KEY_PASSWORD does not open it"
            ) from error
    return context


def _readable(name: str, path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SecurityFault(f"setting STREAM_LOYALTY_{name.upper()}: {path} can not be read: {why}") from error


def _shown(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""

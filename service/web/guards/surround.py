"""All guards around an application, as the settings have them."""

from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from service.access.door import Door
from service.access.file import KeyFile
from service.access.rates import Rates, read_rate
from service.ops.settings import Settings
from service.web.guards.entrance import KEY_HEADERS, Budgeted, Entrance
from service.web.guards.heads import TIMEOUT_HEADER, Hosts, check_crowd, check_size
from service.web.guards.pace import BodyPace
from service.web.guards.refusing import Check, Guards, Refuse

EXPOSED: Final = (
    *("Content-Disposition", "Kolvani-Ignored", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *("X-Request-ID", "traceparent"),
)  # what scripts of other origins may read of an answer
ALLOWED: Final = (
    *("Authorization", *KEY_HEADERS, TIMEOUT_HEADER),
    *("X-Request-ID", "traceparent", "tracestate"),
)
PREFLIGHT_SEC: Final = 600


def door_of(settings: Settings) -> Door:
    """Who comes in, and how much each may have. Raises KeysError."""
    file = settings.api_keys_file
    rates = Rates(
        read_rate(settings.rate_limit) if settings.rate_limit else None,
        read_rate(settings.audio_limit) if settings.audio_limit else None,
    )
    return Door(KeyFile(file) if file else None, rates, open_status=settings.open_status)


def surround(app: FastAPI, settings: Settings, door: Door, refuse: Refuse) -> None:
    """From the inside out: pace, checks, budgets, other origins. Where no key and no rate is set,
    nobody is asked.
    """
    app.add_middleware(
        BodyPace,
        grace_sec=settings.body_timeout_sec,
        least_rate=settings.min_body_bytes_per_sec,
    )
    checks: list[Check] = [check_size, check_crowd]
    if settings.allowed_hosts:
        checks.append(Hosts(settings.allowed_hosts))
    if door.limited:
        checks.append(Entrance(door))
    app.add_middleware(Guards, checks=checks, refuse=refuse)
    if door.limited:
        app.add_middleware(Budgeted, door=door)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
            max_age=PREFLIGHT_SEC,
        )

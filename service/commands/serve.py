"""`serve`: listen for HTTP requests."""

import argparse
import sys
from contextlib import suppress

import uvicorn

from service.access.lines import KeysError
from service.app import create_app
from service.batch.status import DONE, FAILED
from service.commands.arguments import Commands, command_parser
from service.commands.serving import Server
from service.ops.settings import Settings
from service.web.guards.connection import Patience, connection_class, most_connections


def add_serve(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "serve", "listen for HTTP requests")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.set_defaults(run=serve)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Until it is told to stop; returns the exit status."""
    try:
        app = create_app(settings)
    except KeysError as error:
        sys.stderr.write(f"error: {error}\n")
        return FAILED
    server = Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            log_config=None,
            http=connection_class(_patience(settings)),
            timeout_keep_alive=settings.keep_alive_sec,
            forwarded_allow_ips=settings.trusted_proxies,
            access_log=False,  # service/web/observer.py has a line a request
        ),
        settings.grace_sec,
    )
    # KeyboardInterrupt is raised again once the server has shut down; SystemExit where it could not
    # begin, with a status of uvicorn's own.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run()
    return DONE if server.started else FAILED


def _patience(settings: Settings) -> Patience:
    return Patience(
        settings.headers_timeout_sec,
        settings.send_timeout_sec,
        most_connections(settings.max_connections),
    )

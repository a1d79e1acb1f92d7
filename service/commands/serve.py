"""`serve`: listen for HTTP requests."""

import argparse
from contextlib import suppress

import uvicorn

from service.app import create_app
from service.batch.status import DONE, FAILED
from service.commands.arguments import Commands, command_parser
from service.commands.serving import Server
from service.ops.settings import Settings


def add_serve(commands: Commands) -> None:
    """Its arguments."""
    parser = command_parser(commands, "serve", "listen for HTTP requests")
    parser.add_argument("--host", help="address to listen on")
    parser.add_argument("--port", type=int, help="port to listen on")
    parser.set_defaults(run=serve)


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Until it is told to stop; returns the exit status."""
    server = Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_level=settings.log_level,
            log_config=None,
            access_log=False,  # service/web/observer.py has a line a request
        ),
        settings.grace_sec,
    )
    # KeyboardInterrupt is raised again once the server has shut down; SystemExit where it could not
    # begin, with a status of uvicorn's own.
    with suppress(KeyboardInterrupt, SystemExit):
        server.run()
    return DONE if server.started else FAILED

"""Messages and descriptors over a pair of sockets."""

import os
import socket
from collections.abc import Iterator

import pytest

from service.decoding.channel import MAX_MESSAGE_BYTES, Channel, ChannelClosed


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    with theirs:
        yield channel, theirs
    channel.close()


def test_messages_come_one_by_one_with_their_descriptors(
    ends: tuple[Channel, socket.socket],
) -> None:
    """Also where they arrive together; a descriptor is the message's that brought it."""
    channel, theirs = ends
    sender = Channel(theirs)
    read, write = os.pipe()
    sender.send({"first": 1})
    sender.send({"second": 2}, [write])
    sender.send({"third": 3})
    os.close(write)
    assert channel.receive() == ({"first": 1, "descriptors": 0}, [])
    message, (descriptor,) = channel.receive()
    assert message["second"] == 2
    os.write(descriptor, b"through")
    os.close(descriptor)
    assert os.read(read, 10) == b"through"
    os.close(read)
    assert channel.receive()[0]["third"] == 3


@pytest.mark.parametrize(
    "said",
    [b"no json\n", b"[]\n", b"{}\n", b'{"descriptors": 1}\n', b"x" * (MAX_MESSAGE_BYTES + 1)],
)
def test_what_is_no_message_closes(ends: tuple[Channel, socket.socket], said: bytes) -> None:
    """Whoever says it is not listened to any more."""
    channel, theirs = ends
    theirs.sendall(said)
    with pytest.raises(ChannelClosed):
        channel.receive()


def test_an_end_that_is_gone_is_told(ends: tuple[Channel, socket.socket]) -> None:
    """Whether one listens or speaks."""
    channel, theirs = ends
    theirs.close()
    with pytest.raises(ChannelClosed):
        channel.receive()
    with pytest.raises(ChannelClosed):
        channel.send({"more": 1})


def test_who_waits_in_vain_is_told(ends: tuple[Channel, socket.socket]) -> None:
    """And may go on waiting."""
    channel, theirs = ends
    theirs.sendall(b'{"half": 1, ')
    with pytest.raises(TimeoutError):
        channel.receive(0.01)
    theirs.sendall(b'"descriptors": 0}\n')
    assert channel.receive()[0]["half"] == 1

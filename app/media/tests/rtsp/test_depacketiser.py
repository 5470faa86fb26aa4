"""NAL units out of packets; the packets come from the simulator, which is written independently."""

from hypothesis import given
from hypothesis import strategies as st

from remlab_media.rtsp.depacketiser import AccessUnit, Depacketiser
from remlab_simulator.camera.rtp import Packetiser

KEY, OTHER, SPS = 0x65, 0x41, 0x67


def feed(packets: list[bytes]) -> list[AccessUnit]:
    depacketiser = Depacketiser()
    return [unit for packet in packets for unit in depacketiser.feed(packet)]


def packet(payload: bytes, *, sequence: int, timestamp: int, marker: bool) -> bytes:
    head = bytes((0x80, 96 | marker << 7)) + sequence.to_bytes(2, "big") + timestamp.to_bytes(4, "big")
    return head + bytes(4) + payload


nal_units = st.builds(
    lambda kind, body: bytes((kind,)) + body,
    st.sampled_from([KEY, OTHER]),
    st.binary(min_size=1, max_size=5000),
)


@given(st.lists(st.lists(nal_units, min_size=1, max_size=3), min_size=1, max_size=4))
def test_what_was_packetised_comes_out_again(pictures: list[list[bytes]]) -> None:
    packetiser = Packetiser()
    packets = [
        part
        for index, units in enumerate(pictures)
        for part in packetiser.access_unit(units, seconds=index / 15)
    ]
    received = feed(packets)
    assert [list(unit.units) for unit in received] == pictures
    assert not any(unit.damaged for unit in received)
    assert [unit.ticks for unit in received] == [index * 6000 for index in range(len(pictures))]


def test_picture_is_complete_with_its_last_packet() -> None:
    depacketiser = Depacketiser()
    *rest, last = Packetiser().access_unit([bytes((KEY,)) + bytes(3000)], seconds=0)
    assert not any(depacketiser.feed(part) for part in rest)
    assert depacketiser.feed(last)


def test_picture_without_a_marker_ends_with_the_next_time() -> None:
    first = packet(b"\x65a", sequence=1, timestamp=0, marker=False)
    second = packet(b"\x41b", sequence=2, timestamp=6000, marker=True)
    assert [unit.units for unit in feed([first, second])] == [(b"\x65a",), (b"\x41b",)]


def test_parameter_sets_marked_alone_go_with_the_next_picture() -> None:
    sets = packet(b"\x67sps", sequence=1, timestamp=0, marker=True)
    picture = packet(b"\x65a", sequence=2, timestamp=0, marker=True)
    assert [unit.units for unit in feed([sets, picture])] == [(b"\x67sps", b"\x65a")]


def test_aggregated_units_are_split() -> None:
    payload = b"\x78" + b"\0\x04\x67sps" + b"\0\x03\x68pp" + b"\0\x02\x65a"
    (unit,) = feed([packet(payload, sequence=1, timestamp=0, marker=True)])
    assert unit.units == (b"\x67sps", b"\x68pp", b"\x65a")
    assert unit.is_key


def test_picture_with_a_missing_packet_is_marked_as_damaged() -> None:
    packetiser = Packetiser()
    first = packetiser.access_unit([bytes((KEY,)) + bytes(5000)], seconds=0)
    second = packetiser.access_unit([bytes((OTHER,)) + bytes(10)], seconds=1)
    received = feed([first[0], *first[2:], *second])
    assert [unit.damaged for unit in received if unit.units[-1][0] == OTHER] == [True] or received[0].damaged


def test_ticks_go_on_when_the_timestamp_runs_over() -> None:
    packets = [
        packet(b"\x65a", sequence=65535, timestamp=0xFFFFFFFF, marker=True),
        packet(b"\x41b", sequence=0, timestamp=5999, marker=True),
    ]
    first, second = feed(packets)
    assert second.ticks - first.ticks == 6000
    assert not second.damaged


@given(st.binary(max_size=200))
def test_no_packet_breaks_the_depacketiser(garbage: bytes) -> None:
    depacketiser = Depacketiser()
    depacketiser.feed(garbage)
    depacketiser.feed(packet(garbage, sequence=1, timestamp=0, marker=True))

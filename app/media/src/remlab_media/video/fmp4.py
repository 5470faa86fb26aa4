"""Fragmented MP4 for Media Source Extensions (ISO/IEC 14496-12 and -15), written by hand.

One fragment per picture: PyAV's muxer would hold back a picture, or a whole group of them.
"""

import struct

TIMESCALE = 90_000

_TRACK = 1
_UNITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_HIGH_PROFILE = 100
# A key frame depends on nothing; any other picture depends on one before it (§8.8.3.1).
_KEY_FLAGS, _OTHER_FLAGS = 0x02000000, 0x01010000


def init_segment(sps: bytes, pps: bytes, *, width: int, height: int) -> bytes:
    """Return the head of the file: one H.264 track without samples."""
    entry = _box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1) + bytes(16),
        struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        bytes(32) + struct.pack(">Hh", 24, -1),
        _box(b"avcC", _decoder_configuration(sps, pps)),
    )
    sample_table = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    data_information = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, 0, 0x55C4, 0)),
        _full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"remlab\0"),
        _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), data_information, sample_table),
    )
    size = struct.pack(">II", width << 16, height << 16)
    track_head = struct.pack(">IIIII", 0, 0, _TRACK, 0, 0) + bytes(16) + _UNITY_MATRIX + size
    movie_head = struct.pack(">IIIIIH", 0, 0, TIMESCALE, 0, 0x10000, 0x100) + bytes(10) + _UNITY_MATRIX
    return _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso6avc1mp41") + _box(
        b"moov",
        _full(b"mvhd", 0, 0, movie_head + bytes(24) + struct.pack(">I", _TRACK + 1)),
        _box(b"trak", _full(b"tkhd", 0, 3, track_head), media),
        _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">IIIII", _TRACK, 1, 0, 0, 0))),
    )


def fragment(sample: bytes, *, number: int, time: int, duration: int, is_key: bool) -> bytes:
    """Return one picture as `moof` and `mdat`; `time` and `duration` count in TIMESCALE."""
    sizes = struct.pack(">III", duration, len(sample), _KEY_FLAGS if is_key else _OTHER_FLAGS)
    # The offset of the sample is counted from the start of moof, whose size does not depend on it.
    moof_bytes = 8 + 16 + 8 + 16 + 20 + 32
    moof = _box(
        b"moof",
        _full(b"mfhd", 0, 0, struct.pack(">I", number & 0xFFFFFFFF)),
        _box(
            b"traf",
            _full(b"tfhd", 0, 0x020000, struct.pack(">I", _TRACK)),
            _full(b"tfdt", 1, 0, struct.pack(">Q", time)),
            _full(b"trun", 0, 0x000701, struct.pack(">Ii", 1, moof_bytes + 8), sizes),
        ),
    )
    assert len(moof) == moof_bytes
    return moof + struct.pack(">I", len(sample) + 8) + b"mdat" + sample


def _decoder_configuration(sps: bytes, pps: bytes) -> bytes:
    """Return AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1), lengths of 4 bytes."""
    record = b"".join(
        (
            bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)),
            struct.pack(">H", len(sps)),
            sps,
            bytes((1,)),
            struct.pack(">H", len(pps)),
            pps,
        )
    )
    # High profile is 4:2:0 with 8 bits, and has to say so.
    return record + (bytes((0xFD, 0xF8, 0xF8, 0)) if sps[1] == _HIGH_PROFILE else b"")


def _box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", len(body) + 8) + name + body


def _full(name: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(name, struct.pack(">I", version << 24 | flags), *content)

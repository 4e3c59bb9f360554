import io
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from corelate.data.metadata import chunks
from corelate.data.metadata.blocks import Blocks
from corelate.data.metadata.byte_source import MOST_BYTES, ByteSource
from corelate.data.metadata.errors import DamagedMetadataError

KEYWORD = b"XML:com.adobe.xmp\0"


def blocks_of(read, data):
    blocks = Blocks()
    read(ByteSource(io.BytesIO(data)), blocks)
    return blocks


def saved(kind, **options):
    file = io.BytesIO()
    Image.effect_noise((90, 90), 80).save(file, kind, **options)
    return file.getvalue()


def chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


@pytest.mark.parametrize("compressed", [False, True])
def test_png_that_pillow_writes(compressed):
    info = PngInfo()
    info.add_itxt("Comment", "other text")
    info.add_itxt("XML:com.adobe.xmp", "<packet>é</packet>", zip=compressed)
    assert blocks_of(chunks.read_png, saved("PNG", pnginfo=info)).xmp == ["<packet>é</packet>".encode()]


def test_png_with_xmp_behind_the_pixels_and_keywords_of_windows():
    data = saved("PNG")
    exif = Image.Exif()
    exif[0x9C9E] = b"s\0"
    end = chunk(b"eXIf", exif.tobytes()[6:]) + chunk(b"iTXt", KEYWORD + b"\0\0\0\0<packet/>")
    blocks = blocks_of(chunks.read_png, data[:-12] + end + data[-12:])
    assert blocks.xmp == [b"<packet/>"]
    assert blocks.windows == [b"s\0"]


def test_png_packet_that_unpacks_without_end_is_refused():
    bomb = KEYWORD + b"\1\0\0\0" + zlib.compress(bytes(MOST_BYTES + 1))
    with pytest.raises(DamagedMetadataError, match="cut off or too large"):
        blocks_of(chunks.read_png, saved("PNG")[:33] + chunk(b"iTXt", bomb))
    several = chunk(b"iTXt", KEYWORD + b"\1\0\0\0" + zlib.compress(bytes(MOST_BYTES // 2))) * 3
    with pytest.raises(DamagedMetadataError, match="more than 16 MiB of metadata"):
        blocks_of(chunks.read_png, saved("PNG")[:33] + several)


@pytest.mark.parametrize("rest", [b"", b"\1", b"\1\0", b"\1\0\0\0rubbish", b"\1\0\0\0" + zlib.compress(b"a" * 99)[:-6]])
def test_png_packet_that_cannot_be_unpacked(rest):
    data = saved("PNG")[:33] + chunk(b"iTXt", KEYWORD + rest) + chunk(b"IEND", b"")
    try:
        assert blocks_of(chunks.read_png, data).xmp == [b""]
    except DamagedMetadataError:
        assert rest.startswith(b"\1")


def test_webp_that_pillow_writes():
    exif = Image.Exif()
    exif[0x9C9E] = b"s\0"
    blocks = blocks_of(chunks.read_webp, saved("WEBP", xmp=b"<packet/>", exif=exif))
    assert blocks.xmp == [b"<packet/>"]
    assert blocks.windows == [b"s\0"]
    assert not blocks_of(chunks.read_webp, saved("WEBP")).xmp


def test_gif_with_an_application_extension():
    data = saved("GIF")
    palette = 13 + (3 << (data[10] & 7) + 1)
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    comment = b"\x21\xfe\x05hello\x00"
    packet = b"<packet>" + b"x" * 500 + b"</packet>"
    extension = b"\x21\xff\x0bXMP DataXMP" + packet + trailer
    tagged = data[:palette] + comment + extension + data[palette:]
    Image.open(io.BytesIO(tagged)).load()
    assert blocks_of(chunks.read_gif, tagged).xmp == [packet]
    assert not blocks_of(chunks.read_gif, data).xmp
    with pytest.raises(DamagedMetadataError, match="has no end"):
        blocks_of(chunks.read_gif, data[:palette] + extension[:100])


@pytest.mark.parametrize(("read", "kind"), [("read_png", "PNG"), ("read_webp", "WEBP"), ("read_gif", "GIF")])
def test_files_that_are_cut_off(read, kind):
    data = saved(kind, xmp=b"<packet/>")
    for length in (10, 12, 16, 30):
        with pytest.raises(DamagedMetadataError, match="the file ends"):
            blocks_of(getattr(chunks, read), data[:length])


def test_chunks_without_end_are_given_up():
    with pytest.raises(DamagedMetadataError, match="more pieces"):
        blocks_of(chunks.read_png, saved("PNG")[:8] + chunk(b"tEXt", b"") * 400_000)
    endless = b"RIFF\xff\xff\xff\xffWEBP" + b"JUNK\0\0\0\0" * 400_000
    with pytest.raises(DamagedMetadataError, match="more pieces"):
        blocks_of(chunks.read_webp, endless)
    with pytest.raises(DamagedMetadataError, match="more pieces"):
        blocks_of(chunks.read_gif, b"GIF89a" + bytes(7) + b"\x21\xfe\0" * 400_000)

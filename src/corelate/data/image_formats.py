"""What a picture file promises by its name, and what it holds by its first bytes.

The first bytes decide which one decoder may touch the data, so that no name can lead it to another one. Formats whose
decoders start other programs (EPS, WMF …) or that hold documents are known here by name only, to be refused clearly.
"""

from __future__ import annotations

from pathlib import PurePath

# Formats that are decoded; every other one is refused.
READABLE = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "HEIF")

_SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "AVIF": (".avif", ".avifs"),
    "HEIF": (".heic", ".heif", ".hif"),
    # Known by name alone. Many raw files begin like a TIFF, whose decoder would find only their thumbnail.
    "camera raw": (".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"),
    "PostScript": (".eps", ".ps"),
    "PDF": (".pdf",),
    "Photoshop": (".psd", ".psb"),
    "SVG": (".svg",),
    "JPEG 2000": (".jp2", ".j2k", ".jpx"),
    "JPEG XL": (".jxl",),
    "an icon": (".ico", ".cur", ".icns"),
    "text": (".txt", ".csv", ".json", ".html", ".htm", ".xml", ".xmp"),
}
_PROMISES = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes}

PICTURE_SUFFIXES = frozenset(suffix for kind in READABLE for suffix in _SUFFIXES[kind])
"""Lower-case suffixes of the files that a walk through a folder takes for pictures."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"8BPS", "Photoshop"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_TEXT_BYTES = bytes({7, 8, 9, 10, 12, 13, 27} | set(range(0x20, 0x7F)) | set(range(0x80, 0x100)))


def held_format(data: bytes) -> str:
    """Return what the data hold by their first bytes, e.g. ``"PNG"``, ``"PDF"``, ``"text"`` or ``"unknown data"``."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _held_media(data)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    start = data[:512]
    if start and not start.translate(None, _TEXT_BYTES):
        return "SVG" if b"<svg" in start else "text"
    return "unknown data"


def _held_media(data: bytes) -> str:
    """Tell AVIF, HEIF and films apart by the brands in the first box of an ISO media file."""
    brands = {data[start : start + 4] for start in range(8, min(int.from_bytes(data[:4], "big"), 256), 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    if brands & _HEIF_BRANDS:
        return "HEIF"
    return "camera raw" if b"crx " in brands else "a film"


def promised_format(name: str) -> str | None:
    """Return the format that a file name's suffix stands for, or None when it has none or an unknown one."""
    return _PROMISES.get(PurePath(name).suffix.lower())


def usual_suffix(kind: str) -> str:
    """Return the suffix that files of a readable format usually have."""
    return _SUFFIXES[kind][0]

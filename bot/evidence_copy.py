"""The copy of a file that people look at, made by opening it: the same pixels and nothing else (SECURITY T19).

Decoders are the part that a hostile file attacks: `bot.evidence` runs this in a process of its own.
"""

from __future__ import annotations

import math
import threading
from io import BytesIO
from typing import Any, Literal

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_raw  # type: ignore[import-untyped]
from PIL import Image, ImageFile

from bot.errors import BadInput

Kind = Literal["png", "jpeg", "webp", "pdf"]

MAX_PIXELS = 40_000_000
WEBP_PIXELS = 12_500_000
"""WEBP is held four times over while it is decoded."""
PROGRESSIVE_PIXELS = 20_000_000
"""A progressive JPEG is held whole a second time, as coefficients."""
MAX_SCANS = 60
"""A camera writes about ten; thousands of empty ones keep a decoder busy for hours."""
MAX_PAGES = 50
PAGES_SHOWN = 20

_SIDE = 4_000
_VIEWER_BYTES = 20_000_000
_STRIP = 128
_PAGE_PIXELS = 2_200_000
_DPI = 150
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_PDFIUM = threading.Lock()
"""PDFium must not be entered by two threads."""

CURES = {
    "empty": "the file is empty; choose it again",
    "large": "the file is larger than 10 MB; add a smaller copy, or a screenshot of the part that matters",
    "kind": "only PNG, JPEG and WEBP pictures and PDF files can be added; add a screenshot of anything else",
    "ending": "the file is not what the end of its name says; save it again as PNG, JPEG, WEBP or PDF and add that",
    "damaged": "the file is damaged and cannot be opened; save it again, or take a screenshot and add that",
    "pixels": "the picture has too many pixels to be opened here; add a smaller copy, or a screenshot of it",
    "moving": "moving pictures cannot be added; take a screenshot of each part that matters",
    "locked": "the PDF is protected by a password or permissions; print it to a new PDF, or take screenshots",
    "pages": f"the PDF has more than {MAX_PAGES} pages; add only the pages that matter",
    "heavy": "the file takes too much memory or time to open; add a screenshot of it instead",
}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
ImageFile.LOAD_TRUNCATED_IMAGES = False


def look(kind: Kind, data: bytes) -> tuple[bytes, int, int]:
    """The viewer copy, how many pages there are and how many of them it shows. Raises nothing but BadInput."""
    try:
        return _document(data) if kind == "pdf" else (_picture(kind, data), 1, 1)
    except BadInput:
        raise
    except MemoryError:
        raise BadInput(CURES["heavy"]) from None
    except Exception:
        # Decoders raise whatever they like; their words may hold bytes of the file, so they are not passed on.
        raise BadInput(CURES["damaged"]) from None


# Pictures.


def _picture(kind: Kind, data: bytes) -> bytes:
    if kind == "webp" and _webp_pixels(data) > WEBP_PIXELS:
        raise BadInput(CURES["pixels"])
    try:
        image = Image.open(BytesIO(data), formats=[kind.upper()])
    except Image.DecompressionBombError:
        raise BadInput(CURES["pixels"]) from None
    with image:
        _bound(kind, image, data)
        image.load()
        upright = _flat(image)
        turn = _turn(image)
    # The large picture is gone before the copy is turned and packed.
    return _png(upright if turn is None else upright.transpose(turn))


def _bound(kind: Kind, image: Image.Image, data: bytes) -> None:
    """Refuse by the header what would be too much to decode; have a large JPEG decoded at a fraction of its size."""
    pixels = image.width * image.height
    progressive = bool(image.info.get("progressive"))
    if pixels > (PROGRESSIVE_PIXELS if progressive else MAX_PIXELS):
        raise BadInput(CURES["pixels"])
    # A JPEG with several frames is a photograph with its depth map: the first is the picture.
    if kind != "jpeg" and getattr(image, "n_frames", 1) > 1:
        raise BadInput(CURES["moving"])
    if kind == "jpeg":
        if data.count(b"\xff\xda") > MAX_SCANS:
            raise BadInput(CURES["heavy"])
        scale = max(1, max(image.size) // _SIDE)
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))


def _webp_pixels(data: bytes) -> int:
    """Width times height from the header: Pillow makes room for the whole picture as soon as it opens one."""
    match data[12:16]:
        case b"VP8X":
            return (int.from_bytes(data[24:27], "little") + 1) * (int.from_bytes(data[27:30], "little") + 1)
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            return (int.from_bytes(data[26:28], "little") & 0x3FFF) * (int.from_bytes(data[28:30], "little") & 0x3FFF)
    raise BadInput(CURES["damaged"])


def _turn(image: Image.Image) -> Image.Transpose | None:
    """How the camera was held; broken notes in a picture do not spoil the picture."""
    try:
        return _TURNS.get(image.getexif().get(0x0112, 1))
    except Exception:
        return None


def _flat(image: Image.Image) -> Image.Image:
    """The colours people see, on white, at most _SIDE a side. By strips: a whole second picture would be too much."""
    width, height = image.size
    shrink = max(1.0, max(width, height) / _SIDE)
    flat = Image.new("RGB", (max(1, int(width / shrink)), max(1, int(height / shrink))))
    # Rows beside the strip, so that no seam shows.
    beside = math.ceil(3 * shrink) if shrink > 1 else 0
    for top in range(0, flat.height, _STRIP):
        bottom = min(top + _STRIP, flat.height)
        first, last = top * height / flat.height, bottom * height / flat.height
        above, below = max(0, int(first) - beside), min(height, math.ceil(last) + beside)
        strip = _seen(image.crop((0, above, width, below)))
        box = (0, first - above, width, min(last - above, strip.height))
        flat.paste(strip.resize((flat.width, bottom - top), Image.Resampling.LANCZOS, box), (0, top))
    return flat


def _seen(strip: Image.Image) -> Image.Image:
    if strip.mode.startswith("I"):
        # 16 bits of grey would be cut, not scaled.
        return strip.convert("I").point(lambda value: value * (1 / 257)).convert("L").convert("RGB")
    if strip.has_transparency_data:
        strip = strip.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip).convert("RGB")
    return strip.convert("RGB")


def _png(image: Image.Image) -> bytes:
    """A PNG without any notes, made smaller until it is no burden to store."""
    while True:
        buffer = BytesIO()
        image.save(buffer, "PNG", compress_level=3)
        if buffer.tell() <= _VIEWER_BYTES:
            return buffer.getvalue()
        image = image.resize((image.width * 3 // 4, image.height * 3 // 4))


# Documents.


def _document(data: bytes) -> tuple[bytes, int, int]:
    with _PDFIUM:
        try:
            document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            locked = error.err_code in (pdfium_raw.FPDF_ERR_PASSWORD, pdfium_raw.FPDF_ERR_SECURITY)
            raise BadInput(CURES["locked" if locked else "damaged"]) from None
        try:
            if pdfium_raw.FPDF_GetSecurityHandlerRevision(document) != -1:
                raise BadInput(CURES["locked"])
            # What was filled into a form is part of the page. This PDFium runs no scripts.
            document.init_forms()
            count = len(document)
            if count > MAX_PAGES:
                raise BadInput(CURES["pages"])
            pages = [_page(document, number) for number in range(min(count, PAGES_SHOWN))]
        finally:
            document.close()
    first, *others = [Image.open(BytesIO(page), formats=["PNG"]) for page in pages]
    buffer = BytesIO()
    bare: dict[str, Any] = {"creationDate": None, "modDate": None}
    first.save(buffer, "PDF", save_all=True, append_images=others, resolution=_DPI, quality=85, **bare)
    return buffer.getvalue(), count, len(pages)


def _page(document: Any, number: int) -> bytes:
    """One page as a PNG, small enough to hold twenty, at the resolution of a fair print where the page is A4."""
    page = document[number]
    width, height = page.get_size()
    scale = min(_DPI / 72, (_PAGE_PIXELS / (width * height)) ** 0.5, _SIDE / width, _SIDE / height)
    bitmap = page.render(scale=scale, rev_byteorder=True, limit_image_cache=True)
    buffer = BytesIO()
    bitmap.to_pil().convert("RGB").save(buffer, "PNG", compress_level=1)
    bitmap.close()
    page.close()
    return buffer.getvalue()

"""Evidence: what is taken, what is refused, and that the copy people see carries nothing but the picture."""

from __future__ import annotations

import hashlib
import pickle
import random
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from fpdf import FPDF
from PIL import Image, ImageOps, PngImagePlugin

from bot.errors import BadInput
from bot.evidence import MAX_BYTES, Checked, check, check_here
from bot.evidence_copy import CURES, MAX_SCANS

ROOT = Path(__file__).parent.parent
CANARY = "CANARY-Ada-Lovelace-Year-9"
MUTANTS = 2_000
WHITE, RED, BLUE = (255, 255, 255), (255, 0, 0), (0, 0, 255)


def encode(image: Image.Image, form: str, **more: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **more)
    return buffer.getvalue()


def scene(mode: str = "RGB", size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Red on the left, blue on the right, with a gradient so that every byte of a file matters."""
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    image.paste(RED, (0, 0, size[0] // 3, size[1]))
    image.paste(BLUE, (2 * size[0] // 3, 0, size[0], size[1]))
    return image.convert(mode)


def notes() -> Image.Exif:
    """EXIF of a telephone: author, place and how it was held."""
    exif = Image.Exif()
    exif[0x013B] = exif[0x010E] = CANARY
    exif[0x0112] = 1
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0), 29: CANARY})
    return exif


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of these objects, the first being the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    return out + head + table + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, trailer, len(out))  # fmt: skip


def stream(body: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(body), body)


def one_page(content: bytes, resources: bytes = b"", *more: bytes, box: bytes = b"0 0 600 800") -> bytes:
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>>>" % (box, resources)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, stream(content), *more)


def pages(count: int) -> bytes:
    document = FPDF()
    for _ in range(count):
        document.add_page()
    return bytes(document.output())


def telling_pdf() -> bytes:
    """Text, a script that runs on opening, an attached file, an author, and a form with something filled in, in red."""
    words = CANARY.encode()
    catalogue = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\('%s'\\))>>" % words
    catalogue += b"/AcroForm<</Fields[6 0 R]>>/Names<</EmbeddedFiles<</Names[(%s)8 0 R]>>>>>>" % words
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Annots[6 0 R]"
    return pdf(
        catalogue,
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page + b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        stream(b"BT /F 24 Tf 50 700 Td (%s) Tj ET 0 0 1 rg 0 0 600 400 re f" % words),
        b"<</Author(%s)/Title(%s)>>" % (words, words),
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(%s)/Rect[0 0 300 100]/F 4/AP<</N 7 0 R>>>>" % words,
        stream(b"1 0 0 rg 0 0 300 100 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 300 100]"),
        b"<</Type/Filespec/F(%s)/EF<</F 9 0 R>>>>" % words,
        stream(words, b"/Type/EmbeddedFile"),
        trailer=b"/Info 5 0 R",
    )


@cache
def samples() -> dict[str, bytes]:
    """Files as they come, full of notes that must not reach anybody."""
    words, exif, xmp = CANARY.encode(), notes(), f"<x:xmpmeta>{CANARY}</x:xmpmeta>".encode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", CANARY)
    text.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=True)
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(CANARY, CANARY)
    html = f"<html><script>alert('{CANARY}')</script>".encode()
    rich: dict[str, object] = {"exif": exif, "icc_profile": words, "xmp": xmp}
    moved = encode(scene(size=(97, 61)), "JPEG", comment=words, quality=70, progressive=True, **rich)
    return {
        "notes.png": encode(scene(), "PNG", pnginfo=text, exif=exif, icc_profile=words),
        "zip.png": encode(scene("RGBA"), "PNG") + archive.getvalue(),
        "palette.png": encode(scene("P"), "PNG", transparency=0) + b"%PDF-1.7 " + words,
        "grey.png": encode(scene("L"), "PNG") + html,
        "photo.jpg": encode(scene(), "JPEG", comment=words, **rich) + archive.getvalue(),
        "small.JPEG": moved + html,
        "cmyk.jpg": encode(scene("CMYK"), "JPEG", **rich),
        "photo.webp": encode(scene(), "WEBP", **rich),
        "screen.webp": encode(scene("RGBA"), "WEBP", lossless=True, exif=exif) + html,
        "telling.pdf": telling_pdf() + html,
        "plain.pdf": pages(3),
    }


def claiming(width: int, height: int) -> bytes:
    """A small PNG whose header, with the right sum, claims to be large."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    whole = encode(scene(), "PNG")
    return whole[:12] + head + zlib.crc32(head).to_bytes(4, "big") + whole[33:]


def assert_clean(viewer: bytes, kind: str) -> None:
    """Pixels and nothing else: no note, no name, no script, no text, no attachment."""
    assert CANARY.encode() not in viewer
    assert len(viewer) < 30_000_000
    if kind == "png":
        chunks, at = [], 8
        while at < len(viewer):
            length = int.from_bytes(viewer[at : at + 4], "big")
            chunks.append(viewer[at + 4 : at + 8])
            at += length + 12
        assert set(chunks) == {b"IHDR", b"IDAT", b"IEND"}
        with Image.open(BytesIO(viewer)) as image:
            assert (image.mode, image.info, dict(image.getexif())) == ("RGB", {}, {})
            assert max(image.size) <= 4_000
        return
    for word in (b"/JS", b"/JavaScript", b"/OpenAction", b"/EmbeddedFile", b"/Annot", b"/Author", b"/Font", b"Date"):
        assert word not in viewer
    document = pdfium.PdfDocument(viewer)
    assert document.count_attachments() == 0
    assert not any(document.get_metadata_dict().values())
    assert not any(document[number].get_textpage().get_text_range().strip() for number in range(len(document)))
    document.close()


def seen(name: str, data: bytes) -> Image.Image:
    """The viewer copy of a picture, decoded."""
    with Image.open(BytesIO(check_here(name, data).viewer)) as image:
        image.load()
        return image.copy()


def outcome(name: str, data: bytes, look: Callable[[str, bytes], Checked] = check_here) -> str:
    """The code of the cure, or the kind of a clean viewer copy. Anything else than BadInput goes through."""
    try:
        found = look(name, data)
    except BadInput as bad:
        code = next((code for code, words in CURES.items() if words == str(bad)), None)
        return code or f"unknown: {bad}"
    assert_clean(found.viewer, found.viewer_kind)
    return found.viewer_kind


@pytest.mark.parametrize("name", samples())
@pytest.mark.parametrize("look", [check, check_here])
def test_a_file_is_kept_by_its_hash_and_shown_without_its_notes(
    name: str, look: Callable[[str, bytes], Checked]
) -> None:
    data = samples()[name]
    found = look(name, data)
    assert found.kind == kind_of(name)
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert found.viewer_kind == ("pdf" if found.kind == "pdf" else "png")
    assert_clean(found.viewer, found.viewer_kind)
    assert pickle.loads(pickle.dumps(found)) == check_here(name, data)  # noqa: S301
    assert len(repr(found)) < 300


def kind_of(name: str) -> str:
    """The kind by the ending of the name."""
    return name.lower().rpartition(".")[2].replace("jpg", "jpeg")


def test_the_samples_do_carry_what_must_not_be_shown() -> None:
    for name, data in samples().items():
        assert (CANARY.encode() in data) is (name != "plain.pdf"), name
    with Image.open(BytesIO(samples()["photo.jpg"])) as image:
        assert image.getexif().get_ifd(0x8825)[2] == (51.0, 30.0, 26.0)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.filterwarnings("ignore::UserWarning:pypdfium2")
def test_two_thousand_mutants_raise_nothing_but_a_cure() -> None:
    dice, files = random.Random(20261123), list(samples().items())  # noqa: S311
    outcomes: Counter[str] = Counter()
    for number in range(MUTANTS):
        name, data = files[number % len(files)]
        outcomes[outcome(name, mutant(dice, data, dice.choice(files)[1]))] += 1
    assert set(outcomes) <= {*CURES, "png", "pdf"}
    assert outcomes["png"] > 300
    assert outcomes["pdf"] > 100
    assert sum(outcomes[code] for code in CURES) > 300


def mutant(dice: random.Random, data: bytes, other: bytes) -> bytes:
    """The file with some bytes changed, cut, doubled, overwritten or grafted from another file."""
    new = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        # Headers are where decoders are told how much to believe.
        place = dice.randrange(min(len(new), dice.choice((64, 400, len(new)))) or 1) if new else 0
        size = dice.choice((1, 2, 4, 40))
        match dice.randrange(7):
            case 0:
                new[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                new[place : place + size] = dice.randbytes(size)
            case 2:
                new[place : place + size] = dice.choice((b"\0", b"\xff", b"9")) * size
            case 3:
                del new[place : place + size]
            case 4:
                new[place:place] = new[place : place + size * 10]
            case 5:
                new = new[: max(place, 1)] if dice.random() < 0.3 else new
            case _:
                start = dice.randrange(len(other))
                new[place : place + size] = other[start : start + size * 20]
    return bytes(new)


@pytest.mark.parametrize(
    ("name", "data", "cure"),
    [
        ("a.png", b"", "empty"),
        ("a.png", b"x" * (MAX_BYTES + 1), "large"),
        ("a.svg", b"<svg onload='alert(1)'/>", "kind"),
        ("a.html", b"<html>", "kind"),
        ("a.docx", b"PK\x03\x04", "kind"),
        ("a.gif", encode(scene("P"), "GIF"), "kind"),
        ("a.png.exe", encode(scene(), "PNG"), "kind"),
        ("png", encode(scene(), "PNG"), "kind"),
        ("", encode(scene(), "PNG"), "kind"),
        ("a.png", encode(scene(), "JPEG"), "ending"),
        ("a.jpg", encode(scene(), "PNG"), "ending"),
        ("a.webp", encode(scene(), "PNG"), "ending"),
        ("a.webp", b"RIFF\0\0\0\0WAVEfmt ", "ending"),
        ("a.pdf", b"\n" + pages(1), "ending"),
        ("a.pdf", b"MZ" + pages(1), "ending"),
        ("a.png", encode(scene(), "TIFF"), "ending"),
        ("a.png", encode(scene(), "PNG")[:200], "damaged"),
        ("a.jpg", encode(scene(), "JPEG")[:-200], "damaged"),
        ("a.webp", encode(scene(), "WEBP")[:100], "damaged"),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP9 ", "damaged"),
        ("a.pdf", b"%PDF-1.7\n", "damaged"),
        ("a.png", encode(Image.new("1", (8_000, 5_001)), "PNG"), "pixels"),
        ("a.png", claiming(65_535, 65_535), "pixels"),
        ("a.jpg", encode(Image.new("L", (8_000, 5_001)), "JPEG"), "pixels"),
        ("a.jpg", encode(Image.new("L", (5_001, 4_000)), "JPEG", progressive=True), "pixels"),
        ("a.webp", encode(Image.new("RGB", (5_000, 2_501)), "WEBP", method=0), "pixels"),
        ("a.webp", b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0", "pixels"),
        ("a.png", encode(scene(), "PNG", save_all=True, append_images=[scene("L")]), "moving"),
        ("a.webp", encode(scene(), "WEBP", save_all=True, append_images=[scene("L")]), "moving"),
        ("a.pdf", pages(51), "pages"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_taken_is_refused_with_the_cure(name: str, data: bytes, cure: str) -> None:
    assert outcome(name, data) == outcome(name, data, check) == cure


@pytest.mark.parametrize("opens_with", [None, "secret"])
def test_a_protected_pdf_is_refused_even_where_it_opens_without_a_password(opens_with: str | None) -> None:
    document = FPDF()
    document.add_page()
    document.set_encryption(owner_password="owner", user_password=opens_with)  # noqa: S106
    with pytest.raises(BadInput, match="protected"):
        check("a.pdf", bytes(document.output()))


@pytest.mark.parametrize("count", [1, 20, 21, 50])
def test_a_long_pdf_is_shown_by_its_first_pages_and_says_so(count: int) -> None:
    found = check("a.pdf", pages(count))
    shown = len(pdfium.PdfDocument(found.viewer))
    assert (found.pages, found.pages_shown, shown) == (count, min(count, 20), min(count, 20))


def test_a_pdf_is_shown_with_what_was_filled_in() -> None:
    page = pdfium.PdfDocument(check("a.pdf", telling_pdf()).viewer)[0]
    assert page.get_size() == pytest.approx((600, 800), rel=0.01)
    image: Image.Image = page.render(scale=1, rev_byteorder=True).to_pil().convert("RGB")
    for place, colour in (((100, 780), RED), ((500, 780), BLUE), ((500, 300), WHITE)):
        assert all(abs(a - b) < 12 for a, b in zip(image.getpixel(place), colour, strict=True))  # type: ignore[arg-type]
    assert min(image.crop((50, 70, 400, 110)).convert("L").tobytes()) < 60  # the words are there, as pixels


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_shown_as_it_was_held(turn: int) -> None:
    exif = notes()
    exif[0x0112] = turn
    data = encode(scene(), "JPEG", exif=exif, quality=95)
    with Image.open(BytesIO(data)) as image:
        assert seen("a.jpg", data).tobytes() == ImageOps.exif_transpose(image).tobytes()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_broken_notes_do_not_spoil_a_picture() -> None:
    data = encode(scene(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert seen("a.jpg", data).size == (96, 64)


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [("1", 1, 255), ("1", 0, 0), ("L", 100, 100), ("LA", (100, 255), 100), ("RGBA", (100, 100, 100, 255), 100),
     ("LA", (0, 51), 204), ("I;16", 0, 0), ("I;16", 25_700, 100), ("I;16", 65_535, 255)],
)  # fmt: skip
def test_every_kind_of_pixel_keeps_its_brightness(mode: str, colour: int | tuple[int, ...], wanted: int) -> None:
    shown = seen("a.png", encode(Image.new(mode, (8, 8), colour), "PNG")).getpixel((3, 3))
    assert isinstance(shown, tuple)
    assert all(abs(each - wanted) <= 1 for each in shown)


def test_what_is_clear_is_shown_on_white_and_what_hides_below_it_is_gone() -> None:
    image = scene("RGBA")
    image.putalpha(0)
    assert seen("a.png", encode(image, "PNG")).getcolors() == [(96 * 64, WHITE)]


def test_a_photograph_with_its_depth_map_is_a_picture() -> None:
    data = encode(scene(), "MPO", save_all=True, append_images=[scene("RGB", (8, 8))])
    assert seen("a.jpg", data).size == (96, 64)


@pytest.mark.parametrize(
    ("size", "shown"), [((4_000, 300), (4_000, 300)), ((4_032, 302), (4_000, 299)), ((300, 9_000), (133, 4_000)),
                        ((9_001, 1), (4_000, 1))],
)  # fmt: skip
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_large_picture_is_made_smaller_without_seams(
    size: tuple[int, int], shown: tuple[int, int], form: str
) -> None:
    # Grain in the PNG shows a seam; a JPEG is decoded small, so only its average can be compared.
    grain = Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3))  # noqa: S311
    whole = grain if form == "PNG" else scene(size=size)
    small = seen(f"a.{form.lower()}", encode(whole, form))
    assert small.size == shown
    # Across, then down, as in strips that are wider than high: Pillow rounds in between.
    wanted = whole.resize((shown[0], size[1]), Image.Resampling.LANCZOS).resize(shown, Image.Resampling.LANCZOS)
    apart = [abs(a - b) for a, b in zip(small.tobytes(), wanted.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 2
    assert form == "JPEG" or max(apart) <= 3


# Bombs: bounded memory and time, and a decoder that falls takes nobody with it.


@cache
def bombs() -> dict[str, bytes]:
    packed = zlib.compressobj(9)
    zeros = b"".join(packed.compress(bytes(2_000_000)) for _ in range(200)) + packed.flush()
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]"
    levels = [stream(b"/F Do " * 10, form + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + i)) for i in range(6)]
    bomb = b"/Type/XObject/Subtype/Image/Width 20000/Height 20000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter"
    scans = encode(Image.new("RGB", (2_000, 2_000)), "JPEG", progressive=True)
    last = scans[scans.rindex(b"\xff\xda") : -2]
    return {
        "nested.pdf": one_page(b"/F Do", b"/XObject<</F 5 0 R>>", *levels, stream(b"0 0 600 900 re f", form)),
        "image.pdf": one_page(b"600 0 0 800 0 0 cm /I Do", b"/XObject<</I 5 0 R>>",
                              stream(zlib.compress(zeros), bomb + b"[/FlateDecode/FlateDecode]")),
        "words.pdf": one_page(b"").replace(stream(b""), stream(zeros, b"/Filter/FlateDecode")),
        "wide.png": encode(Image.new("1", (4_000_000, 10)), "PNG"),
        "full.png": encode(Image.new("RGBA", (8_000, 5_000)), "PNG", compress_level=1),
        "full.jpg": encode(Image.new("RGB", (7_999, 5_000)), "JPEG"),
        "full.webp": encode(Image.new("RGBA", (4_096, 3_050)), "WEBP", lossless=True, method=0),
        "scans.jpg": scans[:-2] + last * MAX_SCANS + scans[-2:],
    }  # fmt: skip


MEASURE = """import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "bot.evidence", sys.argv[1], "20"], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""
"""Run by a small process: one that is started by a large one counts its starter's memory as its own."""


@pytest.mark.parametrize("name", bombs())
def test_bombs_are_refused_or_opened_within_their_bounds(name: str) -> None:
    data, command = bombs()[name], [sys.executable, "-c", MEASURE, kind_of(name)]
    wanted = {"full": {"png"}, "image": {"heavy", "pdf"}}.get(name.split(".")[0], {"heavy"})
    assert outcome(name, data, lambda name, data: check(name, data, seconds=20)) in wanted
    measured = subprocess.run(command, input=data, capture_output=True, check=True, cwd=ROOT, timeout=60)
    assert int(measured.stdout) < 300 * 1024


def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(BadInput, match="too much memory or time"):
        check("nested.pdf", bombs()["nested.pdf"], seconds=1)


def test_nothing_of_a_file_is_told_in_an_error() -> None:
    for name, data in samples().items():
        with pytest.raises(BadInput) as bad:
            check_here(f"{CANARY}.{name}", data[:6] + CANARY.encode() * 3)
        assert CANARY not in str(bad.value)
        assert bad.value.__cause__ is None

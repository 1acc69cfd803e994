import io

import pytest
from PIL import Image

from jobs.handlers import resizing
from jobs.outcomes import Discard
from tests.jobs.handlers.pictures import huge_png


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, format, **options)
    return target.getvalue()


def shrunk(content: bytes, box: tuple[int, int] = (20, 20), format: str | None = None) -> Image.Image:
    small = resizing.shrink(content, box, format)
    image = Image.open(io.BytesIO(small.content))
    image.load()
    assert image.size == (small.width, small.height)
    return image


@pytest.mark.parametrize(
    ("size", "box", "expected"),
    [
        ((100, 50), (20, 20), (20, 10)),
        ((50, 100), (20, 20), (10, 20)),
        ((100, 50), (20, 0), (20, 10)),
        ((100, 50), (0, 20), (40, 20)),
        ((10, 5), (20, 20), (10, 5)),
        ((1000, 1), (10, 10), (10, 1)),
    ],
)
def test_fits_the_box_and_keeps_proportions(
    size: tuple[int, int], box: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert shrunk(encoded(Image.new("RGB", size), "PNG"), box).size == expected


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_keeps_the_format(format: str) -> None:
    assert shrunk(encoded(Image.new("RGB", (40, 40)), format)).format == format


@pytest.mark.parametrize("wanted", ["png", "jpeg", "webp"])
def test_gives_the_format_that_is_wanted(wanted: str) -> None:
    image = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    assert (shrunk(encoded(image, "PNG"), format=wanted).format or "").lower() == wanted


def test_other_formats_become_png_or_jpeg() -> None:
    opaque = encoded(Image.new("RGB", (40, 40)), "BMP")
    transparent = encoded(Image.new("P", (40, 40), 0), "GIF", transparency=0)
    assert [shrunk(opaque).format, shrunk(transparent).format] == ["JPEG", "PNG"]


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_keeps_transparency(format: str) -> None:
    image = shrunk(encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), format))
    assert image.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_keeps_the_transparency_of_a_palette() -> None:
    picture = Image.new("P", (40, 40), 0)
    picture.putpalette([255, 0, 0, 0, 255, 0])
    image = shrunk(encoded(picture, "PNG", transparency=0))
    assert image.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


def test_transparency_becomes_white_where_the_format_has_none() -> None:
    content = encoded(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), "PNG")
    assert shrunk(content, format="jpeg").getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK", "YCbCr", "F"])
def test_takes_every_mode(mode: str) -> None:
    content = encoded(Image.new(mode, (40, 30)), "TIFF")
    assert shrunk(content).size == (20, 15)


def test_turns_the_picture_upright_and_drops_its_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    exif[0x010E] = "taken at home"
    image = shrunk(encoded(Image.new("RGB", (100, 50)), "JPEG", exif=exif))
    assert image.size == (10, 20)
    assert dict(image.getexif()) == {}


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (8000, 8000), (50_000_001, 1)])
def test_a_pixel_bomb_is_refused_undecoded(width: int, height: int) -> None:
    content = huge_png(width, height)
    assert len(content) < 100_000
    with pytest.raises(Discard, match="too many pixels"):
        resizing.shrink(content, (20, 20))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an image",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(Image.effect_noise((200, 200), 50), "PNG")[:2000],
        encoded(Image.effect_noise((200, 200), 50), "JPEG")[:500],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    ],
)
def test_what_is_no_image_is_final(content: bytes) -> None:
    with pytest.raises(Discard, match="not an image"):
        resizing.shrink(content, (20, 20))

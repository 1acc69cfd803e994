"""Make an image smaller, whatever it is that claims to be one. Pure: bytes in, bytes out."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from jobs.handlers.sniffing import IMAGE_FORMATS
from jobs.outcomes import Discard

MAX_PIXELS = 50_000_000
"""Judged by the header, before anything is decoded: 150 MB of memory at three bytes each."""

_EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


@dataclass(frozen=True, slots=True)
class Small:
    content: bytes
    extension: str
    width: int
    height: int


def shrink(content: bytes, box: tuple[int, int], format: str | None = None) -> Small:
    """Fit the image into `box` (0: that edge is free), upright as its EXIF says, without its metadata.

    The result keeps the format if that is PNG, JPEG or WebP; else it is PNG where there is transparency, and
    JPEG where there is none.

    Raises:
        Discard: not an image, a damaged one, or one with too many pixels.
    """
    try:
        with Image.open(io.BytesIO(content), formats=IMAGE_FORMATS) as image:
            _check(image)
            kept = (format or image.format or "").upper()
            profile = image.info.get("icc_profile")
            upright = _upright(image, box)
            picture = _fitted(_plain(upright), box)
    except Image.DecompressionBombError:
        raise Discard("the image has too many pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        # All bytes are here already, so an OSError speaks of them and not of a disk.
        raise Discard(f"not an image that can be read ({type(error).__name__})") from None
    if kept not in _EXTENSIONS:
        kept = "PNG" if _has_alpha(picture) else "JPEG"
    return _encoded(picture, kept, profile if upright.mode == picture.mode else None)


def _check(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Discard(f"the image has too many pixels: {width} x {height}")


def _upright(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """Decoded (at reduced size where JPEG can) and turned as the camera was held."""
    if image.format == "JPEG" and all(box):
        edge = 2 * max(box)
        image.draft(None, (edge, edge))
    return ImageOps.exif_transpose(image)


def _plain(image: Image.Image) -> Image.Image:
    """In a mode that every output format knows: grey, RGB or RGBA."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if _has_alpha(image) else "RGB")


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info


def _fitted(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    width, height = (wanted or actual for wanted, actual in zip(box, image.size, strict=True))
    image.thumbnail((width, height), Image.Resampling.LANCZOS)
    return image


def _encoded(image: Image.Image, format: str, profile: bytes | None) -> Small:
    if format == "JPEG" and _has_alpha(image):
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    # A transparent colour of the old mode would contradict the alpha channel of the new one.
    image.info.pop("transparency", None)
    target = io.BytesIO()
    image.save(target, format, quality=85, optimize=True, **({"icc_profile": profile} if profile else {}))
    return Small(target.getvalue(), _EXTENSIONS[format], *image.size)

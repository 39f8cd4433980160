"""Any PNG, JPEG or WebP becomes plain RGB; everything else is refused with a reason."""

import errno
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from faceveil.collection.images import (
    REASONS,
    UnreadableImageError,
    fit,
    format_of,
    read_alpha,
    read_header,
    read_image,
    read_labels,
    resize,
    same_shape,
)

SIDE = 40
GREY = (np.arange(SIDE * SIDE).reshape(SIDE, SIDE) * 255 // (SIDE * SIDE - 1)).astype(np.uint8)
COLOUR = np.stack([GREY, GREY[::-1], GREY.T], axis=2)


def saved(folder, image: Image.Image, name: str = "photo.png", **options):
    path = folder / name
    image.save(path, **options)
    return path


def test_png_is_read_as_it_is(tmp_path):
    path = saved(tmp_path, Image.fromarray(COLOUR))
    assert np.array_equal(read_image(path), COLOUR)


@pytest.mark.parametrize("mode", ["L", "1", "LA", "P", "RGBA", "CMYK", "YCbCr"])
def test_any_colour_mode_becomes_rgb(tmp_path, mode):
    image = Image.fromarray(GREY).convert("RGB").convert(mode)
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    pixels = read_image(
        saved(tmp_path, image, format=kind, **({"quality": 95} if kind == "JPEG" else {}))
    )
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    tolerance = 130 if mode == "1" else 8
    assert np.abs(pixels.astype(int).mean() - GREY.mean()) < tolerance


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "I;16"])
def test_bands_leave_no_trace(tmp_path, mode, monkeypatch):
    image = Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else None
    image = image or Image.fromarray(COLOUR).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.fromarray(GREY))
    options = {"transparency": 3} if mode == "P" else {}
    path = saved(tmp_path, image, **options)
    whole = read_image(path)
    monkeypatch.setattr("faceveil.collection.images.BAND", 7)
    assert np.array_equal(read_image(path), whole)


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    deep = GREY.astype(np.uint16) * 257
    pixels = read_image(saved(tmp_path, Image.fromarray(deep)))
    assert np.array_equal(pixels, np.repeat(GREY[..., None], 3, axis=2))


def test_transparent_parts_become_white(tmp_path):
    rgba = np.dstack([COLOUR, np.full((SIDE, SIDE), 255, np.uint8)])
    rgba[:10, :, 3] = 0
    pixels = read_image(saved(tmp_path, Image.fromarray(rgba)))
    assert (pixels[:10] == 255).all()
    assert np.array_equal(pixels[10:], COLOUR[10:])


def test_a_photo_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    path = saved(tmp_path, Image.fromarray(COLOUR), exif=exif)
    assert np.array_equal(read_image(path), COLOUR[::-1, ::-1])


def test_alpha_and_labels(tmp_path):
    alpha = np.where(GREY > 100, 255, 0).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(np.dstack([COLOUR, alpha])))
    assert np.array_equal(read_alpha(path), alpha)
    labels = Image.fromarray((GREY // 100).astype(np.uint8), mode="L").convert("P")
    labels.putdata((GREY // 100).ravel().tolist())
    assert set(np.unique(read_labels(saved(tmp_path, labels, "labels_gt.png")))) == {0, 1, 2}


def damaged(folder, name: str):
    """Files that give no photo, by the reason they should get."""
    good = saved(folder, Image.fromarray(COLOUR), "good.png").read_bytes()
    contents = {
        "empty_file": b"",
        "not_an_image": b"<html>not found</html>",
        "other_format": b"GIF89a" + bytes(40),
        "damaged_image": good[: len(good) // 2],
    }
    path = folder / f"{name}.png"
    if name in contents:
        path.write_bytes(contents[name])
    elif name == "too_small":
        Image.fromarray(COLOUR[:8, :8]).save(path)
    elif name == "too_large":
        header = bytearray(good)
        header[16:24] = (60_000).to_bytes(4, "big") * 2
        header[29:33] = __import__("zlib").crc32(bytes(header[12:29])).to_bytes(4, "big")
        path.write_bytes(header)
    return path


@pytest.mark.parametrize("reason", REASONS[: REASONS.index("not_labels")])
def test_what_is_no_photo_has_a_reason(tmp_path, reason):
    for read in (read_image, read_alpha, read_labels, read_header):
        with pytest.raises(UnreadableImageError, match=f"^{reason}$"):
            read(damaged(tmp_path, reason))


def test_a_truncated_jpeg_is_damaged(tmp_path):
    path = saved(tmp_path, Image.fromarray(COLOUR), "photo.jpg")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnreadableImageError, match="damaged_image"):
        read_image(path)


def test_colour_is_no_label_image(tmp_path):
    with pytest.raises(UnreadableImageError, match="not_labels"):
        read_labels(saved(tmp_path, Image.fromarray(COLOUR)))


def test_labels_without_a_mask_are_refused(tmp_path):
    with pytest.raises(UnreadableImageError, match="no_mask_label"):
        read_labels(saved(tmp_path, Image.fromarray(np.where(GREY > 99, 255, 0).astype(np.uint8))))


@pytest.mark.parametrize("alpha", [None, 255, 0, 120])
def test_what_is_opaque_everywhere_alike_is_no_cutout(tmp_path, alpha):
    image = Image.fromarray(COLOUR)
    if alpha is not None:
        image.putalpha(alpha)
    with pytest.raises(UnreadableImageError, match="not_a_cutout"):
        read_alpha(saved(tmp_path, image))


@pytest.mark.parametrize("read", [read_image, read_header, read_alpha])
@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO])
def test_a_file_that_may_not_be_read_is_no_damaged_image(tmp_path, monkeypatch, read, number):
    path = saved(tmp_path, Image.fromarray(COLOUR))

    def refused(*_, **__):
        raise OSError(number, os.strerror(number))  # a read fails without a name

    monkeypatch.setattr("PIL.Image.open", refused)
    with pytest.raises(OSError, match=r"photo\.png") as refusal:
        read(path)
    assert (refusal.value.errno, refusal.value.filename) == (number, str(path))


@pytest.mark.parametrize("target", ["photo.png", "file/photo.png", "nowhere.png"])
def test_a_link_that_leads_nowhere_is_missing(tmp_path, target):
    (tmp_path / "file").touch()
    (tmp_path / "photo.png").symlink_to(target)  # the first one to itself
    with pytest.raises(UnreadableImageError, match="missing_file"):
        read_image(tmp_path / "photo.png")


def test_a_folder_with_the_name_of_an_image_is_none(tmp_path):
    (tmp_path / "photo.png").mkdir()
    with pytest.raises(UnreadableImageError, match="damaged_image"):
        read_image(tmp_path / "photo.png")


def test_a_seek_to_where_a_damaged_file_points_is_damage(tmp_path, monkeypatch):
    def odd(*_, **__):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr("PIL.Image.open", odd)
    with pytest.raises(UnreadableImageError, match="damaged_image"):
        read_image(saved(tmp_path, Image.fromarray(COLOUR)))


def test_a_large_photo_is_read_without_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", SIDE * SIDE - 1)
    path = saved(tmp_path, Image.fromarray(COLOUR))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(path).shape[:2] == read_header(path)[1::-1]


def test_a_gif_is_refused_whatever_its_name(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(GREY).save(path, format="GIF")
    with pytest.raises(UnreadableImageError, match="other_format"):
        read_image(path)


@pytest.mark.parametrize("name", ["photo.jfif", "photo.jpg", "photo.webp", "webp.jpg"])
def test_jpeg_and_webp_are_read_whatever_their_name(tmp_path, name):
    kind = "WEBP" if "webp" in name else "JPEG"
    path = saved(tmp_path, Image.fromarray(COLOUR), name, format=kind, quality=95)
    assert np.abs(read_image(path).astype(int) - COLOUR).mean() < 6
    assert read_header(path, whole=True) == (SIDE, SIDE, "RGB", False)


@pytest.mark.parametrize("name", ["photo.webp", "photo.png"])
def test_a_file_that_ends_early_is_damaged(tmp_path, name):
    path = saved(tmp_path, Image.fromarray(COLOUR), name)
    path.write_bytes(path.read_bytes()[:-90])
    for read in (read_image, read_header):
        with pytest.raises(UnreadableImageError, match="damaged_image"):
            read(path)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypmif1", "HEIC"),
        (b"\0\0\0\x1cftypavif", "AVIF"), (b"MM\0*\0\0\0\x08", "TIFF"), (b"BM" + bytes(14), "BMP"),
        (b"<html>", ""), (b"", ""),
    ],
)  # fmt: skip
def test_formats_that_are_not_read_are_known_by_their_start(tmp_path, start, kind):
    (tmp_path / "photo.jpg").write_bytes(start)
    assert format_of(tmp_path / "photo.jpg") == kind
    assert format_of(tmp_path / "nowhere.jpg") == ""


@pytest.mark.parametrize("seed", range(20))
def test_flipped_bytes_never_crash(tmp_path, seed):
    rng = np.random.default_rng(seed)
    kind = ("photo.png", "photo.jpg")[seed % 2]
    path = saved(tmp_path, Image.fromarray(COLOUR), kind)
    content = np.frombuffer(path.read_bytes(), np.uint8).copy()
    content[rng.integers(0, len(content), 8)] = rng.integers(0, 256, 8)
    path.write_bytes(content.tobytes())
    try:
        assert read_image(path).shape[:2] == read_header(path, whole=True)[1::-1]
    except UnreadableImageError as reason:
        assert str(reason) in REASONS


@pytest.mark.parametrize("turned", range(1, 9))
@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_a_header_gives_the_sides_of_the_photo_upright(tmp_path, name, turned):
    exif = Image.Exif()
    exif[0x0112] = turned
    path = saved(tmp_path, Image.fromarray(COLOUR[:35]), name, exif=exif)
    header = read_header(path)
    assert (header.height, header.width) == read_image(path).shape[:2]
    assert header.mode == "RGB" and header == read_header(path, whole=True)


XMP = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg"])
def test_a_header_knows_how_xmp_turns_a_photo(tmp_path, name):
    image = Image.fromarray(COLOUR[:35])
    if name == "photo.jpg":
        path = saved(tmp_path, image, name, xmp=XMP.encode())
    else:
        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP)
        path = saved(tmp_path, image, name, pnginfo=info)
    header = read_header(path)
    assert (header.height, header.width) == read_image(path).shape[:2] == (SIDE, 35)


def png_part(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


SAID = {
    "text of 1.1 MB": png_part(b"zTXt", b"history\0\0" + zlib.compress(bytes(1_100_000))),
    "text of 70 MB": png_part(b"zTXt", b"history\0\0" + zlib.compress(bytes(70_000_000), 1)),
    "profile of 70 MB": png_part(b"iCCP", b"icc\0\0" + zlib.compress(bytes(70_000_000), 1)),
    "text of an unknown packing": png_part(b"zTXt", b"history\0\1odd"),
    "text with a wrong sum": png_part(b"tEXt", b"history\0long")[:-1] + b"?",
}


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("said", SAID)
def test_what_a_png_says_besides_its_pixels_decides_nothing(tmp_path, said, at_end):
    path = saved(tmp_path, Image.fromarray(COLOUR))
    content = path.read_bytes()
    at = len(content) - 12 if at_end else 33  # before the end, or after the header
    path.write_bytes(content[:at] + SAID[said] + content[at:])
    assert np.array_equal(read_image(path), COLOUR)
    assert read_header(path, whole=True) == (SIDE, SIDE, "RGB", False)


def test_a_photo_is_turned_by_a_long_text_too(tmp_path):
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP + " " * 2_000_000, zip=True)
    path = saved(tmp_path, Image.fromarray(COLOUR[:35]), pnginfo=info)
    assert read_header(path)[:2] == (35, SIDE) and read_image(path).shape[:2] == (SIDE, 35)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.webp"])
def test_damaged_exif_makes_no_damaged_photo(tmp_path, name):
    path = saved(tmp_path, Image.fromarray(COLOUR), name, exif=b"Exif\0\0no such thing")
    assert read_image(path).shape == (SIDE, SIDE, 3)
    assert read_header(path)[:2] == (SIDE, SIDE)


def test_a_photo_is_shrunk_while_it_is_read(tmp_path):
    large = resize(COLOUR, 4200, 4100)
    png = saved(tmp_path, Image.fromarray(large[:600, :500]), "photo.png")
    assert np.array_equal(read_image(png, 100), fit(read_image(png), 100))
    jpeg = saved(tmp_path, Image.fromarray(large), "photo.jpg", quality=95)
    shrunk = read_image(jpeg, 256)
    assert shrunk.shape == (256, 250, 3)
    assert np.abs(shrunk.astype(int) - fit(large, 256)).max() <= 8


def test_an_orientation_that_is_text_turns_nothing(tmp_path):
    one_tag, as_text = b"\x01\x00\x12\x01", b"\x02\x00\x02\x00\x00\x006\x00\x00\x00"
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00" + one_tag + as_text + bytes(4)
    path = saved(tmp_path, Image.fromarray(COLOUR[:35]), "photo.jpg", exif=exif)
    assert read_header(path)[:2] == (SIDE, 35)
    assert read_image(path).shape == (35, SIDE, 3)


def test_a_header_alone_shows_damage_only_at_the_end(tmp_path):
    content = bytearray(saved(tmp_path, Image.fromarray(COLOUR)).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40] = bytes(40)
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    assert read_header(path) == (SIDE, SIDE, "RGB", False)
    for damaged in (lambda: read_header(path, whole=True), lambda: read_image(path)):
        with pytest.raises(UnreadableImageError, match="damaged_image"):
            damaged()
    photo = saved(tmp_path, Image.fromarray(COLOUR), "photo.jpg")
    photo.write_bytes(photo.read_bytes()[:-200])
    with pytest.raises(UnreadableImageError, match="damaged_image"):
        read_header(photo)


@pytest.mark.parametrize(
    ("other", "same"), [((80, 60), True), ((40, 30), True), ((40, 31), False), ((30, 40), False)]
)
def test_shapes_are_compared_up_to_rounding(other, same):
    assert same_shape((400, 300), other) is same
    assert same_shape((1000, 1000), (1000, 981)) and not same_shape((1000, 1000), (1000, 979))


def test_a_part_is_resized_in_fractions_of_a_pixel():
    part = resize(COLOUR, 20, 20, (10, 5, 30, 25))
    assert np.array_equal(part, COLOUR[5:25, 10:30])
    half = resize(COLOUR, 20, 20, (10.5, 5, 30.5, 25))
    between = (COLOUR[5:25, 10:30].astype(int) + COLOUR[5:25, 11:31]) / 2
    assert np.abs(half[2:-2, 2:-2] - between[2:-2, 2:-2]).max() <= 3


def test_shrinking_is_antialiased():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(resize(stripes, 16, 16)[2:-2, 2:-2].astype(int) - 127).max() <= 3


def test_fit_keeps_shape_and_never_enlarges():
    assert fit(np.zeros((100, 50, 3), np.uint8), 40).shape == (40, 20, 3)
    small = np.zeros((20, 30, 3), np.uint8)
    assert fit(small, 40) is small

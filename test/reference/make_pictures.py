#!/usr/bin/env python3
"""Small pictures of every format that is read, what Pillow decodes them to, and what Pillow and torchvision make of them.

    python3 test/reference/make_pictures.py   # writes pictures/ and pictures.json beside itself
"""
import base64
import io
import json
import pathlib
import struct
import zlib

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import functional as F

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "pictures"
FOLDER.mkdir(exist_ok=True)
WIDTH, HEIGHT = 41, 30


def text(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode()


def picture():
    """Waves of different lengths in each channel, edges, and some noise."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    waves = [128 + 90 * np.sin(x / (3 + c) + c) * np.cos(y / (5 - c)) for c in range(3)]
    pixels = np.stack(waves, -1) + random.normal(0, 8, (HEIGHT, WIDTH, 3))
    pixels[8:14, 20:33] = [250, 20, 60]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def interlaced(image):
    """A PNG in the seven passes of Adam7, which Pillow reads but doesn't write."""
    pixels = np.asarray(image)
    raw = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        for row in pixels[y0::dy, x0::dx]:
            raw += b"\0" + row.tobytes() if row.size else b""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def sixteen_bits(image):
    """Colours of 16 bits, whose lower 8 are others than the upper."""
    pixels = np.asarray(image).astype(np.uint16) * 256 + 77
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", image.width, image.height, 16, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def main():
    image = picture()
    grey = image.convert("L")
    alpha = image.copy()
    alpha.putalpha(grey.point(lambda v: 255 - v))
    palette = image.quantize(17)
    see_through = palette.copy()
    exif = Image.Exif()
    exif[0x0112] = 6
    saved = {
        "420.jpg": (image, dict(quality=85)),
        "444.jpg": (image, dict(quality=95, subsampling=0)),
        "422-progressive.jpg": (image, dict(quality=70, subsampling=1, progressive=True)),
        "grey.jpg": (grey, dict(quality=80)),
        "turned.jpg": (image, dict(quality=85, exif=exif)),
        "restarts.jpg": (image, dict(quality=60, restart_marker_blocks=2)),
        "colour.png": (image, {}),
        "alpha.png": (alpha, {}),
        "palette.png": (palette, dict(bits=8)),
        "palette-16.png": (image.quantize(13), dict(bits=4)),
        "palette-see-through.png": (see_through, dict(transparency=3)),
        "grey.png": (grey, {}),
        "grey-alpha.png": (alpha.convert("LA"), {}),
        "two-colours.png": (image.convert("1"), {}),
        "lossy.webp": (image, dict(quality=80)),
        "lossless.webp": (image, dict(lossless=True)),
        "alpha.webp": (alpha, dict(quality=70, exact=True)),
        "colour.ppm": (image, {}),
        "grey.pgm": (grey, {}),
    }
    for name, (one, options) in saved.items():
        one.save(FOLDER / name, **options)
    (FOLDER / "interlaced.png").write_bytes(interlaced(image))
    (FOLDER / "16-bits.png").write_bytes(sixteen_bits(image))
    levels = (np.asarray(grey) // 9).astype(np.uint8)
    header = b"P5 # of 28 levels\n%d %d\n28\n" % (WIDTH, HEIGHT)
    (FOLDER / "28-levels.pgm").write_bytes(header + levels.tobytes())

    decoded = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".jpg", ".png", ".webp", ".ppm", ".pgm"):
            with Image.open(path) as one:
                decoded[path.name] = {"rgb": text(one.convert("RGB")), "grey": text(one.convert("RGB").convert("L"))}

    # What is refused, apart.
    refused = FOLDER / "refused"
    refused.mkdir(exist_ok=True)
    image.convert("CMYK").save(refused / "cmyk.jpg", quality=80)
    image.save(refused / "animated.webp", save_all=True, append_images=[ImageOps.flip(image)], duration=100)
    whole = (FOLDER / "420.jpg").read_bytes()
    (refused / "cut-short.jpg").write_bytes(whole[: len(whole) // 2])
    (refused / "cut-short.png").write_bytes((FOLDER / "colour.png").read_bytes()[:-300])
    (refused / "cut-short.webp").write_bytes((FOLDER / "lossy.webp").read_bytes()[:-100])
    (refused / "text.ppm").write_bytes(b"P3\n1 1\n255\n1 2 3\n")
    (refused / "no-picture.jpg").write_bytes(b"<html>404: there is no such file</html>")

    fitted = []
    for size in (16, 24, 64):
        squash = image.resize((size, size), Image.BILINEAR)
        middle = transforms.CenterCrop(size)(transforms.Resize(size, Image.BILINEAR)(image))
        padded = ImageOps.pad(image, (size, size), Image.BILINEAR)
        tall = image.transpose(Image.ROTATE_90)
        fitted.append(
            {
                "size": size,
                "squash": text(squash),
                "crop": text(middle),
                "pad": text(padded),
                "jpeg": text(Image.open(FOLDER / "420.jpg").resize((size, size), Image.BILINEAR)),
                "tallCrop": text(transforms.CenterCrop(size)(transforms.Resize(size, Image.BILINEAR)(tall))),
                "tallPad": text(ImageOps.pad(tall, (size, size), Image.BILINEAR)),
            }
        )

    boxes = []
    for top, left, height, width in [(0, 0, 30, 41), (3, 7, 20, 11), (9, 0, 5, 33), (29, 40, 1, 1), (2, 30, 28, 4)]:
        cropped = F.resized_crop(image, top, left, height, width, [16, 16], Image.BILINEAR)
        tensor = torch.from_numpy(np.array(image)).permute(2, 0, 1).double() / 255
        floats = F.resized_crop(tensor, top, left, height, width, [16, 16], antialias=True)
        boxes.append(
            {
                "box": {"top": top, "left": left, "height": height, "width": width},
                "bytes": text(cropped),
                "floats": base64.b64encode(floats.permute(1, 2, 0).contiguous().float().numpy().tobytes()).decode(),
            }
        )

    laws = []
    torch.manual_seed(0)
    for width, height, scale, ratio in [
        (41, 30, (0.08, 1), (3 / 4, 4 / 3)),
        (32, 32, (0.25, 0.5), (0.5, 2)),
        (400, 10, (0.08, 1), (3 / 4, 4 / 3)),
        (10, 400, (0.9, 1), (3 / 4, 4 / 3)),
    ]:
        one = Image.new("RGB", (width, height))
        drawn = np.array([transforms.RandomResizedCrop.get_params(one, scale, ratio) for _ in range(20_000)], dtype=float)
        names = ("top", "left", "height", "width")
        quantiles = np.quantile(drawn, [0.1, 0.25, 0.5, 0.75, 0.9], axis=0)
        laws.append(
            {
                "image": {"width": width, "height": height},
                "law": {"scale": scale, "ratio": ratio},
                "mean": dict(zip(names, drawn.mean(0).round(5).tolist())),
                "deviation": dict(zip(names, drawn.std(0).round(5).tolist())),
                "quantiles": dict(zip(names, quantiles.T.tolist())),
            }
        )

    result = {
        "width": WIDTH,
        "height": HEIGHT,
        "decoded": decoded,
        "fitted": fitted,
        "boxes": boxes,
        "laws": laws,
    }
    (HERE / "pictures.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

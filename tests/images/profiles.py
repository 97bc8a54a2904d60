"""Colour profiles, written by hand after ICC.1:2001-04, and what colours they mean, computed without littlecms."""

import struct
from itertools import product

import numpy as np

# Columns: the colour of red, green and blue at full intensity in XYZ under D50 (ICC's own copies of the primaries).
SRGB = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
DISPLAY_P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
PROPHOTO = np.array([[0.79767, 0.13519, 0.03134], [0.28804, 0.71188, 0.00009], [0.0, 0.0, 0.82491]])
WHITE = (0.96420, 1.0, 0.82491)


def _fixed(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _profile(kind, space, connection, tags):
    """A profile of version 2 with these tags."""
    tags = {b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x\0" + bytes(78), b"cprt": b"text" + bytes(5)} | tags
    tags[b"wtpt"] = b"XYZ " + bytes(4) + _fixed(*WHITE)
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = bytes(4) + struct.pack(">I", 0x02400000) + kind + space + connection + bytes(12) + b"acsp" + bytes(28)
    header = struct.pack(">I", start + len(body)) + header[:4].replace(bytes(4), b"none") + header[4:]
    return header[:68] + _fixed(*WHITE) + bytes(48) + table + body


def rgb_profile(primaries, gamma):
    """A profile of RGB: a matrix, and one power for each channel."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries.T, strict=True))
    tags = {name: b"XYZ " + bytes(4) + _fixed(*column) for name, column in columns.items()}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def grey_profile(gamma):
    return _profile(
        b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))}
    )


def cmyk_profile(lab_of):
    """A profile of CMYK: the colour in Lab of each of the 16 ways to print inks in full or not, and all between."""
    identity = bytes(range(256))
    corners = b"".join(_lab_bytes(lab_of(*inks)) for inks in product((0, 1), repeat=4))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lookup = table + identity * 4 + corners + identity * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lookup, b"A2B1": lookup})


def _lab_bytes(lab):
    lightness, a, b = lab
    return bytes([round(lightness * 2.55), round(a) + 128, round(b) + 128])


def srgb_of_xyz(xyz):
    """Levels of sRGB, 0 to 255, from XYZ under D50."""
    linear = np.clip(np.asarray(xyz) @ np.linalg.inv(SRGB).T, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def srgb_of_rgb(pixels, primaries, gamma):
    return srgb_of_xyz((np.asarray(pixels) / 255) ** gamma @ primaries.T)


def srgb_of_lab(lab):
    lightness, a, b = lab
    y = (lightness + 16) / 116
    roots = np.array([y + a / 500, y, y - b / 200])
    return srgb_of_xyz(np.where(roots > 6 / 29, roots**3, 3 * (6 / 29) ** 2 * (roots - 4 / 29)) * WHITE)

"""Damage files in every place where genflow reads one, and count how each reading ends.

    python scripts/damage/fuzz.py [--files 2400] [--seed 0] [--readers npz config ...] \
        [--out results/fuzz.json]

A seeded mutator damages good files: bits, bytes, lengths, numbers, JSON values and
safetensors headers; now and then a file of another kind or a pickle that would run a
program takes their place. Each reading must end, within 5 s and without taking 512 MB
more, in success or in a ValueError or FileNotFoundError that names a file, and must
change no file beside it. Readings happen in a process of their own, so that a crash of
the interpreter is counted too. Exit status 1 if any reading ends otherwise, or if the
pickled program ran.
"""

import argparse
import io
import json
import math
import multiprocessing
import os
import pickle
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}

import numpy as np
import torch
from PIL import ExifTags, Image
from scipy.io import savemat
from torchvision.datasets import SVHN

from genflow.data.sources import load_dataset, load_folder, load_mnist, load_svhn
from genflow.devices import hardware
from genflow.evaluation.classifier import digit_weights
from genflow.evaluation.features import (
    load_digit_features,
    load_inception,
    real_features,
)
from genflow.evaluation.scores import draw_samples
from genflow.files import measured_now, read_json, write_json
from genflow.runs.hub import from_pretrained, save_pretrained
from genflow.runs.recipes import find_recipe, recipe_from_toml, to_toml
from genflow.runs.run import Run, load
from genflow.runs.train import train
from genflow.settings import summary_of
from genflow.training.callbacks import SNAPSHOT_ROWS, load_snapshots
from genflow.training.state import History, State, load_checkpoint
from genflow.training.steps import make_optimisers, train_step

root = Path(__file__).resolve().parents[2]
SECONDS, MEGABYTES = 5, 512


class Payload:
    "Unpickled, it leaves a mark"

    def __init__(self, mark: Path):
        self.command = f"touch {mark}"

    def __reduce__(self):
        return os.system, (self.command,)


# ---- the mutator ---------------------------------------------------------------------

EXTREMES = [
    0,
    1,
    0x7F,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    10**12,
    2**63 - 1,
    2**64 - 1,
]
VALUES = [
    None,
    True,
    -1,
    0,
    1.5,
    10**6,
    10**12,
    2**63,
    10**400,
    1e308,
    math.nan,
    -math.inf,
    "",
    "x",
    "/",
    "~nobody",
    "..",
    "\0",
    [],
    {},
]
VALUES += [
    [[]],
    [1e9] * 3,
    [10**9, 10**9],
    "a" * 10_000,
    {"kind": "os.system"},
    json.loads("[" * 500 + "]" * 500),
]


def damage_bytes(data: bytes) -> bytes:
    "One to four blows to a file that might be anything"
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        i, j = sorted(random.choices(range(len(data) + 1), k=2))
        if random.random() < 0.5:  # near the beginning, where headers are
            i, j = min(i, random.randrange(200)), min(j, random.randrange(200, 400))
        j = min(j, i + random.choice((1, 4, 16, 1000)))
        blow = random.randrange(8)
        if blow == 0 and data:
            for k in random.choices(range(len(data)), k=random.choice((1, 8, 64))):
                data[k] ^= 1 << random.randrange(8)
        elif blow == 1:
            data = data[: random.choice((i, len(data) - 1, len(data) // 2))]
        elif blow == 2:
            del data[i:j]
        elif blow == 3:
            data[i:i] = random.randbytes(random.choice((1, 4, 100)))
        elif blow == 4:
            data[i:j] = bytes(j - i)
        elif blow == 5:
            size = random.choice((2, 4, 8))
            data[i : i + size] = (random.choice(EXTREMES) % 2 ** (8 * size)).to_bytes(
                size, random.choice(("big", "little"))
            )
        elif blow == 6:
            data[i:j] = data[i:j] * random.choice((2, 50))
        else:
            numbers = list(re.finditer(rb"\d+", data[:20_000]))
            if numbers:
                number = random.choice(numbers)
                data[number.start() : number.end()] = str(
                    random.choice(EXTREMES) * random.choice((1, -1))
                ).encode()
    return bytes(data)


def damage_value(value):
    "A JSON value with one of its parts replaced, left out, or doubled"
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        changed = dict(value)
        if random.random() < 0.15:
            del changed[key]
        else:
            changed[key] = damage_value(value[key])
        return changed
    if isinstance(value, list) and value and random.random() < 0.7:
        changed = list(value)
        i = random.randrange(len(changed))
        changed[i : i + 1] = random.choice(
            ([], [changed[i]] * 2, [damage_value(changed[i])])
        )
        return changed
    # JSON within JSON
    if isinstance(value, str) and value[:1] in "{[" and random.random() < 0.8:
        return json.dumps(damage_value(json.loads(value)))
    return random.choice([*VALUES, str(random.choice(VALUES))])


def damage_json(data: bytes) -> bytes:
    "Other values in a JSON file"
    return json.dumps(damage_value(json.loads(data))).encode()


def damage_safetensors(data: bytes) -> bytes:
    "Another header, or values that are not finite, in a safetensors file"
    size = int.from_bytes(data[:8], "little")
    header, body = json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])
    if random.random() < 0.2 and len(body) > 8:
        i = random.randrange(len(body) // 4) * 4
        body[i : i + 4] = random.choice(
            (b"\0\0\xc0\x7f", b"\0\0\x80\x7f", b"\xff\xff\x7f\x7f")
        )
    else:
        key = random.choice([name for name in header if name != "__metadata__"])
        choices = [
            lambda: header.update({key: damage_value(header[key])}),
            lambda: header.update(
                {"__metadata__": damage_value(header["__metadata__"])}
            ),
            lambda: header.pop(key),
            lambda: header.update({f"{key}.more": header.pop(key)}),
            lambda: header[key].update(
                dtype=random.choice(
                    ("F64", "F16", "BF16", "I8", "BOOL", "C64", "F8_E4M3", "U64")
                )
            ),
            lambda: header[key].update(shape=header[key]["shape"][::-1]),
            lambda: header.update(
                {
                    k: {**v, "shape": v["shape"][::-1]}
                    for k, v in header.items()
                    if "shape" in v
                }
            ),
        ]
        random.choice(choices)()
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def false_header(shapes: list[tuple[int, ...]]) -> bytes:
    "The header of an .npy file that claims one of some shapes, and any type and order"
    shape = random.choice(shapes)
    descr = random.choice(
        [
            "|u1",
            "<f8",
            "|O",
            "|V0",
            "|S0",
            [("x", "|u1")],
            "<U9",
            "|b1",
            "<M8[s]",
            "<c16",
        ]
    )
    header = {"descr": descr, "fortran_order": random.random() < 0.5, "shape": shape}
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, header)
    return out.getvalue()


def damage_npz(data: bytes) -> bytes:
    "An .npz file whose arrays' headers, or whose directory, claim something else"
    shapes = [
        (10**6, 10**3, 10**3, 1),
        (-1, 7, 9, 3),
        (30, 7, 9, 0),
        (2**63, 2, 2, 1),
        (1, 30, 9, 21),
        (30, 7, 9, 3),
    ]
    header = false_header(shapes)
    out = io.BytesIO()
    with zipfile.ZipFile(
        out,
        "w",
        random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA)),
    ) as archive:
        archive.writestr(
            random.choice(("images.npy", "labels.npy", "../images.npy")),
            header + bytes(30 * 7 * 9 * 3),
        )
        archive.writestr(
            "images.npy" if random.random() < 0.5 else "x",
            random.choice((b"", b"\x93NUMPY\x01\x00\xff\xff{", b"{" * 500)),
        )
    data = bytearray(out.getvalue())
    if random.random() < 0.5:  # sizes in the central directory
        i = data.rfind(b"PK\x01\x02", 0, data.rfind(b"PK\x01\x02")) + 20
        data[i : i + 8] = b"\xfe\xff\xff\x7f" * 2
    return bytes(data)


def damage_npy(data: bytes) -> bytes:
    """An .npy file whose header claims another shape, another type, or an order that it
    has not"""
    shapes = [
        (10**6, 10**3, 10**3, 3),
        (-1, 9, 7, 3),
        (30, 9, 0, 3),
        (2**63, 2, 2, 1),
        (),
        (30, 9, 7, 3),
    ]
    return false_header(shapes) + data[-30 * 9 * 7 * 3 :]


def damage_csv(data: bytes) -> bytes:
    """A CSV file with other numbers, absurdly many columns, a line without an end, or
    columns that do not fit"""
    names, *rows = data.decode().split("\n")
    choices = [
        lambda: "\n".join(
            [
                names,
                *(
                    row.replace(
                        "1", str(random.choice([*EXTREMES, "1e3", "nan", "0.5"]))
                    )
                    for row in rows
                ),
            ]
        ),
        lambda: (
            ",".join(f"pixel{i}" for i in range(random.choice((10**5, 10**6))))
            + "\n"
            + "\n".join(rows)
        ),
        lambda: names + "\n" + "1," * random.choice((10**6, 10**7)),
        lambda: names + "," * random.choice((1, 10**6)) + "\n" + "\n".join(rows),
        lambda: (
            names.replace("pixel3", f"pixel{random.choice(EXTREMES)}")
            + "\n"
            + "\n".join(rows)
        ),
        lambda: names + "\n" * random.choice((1, 10**6)),
        lambda: '"' + "\n".join([names, *rows]),
    ]
    return random.choice(choices)().encode()


def damage_picture(data: bytes) -> bytes:
    """A picture that is or claims to be of a monstrous size, one of a kind that starts
    a program, or none"""
    foreign = (
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        b"8BPS",
        b"GIF89a" + bytes(99),
        b"II*\0" + bytes(99),
    )
    if random.random() < 0.3:
        return random.choice(foreign)
    out, size = (
        io.BytesIO(),
        random.choice([(9, 9), (3_000, 3_000), (65_000, 1), (1, 65_000)]),
    )
    Image.new("1", size).save(out, "PNG")
    picture = bytearray(out.getvalue())
    if size == (9, 9):
        claimed = random.choice(
            [
                (30_000, 30_000),
                (12_000, 9_000),
                (9_000, 9_000),
                (6_000, 6_000),
                (2**31 - 1, 1),
                (0, 9),
            ]
        )
        picture[16:24] = b"".join(side.to_bytes(4, "big") for side in claimed)
        picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4, "big")
    return bytes(picture) if random.random() < 0.5 else damage_bytes(bytes(picture))


# ---- the readers ---------------------------------------------------------------------


@dataclass
class Reader:
    "A place where genflow reads a file"

    path: Path  # the file that is damaged
    read: Callable[[], object]  # reads it
    mutators: tuple[Callable[[bytes], bytes], ...] = (damage_bytes,)
    rewrites: bool = False  # a cache, which may replace what it cannot use
    share: float = 1.0  # of the files
    # the good file is a small one that is refused for its contents
    stand_in: bool = False


def make_arrays(place: Path) -> Reader:
    "A folder of arrays"
    for split in ("train", "test"):
        images = np.random.default_rng(0).integers(
            0, 256, (30, 7, 9, 3), dtype=np.uint8
        )
        np.savez_compressed(
            place / f"{split}.npz", images=images, labels=np.arange(30) % 10
        )
    return Reader(
        place / "train.npz", lambda: load_folder(place), (damage_bytes, damage_npz)
    )


def make_mapped_arrays(place: Path) -> Reader:
    "A folder of arrays that stay on the disk"
    for split in ("train", "test"):
        np.save(
            place / f"{split}.npy",
            np.random.default_rng(0).integers(0, 256, (30, 9, 7, 3), dtype=np.uint8),
        )

    def read():
        images = load_folder(place)
        return images.train[:8], images.test[:8]

    return Reader(place / "train.npy", read, (damage_bytes, damage_npy))


def make_csv(place: Path) -> Reader:
    "A table of images"
    rows = np.random.default_rng(0).integers(0, 256, (30, 50)).tolist()
    names = ["label", *(f"pixel{i}" for i in range(49))]
    for split in ("train", "test"):
        (place / f"{split}.csv").write_text(
            "\n".join(",".join(map(str, row)) for row in [names, *rows])
        )
    return Reader(
        place / "train.csv", lambda: load_folder(place), (damage_bytes, damage_csv)
    )


def make_tables(place: Path, suffix: str) -> Reader:
    "Encoded images in Parquet, or as `datasets` saves them; where pyarrow is"
    import pyarrow
    from pyarrow import parquet

    records = []
    for i in range(30):
        with io.BytesIO() as file:
            Image.fromarray(
                np.random.default_rng(i).integers(0, 256, (12, 10, 3), dtype=np.uint8)
            ).save(file, "PNG")
            records.append({"bytes": file.getvalue(), "path": None})
    kind = pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})
    table = pyarrow.table(
        {"image": pyarrow.array(records, kind), "label": pyarrow.array([0, 1] * 15)}
    )
    (place / "state.json").write_text("{}")
    path = place / f"data-00000-of-00001{suffix}"
    if suffix == ".parquet":
        parquet.write_table(table, path)
        return Reader(path, lambda: load_folder(path))
    with (
        pyarrow.OSFile(str(path), "wb") as sink,
        pyarrow.ipc.new_stream(sink, table.schema) as stream,
    ):
        stream.write_table(table)
    return Reader(path, lambda: load_folder(place))


def make_pictures(place: Path, suffix: str) -> Reader:
    "A folder of pictures"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    for i in range(4):
        picture = Image.fromarray(
            np.random.default_rng(i).integers(0, 256, (12, 10, 3), dtype=np.uint8)
        )
        picture.save(
            place / f"{i}{suffix}", **({} if suffix == ".bmp" else {"exif": exif})
        )
    read = lambda: (load_folder(place, image_size=8), load_folder(place))
    return Reader(
        place / f"1{suffix}",
        read,
        (damage_bytes, damage_bytes, damage_picture),
        share=0.5,
    )


def make_mnist(place: Path, which: str) -> Reader:
    "MNIST's files, with small images"
    raw = place / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        sizes = b"".join(n.to_bytes(4, "big") for n in (10_100, 2, 2))
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(
            b"\0\0\x08\x03" + sizes + random.randbytes(10_100 * 4)
        )
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(
            b"\0\0\x08\x01" + sizes[:4] + bytes(10_100)
        )
    return Reader(raw / which, lambda: load_mnist(place))


def make_svhn(place: Path) -> Reader:
    """SVHN's files, with small images; the comparison of their MD5, which would refuse
    them all, is left out here"""
    SVHN._check_integrity = lambda self: True
    (place / "svhn").mkdir()
    for split in ("train", "test"):
        arrays = {
            "X": np.random.default_rng(0).integers(
                0, 256, (2, 2, 3, 7300), dtype=np.uint8
            ),
            "y": np.ones((7300, 1), np.uint8),
        }
        savemat(place / "svhn" / f"{split}_32x32.mat", arrays, do_compression=True)
    return Reader(place / "svhn" / "train_32x32.mat", lambda: load_svhn(place))


def make_run(place: Path, which: str) -> Reader:
    "A run of the flow prior, tiny"
    recipe = find_recipe("digits-vae-mlp-flow").changed(
        steps=4, log_every=2, checkpoint_every=2, latent_dim=2
    )
    recipe = recipe.changed(hidden=(8,), flow_hidden=(8,), flow_layers=2)
    run = train(recipe, place / "run", device="cpu", progress=False)
    digits = Run(run).data()

    def resume():
        torch.manual_seed(0)
        model = recipe.build(digits.image_shape)
        state = State(model, make_optimisers(model, recipe.training), None)
        load_checkpoint(state, run)
        train_step(model, state.optimisers, digits.train[:8], recipe.training, 0)

    load_it = lambda: draw_samples(load(run, "cpu"), 2)
    readers = {
        "config.json": Reader(
            run / "config.json",
            lambda: (load_it(), Run(run).data()),
            (damage_bytes, damage_json, damage_json),
        ),
        "timing.json": Reader(
            run / "timing.json",
            lambda: read_json(run / "timing.json"),
            (damage_bytes, damage_json),
            share=0.5,
        ),
        "history.csv": Reader(
            run / "history.csv", lambda: History.load(run / "history.csv")
        ),
        "model.safetensors": Reader(
            run / "model.safetensors",
            load_it,
            (damage_bytes, damage_safetensors, damage_safetensors),
        ),
        "checkpoint.safetensors": Reader(
            run / "checkpoint.safetensors",
            resume,
            (damage_bytes, damage_safetensors, damage_safetensors),
        ),
        "snapshots.safetensors": Reader(
            run / "snapshots.safetensors",
            lambda: load_snapshots(run / "snapshots.safetensors", SNAPSHOT_ROWS),
            (damage_bytes, damage_safetensors),
            share=0.5,
        ),
    }
    return readers[which]


def make_hub(place: Path, which: str) -> Reader:
    "A folder as the hub has it, of a tiny GAN"
    recipe = find_recipe("digits-gan").changed(
        steps=2, log_every=1, checkpoint_every=1, width=2
    )
    folder = save_pretrained(
        Run(train(recipe, place / "run", device="cpu", progress=False)), place / "hub"
    )
    mutator = damage_json if which == "config.json" else damage_safetensors
    read = lambda: draw_samples(from_pretrained(folder, "cpu"), 2)
    return Reader(folder / which, read, (damage_bytes, mutator), share=0.5)


def make_digit_weights(place: Path) -> Reader:
    "A digit classifier's weights"
    path = Path(shutil.copy(digit_weights("digits"), place / "features.safetensors"))
    read = lambda: load_digit_features("digits", path)(torch.zeros(1, 1, 28, 28))
    return Reader(path, read, (damage_bytes, damage_safetensors, damage_safetensors))


def make_toml(place: Path) -> Reader:
    "A recipe in a file"
    path = place / "my.toml"
    path.write_text(to_toml(find_recipe("digits-gan")), encoding="utf-8")
    return Reader(path, lambda: recipe_from_toml(path), share=0.5)


def make_cache(place: Path) -> Reader:
    "Features that were computed before"
    images, features = (
        load_dataset("digits").test.subset(slice(0, 8)),
        load_digit_features("digits"),
    )
    real_features(images, features, place)
    (path,) = (place / "features").iterdir()
    return Reader(
        path,
        lambda: real_features(images, features, place),
        (damage_bytes, damage_safetensors),
        rewrites=True,
    )


def make_inception(place: Path) -> Reader:
    "A few weights as PyTorch writes them, in place of an Inception's 90 MB"
    path = place / "weights.pth"
    torch.save(
        {
            "Conv2d_1a_3x3.conv.weight": torch.zeros(32, 3, 3, 3),
            "fc.bias": torch.zeros(5),
        },
        path,
    )
    return Reader(
        path, lambda: load_inception("inception-fid", path), share=0.5, stand_in=True
    )


READERS: dict[str, Callable[[Path], Reader]] = {
    "IDX images": lambda place: make_mnist(place, "train-images-idx3-ubyte"),
    "IDX labels": lambda place: make_mnist(place, "t10k-labels-idx1-ubyte"),
    "MAT": make_svhn,
    "npz": make_arrays,
    "npy": make_mapped_arrays,
    "CSV": make_csv,
    **(
        {"Parquet": lambda place: make_tables(place, ".parquet")}
        if find_spec("pyarrow")
        else {}
    ),
    **(
        {"Arrow": lambda place: make_tables(place, ".arrow")}
        if find_spec("pyarrow")
        else {}
    ),
    **{
        f"{s[1:]} pictures": lambda place, s=s: make_pictures(place, s)
        for s in (".png", ".jpg", ".bmp", ".webp")
    },
    **{
        n: lambda place, n=n: make_run(place, n)
        for n in (
            "config.json",
            "timing.json",
            "history.csv",
            "model.safetensors",
            "checkpoint.safetensors",
            "snapshots.safetensors",
        )
    },
    **{
        f"hub {n}": lambda place, n=n: make_hub(place, n)
        for n in ("config.json", "model.safetensors")
    },
    "TOML": make_toml,
    "digit-feature weights": make_digit_weights,
    "cached features": make_cache,
    "Inception weights": make_inception,
}


# ---- one reading ---------------------------------------------------------------------


def bombs(mark: Path) -> list[bytes]:
    "Files that would run a program if anything in them were unpickled"
    payload, saved, array = Payload(mark), io.BytesIO(), io.BytesIO()
    torch.save({"fc.bias": payload}, saved)
    np.savez(
        array,
        images=np.array([payload], dtype=object),
        labels=np.array([payload], dtype=object),
    )
    return [
        pickle.dumps(payload),
        pickle.dumps(payload, 0),
        pickle.dumps(payload, 4),
        saved.getvalue(),
        array.getvalue(),
    ]


def snapshot(folder: Path, but: Path) -> dict[Path, tuple[int, int]]:
    "Sizes and times of all files in a folder but one"
    return {
        p: (p.stat().st_size, p.stat().st_mtime_ns)
        for p in folder.rglob("*")
        if p.is_file() and p != but and p.name != ".lock"
    }


def judge(reader: Reader, place: Path) -> str:
    "Read, and say in a word or more how that ended"
    before, peak = (
        snapshot(place, reader.path),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )
    damaged = reader.path.read_bytes()
    try:
        reader.read()
        outcome = "success"
    except (ValueError, FileNotFoundError) as error:
        named = str(place) in str(error) or "data set" in str(error)
        outcome = (
            type(error).__name__ if named else f"does not name the file: {error!r}"
        )
        if isinstance(error.__cause__, MemoryError) or "allocate memory" in str(error):
            outcome = f"asked for too much memory: {error}"
    except BaseException as error:
        outcome = f"raised {error!r}"
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak > MEGABYTES * 1024:
        outcome = f"took over {MEGABYTES} MB: {outcome}"
    if not reader.rewrites and (
        snapshot(place, reader.path) != before or reader.path.read_bytes() != damaged
    ):
        outcome = f"changed a file: {outcome}"
    return outcome


def work(connection, name: str, place: Path, seed: int, mark: Path) -> None:
    """A process that makes a good file, then damages and reads it once for every number
    that it receives"""
    resource.setrlimit(resource.RLIMIT_AS, (16 * 2**30, 16 * 2**30))
    random.seed(0)
    reader = READERS[name](place)
    if not reader.stand_in:
        reader.read()
    good = reader.path.read_bytes()
    connection.send(reader.share)
    while True:
        random.seed(f"{seed} {name} {connection.recv()}")
        data = (
            random.choice(reader.mutators)(good)
            if random.random() < 0.95
            else random.choice([*bombs(mark), b"", b"\0" * 99])
        )
        reader.path.write_bytes(data)
        connection.send(judge(reader, place))


class Worker:
    "A process for one reader, started anew when it has ended or hangs"

    def __init__(self, name: str, place: Path, seed: int, mark: Path):
        self.arguments = name, place, seed, mark
        self.start()

    def start(self) -> None:
        "Fork, and wait for the good file"
        name, place, *rest = self.arguments
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        context = multiprocessing.get_context("fork")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=work, args=(theirs, name, place, *rest), daemon=True
        )
        self.process.start()
        theirs.close()
        self.share = self.connection.recv()

    def __call__(self, number: int) -> str:
        "How the reading of file `number` ended"
        self.connection.send(number)
        try:
            if self.connection.poll(SECONDS):
                return self.connection.recv()
            outcome = f"took over {SECONDS} s"
        except EOFError:
            self.process.join()
            outcome = f"ended the process, status {self.process.exitcode}"
        self.stop()
        self.start()
        return outcome

    def stop(self) -> None:
        "End the process"
        self.process.kill()
        self.process.join()


ENDINGS = ("success", "ValueError", "FileNotFoundError")


def try_reader(
    name: str, files: float, place: Path, seed: int, mark: Path
) -> tuple[Counter, list[dict]]:
    "How many of a reader's files ended how, and everything that should not have been"
    worker = Worker(name, place, seed, mark)
    counts, faults = Counter(), []
    for number in range(math.ceil(files * worker.share)):
        outcome = worker(number)
        if mark.exists():
            mark.unlink()
            outcome = f"executed a payload: {outcome}"
        counts[outcome if outcome in ENDINGS else "fault"] += 1
        if outcome not in ENDINGS:
            faults.append({"reader": name, "number": number, "outcome": outcome[:500]})
    worker.stop()
    return counts, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--files", type=int, default=2400, help="in all, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS))
    parser.add_argument("--out", type=Path, default=root / "results" / "fuzz.json")
    arguments = parser.parse_args()
    began, readers, faults = time.perf_counter(), {}, []
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    load_dataset("digits")
    with tempfile.TemporaryDirectory() as place:
        for name in arguments.readers:
            # some take half as many
            files = arguments.files / (len(arguments.readers) - 3)
            counts, more = try_reader(
                name,
                files,
                Path(place) / "files",
                arguments.seed,
                Path(place) / "executed",
            )
            readers[name] = {
                "files": counts.total(),
                **{ending: counts[ending] for ending in (*ENDINGS, "fault")},
            }
            faults += more
            print(name, readers[name], file=sys.stderr)
    total = {
        key: sum(counts[key] for counts in readers.values())
        for key in ("files", *ENDINGS, "fault")
    }
    payloads = sum("executed a payload" in fault["outcome"] for fault in faults)
    facts = {
        "hardware": hardware(torch.device("cpu")),
        **measured_now(),
        "seconds": round(time.perf_counter() - began, 1),
    }
    about = {
        "test": "fuzz",
        "description": summary_of(__doc__),
        "seed": arguments.seed,
        **facts,
    }
    limits = {"seconds_per_file": SECONDS, "megabytes_per_file": MEGABYTES}
    result = {
        **about,
        **limits,
        "total": total,
        "payloads_executed": payloads,
        "readers": readers,
        "faults": faults,
    }
    write_json(arguments.out, result)
    print(json.dumps(result, indent=1, ensure_ascii=False))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()

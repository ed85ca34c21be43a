#!/usr/bin/python3
"""Writes vectors/*.safetensors: results of the reference, for tests/models/test_parity.c.

README.md describes the files. On one machine every call writes the same bits; another version
of PyTorch may change the last digits. With names of cases as arguments it writes only those.
"""

import json
import struct
import sys
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.nn.functional as F

from reference import Model, Settings, shapes

MASK = (1 << 64) - 1
# The least distance to a kink (ReLU at 0, a whole CoPE position), so that float and double are
# on the same side of it.
MARGIN = 2e-5
FORMATS = {torch.float64: ("F64", "d"), torch.float32: ("F32", "f"),
           torch.int32: ("I32", "i")}

BASE = Settings(layers=2, heads=2, dim=12, ff=10, vocabulary=7, longest=13,
                trained_length=13)
LENGTHS = (13, 9, 1, 11)
LONG = (75, 40)  # queries in several panels, in files that are hardly larger
PRE = dict(norm="pre", activation="gelu")
POST = dict(norm="post", activation="relu", heads=3)
COPE = dict(p_max=3, scale_position=True, sep_keys=False, val_gates=False,
            share_layers=False)
RELATIVE = dict(share_layers=True, capped=False)
ROPE = dict(base=10000.0, fraction=1.0, layout="adjacent")
SINUSOIDAL = dict(base=10000.0, scale=1.0)


def case(block, lengths=LENGTHS, optimizer=None, settings=None, **encoders):
    """One vector file: settings, the lengths of its sequences, three steps or none."""
    longest = max(lengths)
    fields = dict(longest=longest, trained_length=longest) | block | (settings or {})
    return replace(BASE, **fields, encoders=encoders), lengths, optimizer


def optimizer(kind, **given):
    return dict(kind=kind, lr=0.01, beta1=0.9, beta2=0.99, eps=1e-4, weight_decay=0.1,
                schedule="constant", warmup=0, steps=3, clip=0.0) | given


CASES = {
    "none_pre": case(PRE),
    "none_post": case(POST),
    "none_untied": case(PRE, settings=dict(tie_embeddings=False, bias=False)),
    "none_post_untied": case(POST, settings=dict(tie_embeddings=False, bias=False)),
    "sinusoidal_pre": case(PRE, sinusoidal=SINUSOIDAL),
    "sinusoidal_post": case(POST, sinusoidal=SINUSOIDAL | dict(base=100.0, scale=0.5)),
    "absolute_pre": case(PRE, absolute={}),
    "absolute_post": case(POST, absolute={}),
    "relative_pre": case(PRE, relative=RELATIVE),
    "relative_post": case(POST, relative=RELATIVE),
    "relative_per_layer": case(PRE, relative=RELATIVE | dict(share_layers=False)),
    "relative_capped": case(POST, relative=RELATIVE | dict(capped=True),
                            settings=dict(trained_length=8)),
    "relative_long": case(PRE, LONG, relative=RELATIVE),
    "rope_pre": case(PRE, rope=ROPE),
    "rope_post": case(POST, rope=ROPE),
    "rope_halves": case(PRE, rope=ROPE | dict(layout="halves", base=100.0)),
    "rope_fraction": case(POST, rope=ROPE | dict(fraction=0.5), settings=dict(heads=1)),
    "rope_fraction_halves": case(
        PRE, rope=ROPE | dict(fraction=0.5, layout="halves"), settings=dict(dim=16)),
    "cope_pre": case(PRE, cope=COPE),
    "cope_post": case(POST, cope=COPE | dict(scale_position=False)),
    "cope_sep_keys": case(PRE, cope=COPE | dict(sep_keys=True)),
    "cope_val_gates": case(
        POST, LONG, cope=COPE | dict(val_gates=True, scale_position=False)),
    "cope_share_layers": case(PRE, cope=COPE | dict(share_layers=True)),
    "cope_sep_keys_share": case(
        POST, LONG,
        cope=COPE | dict(sep_keys=True, share_layers=True, scale_position=False)),
    "cope_long": case(PRE, LONG, cope=COPE | dict(p_max=12)),
    "cope_unclamped": case(PRE, cope=COPE | dict(p_max=20)),
    "cope_relative_pre": case(PRE, cope=COPE, relative=RELATIVE),
    "cope_relative_post": case(
        POST, cope=COPE | dict(scale_position=False),
        relative=RELATIVE | dict(share_layers=False)),
    "cope_rope_pre": case(PRE, cope=COPE, rope=ROPE),
    "cope_rope_post": case(
        POST, LONG, cope=COPE | dict(scale_position=False),
        rope=ROPE | dict(layout="halves")),
    "steps_adam": case(PRE, optimizer=optimizer("adam", eps=1e-3)),
    "steps_adamw_linear": case(
        PRE, cope=COPE,
        optimizer=optimizer("adamw", schedule="linear", warmup=1, steps=4, clip=0.2)),
    "steps_adamw_cosine": case(
        POST, absolute={},
        optimizer=optimizer("adamw", schedule="cosine", warmup=2, steps=5, clip=0.3)),
}


# Windows of bytes of a text, in which every token is asked for, as the task `text` makes them of a
# folder whose texts are tests/data/text/sample.txt. There are more targets than the 64 whose
# logits are held at a time.
TEXT_CONTEXT, TEXT_WINDOWS, TEXT_VOCABULARY = 48, (3, 7), 257
TEXT = dict(vocabulary=TEXT_VOCABULARY)
TEXT_CASES = {
    "text_rope": case(PRE, [TEXT_CONTEXT], settings=TEXT, rope=ROPE),
    "text_cope_relative": case(PRE, [TEXT_CONTEXT], settings=TEXT,
                               cope=COPE | dict(p_max=12), relative=RELATIVE),
}


# --- inputs ----------------------------------------------------------------------------


def draws(text):
    """SplitMix64, started from the FNV-1a hash of `text`: whole numbers below 2^64."""
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def tensor(seed, name, shape):
    """Multiples of 2^-20 in [-1/2, 1/2), exact as floats; gains about 1."""
    centre = 1.0 if name.endswith(".gain") else 0.0
    numbers = draws(f"{seed}:{name}")
    rows, columns = shape
    values = [centre + (next(numbers) >> 44) / 2**20 - 0.5 for _ in range(rows * columns)]
    return torch.tensor(values, dtype=torch.float64).view(shape).requires_grad_()


def batch(seed, lengths, vocabulary):
    """A list of (tokens [1, T], targets [1, T]); about half the positions are scored."""
    numbers = draws(f"{seed}:batch")
    sequences = []
    for T in lengths:
        tokens = [(next(numbers) >> 32) % vocabulary for _ in range(T)]
        draw = [(next(numbers) >> 32) % (2 * vocabulary) for _ in range(T)]
        targets = [x if x < vocabulary else -1 for x in draw]
        sequences.append((torch.tensor([tokens]), torch.tensor([targets])))
    return sequences


def text_batch():
    """A list of windows (tokens [1, T], targets [1, T]); a target is the next byte."""
    text = (Path(__file__).parent.parent / "data" / "text" / "sample.txt").read_bytes()
    T, sequences = TEXT_CONTEXT, []
    for window in TEXT_WINDOWS:
        ids = list(text[window * T:window * T + T + 1])
        sequences.append((torch.tensor([ids[:-1]]), torch.tensor([ids[1:]])))
    return sequences


def forward(settings, weights, sequences, kinks=None):
    """Logits at the scored positions, in order, and the mean loss over them."""
    model = Model(settings, weights, kinks)
    logits = torch.cat([model.scored_logits(x, y) for x, y in sequences])
    targets = torch.cat([y[y >= 0] for _, y in sequences])
    return logits, F.cross_entropy(logits, targets)


def draw_case(settings, batch_of):
    """Finds the first seed whose point is away from every kink: (seed, weights, batch)."""
    for seed in range(1, 1000):
        weights = {n: tensor(seed, n, shape) for n, shape in shapes(settings).items()}
        sequences, kinks = batch_of(seed), []
        forward(settings, weights, sequences, kinks)
        if min(kinks, default=1.0) > MARGIN:
            return seed, weights, sequences
    raise SystemExit("every seed lies near a kink; lower MARGIN")


# --- outputs ---------------------------------------------------------------------------


def rate(o, step):
    """The learning rate of `step` (from 0) over `lr`: warm-up, then the schedule."""
    if step < o["warmup"]:
        return (step + 1) / o["warmup"]
    done = (step - o["warmup"]) / (o["steps"] - o["warmup"])
    if o["schedule"] == "linear":
        return 1 - done
    if o["schedule"] == "cosine":
        return 0.5 * (1 + torch.tensor(torch.pi * done, dtype=torch.float64).cos().item())
    return 1.0


def clip(weights, largest):
    """Scales all gradients to a joint norm of at most `largest`.

    torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm, so it ends a little below.
    """
    norm = torch.cat([w.grad.flatten() for w in weights.values()]).norm()
    assert norm > largest, "a case that clips nothing tests nothing"
    for w in weights.values():
        w.grad.mul_(largest / norm)


def three_steps(settings, weights, sequences, o):
    """Three optimiser steps on one batch; the losses before each of them."""
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[o["kind"]]
    decay = dict(weight_decay=o["weight_decay"]) if o["kind"] == "adamw" else {}
    optimiser = kind(weights.values(), lr=o["lr"], betas=(o["beta1"], o["beta2"]),
                     eps=o["eps"], **decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: rate(o, step))
    losses = []
    for _ in range(3):
        optimiser.zero_grad()
        _, loss = forward(settings, weights, sequences)
        loss.backward()
        if o["clip"] > 0:
            clip(weights, o["clip"])
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def option_text(encoders):
    """ "cope.p_max=3 cope.sep_keys=false": every option of every encoder."""
    def text(value):
        return str(value).lower() if isinstance(value, bool) else f"{value}"
    return " ".join(f"{name}.{option}={text(value)}" for name, options in encoders.items()
                    for option, value in options.items())


def metadata(seed, settings, o):
    fields = asdict(settings)
    encoders = fields.pop("encoders")
    fields |= dict(seed=seed, encoder="+".join(encoders) or "none",
                   options=option_text(encoders))
    fields |= {f"optimizer.{key}": value for key, value in (o or {}).items()}
    return {key: str(int(value) if isinstance(value, bool) else value)
            for key, value in fields.items()}


def save(path, notes, tensors):
    """The safetensors format: u64 length of the JSON header, header, numbers."""
    header, data = {"__metadata__": notes}, b""
    for name, t in tensors.items():
        kind, letter = FORMATS[t.dtype]
        numbers = t.detach().flatten().tolist()
        packed = struct.pack(f"<{len(numbers)}{letter}", *numbers)
        header[name] = {"dtype": kind, "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def starts(sequences):
    lengths = [x.shape[1] for x, _ in sequences]
    return [sum(lengths[:i]) for i in range(len(lengths) + 1)]


def write_case(path, settings, batch_of, o, keep_logits=True):
    seed, weights, sequences = draw_case(settings, batch_of)
    joined = [torch.cat(part, dim=1)[0].int() for part in zip(*sequences)]
    tensors = dict(start=torch.tensor(starts(sequences), dtype=torch.int32),
                   token=joined[0], target=joined[1])
    if o:
        losses = three_steps(settings, weights, sequences, o)
        tensors["loss"] = torch.tensor(losses, dtype=torch.float64)
        tensors |= {f"after.{name}": w for name, w in weights.items()}
    else:
        logits, loss = forward(settings, weights, sequences)
        loss.backward()
        tensors |= (dict(logits=logits) if keep_logits else {}) | dict(loss=loss.view(1))
        tensors |= {f"gradient.{name}": w.grad.float() for name, w in weights.items()}
    save(path, metadata(seed, settings, o), tensors)


def main():
    torch.set_num_threads(1)
    folder = Path(__file__).parent / "vectors"
    folder.mkdir(exist_ok=True)
    wanted = sys.argv[1:] or [*CASES, *TEXT_CASES]
    for old in [] if sys.argv[1:] else folder.glob("*.safetensors"):
        old.unlink()
    for name in wanted:
        path, of_text = folder / f"{name}.safetensors", name in TEXT_CASES
        settings, lengths, o = TEXT_CASES[name] if of_text else CASES[name]
        write_case(path, settings, lambda seed: text_batch() if of_text
                   else batch(seed, lengths, settings.vocabulary), o, not of_text)
    total = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    print(f"{len(wanted)} written, {total} bytes in {folder}")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Writes heads/*.json: encoders of the whole layer, all heads at once, in eager PyTorch.

Where make_logits.py goes pair by pair over one head, this takes the layer's input x, queries and
keys of all heads and learned weights, and returns the logits of all heads as their papers or
public code form them, in double; masks, shifts and gathers are those of matrices [H, T, T].
tests/encoders/test_encoder_heads.c compares with the hooks. README.md says what the files hold.
Letters: T tokens, H heads, d head width, C = H d; i query, j key, j <= i.

Sources: PaTH-FoX 2505.16381 and fla; p-RoPE 2410.06205.
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

T, H, D = 14, 2, 8
TRAINED = 9
C = H * D
ALPHA = 1 / math.sqrt(D)


def draw(seed, rows, columns, low=-1.0, high=1.0):
    """Uniform, in thousandths: the same numbers however they are printed."""
    numbers = torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed),
                         dtype=torch.float64)
    return torch.round((low + (high - low) * numbers) * 1000) / 1000


X = draw(1, T, C)
Q, K = draw(2, T, C, -2, 2), draw(3, T, C, -2, 2)


def heads(x):
    """[T, H w] to [H, T, w]."""
    return x.view(T, H, -1).transpose(0, 1)


def content():
    return ALPHA * heads(Q) @ heads(K).transpose(1, 2)


def distance():
    """i - j, negative above the diagonal."""
    t = torch.arange(T)
    return t[:, None] - t[None, :]


# --- reflections and gates -------------------------------------------------------------


def forget(z):
    """sum of ln sigma(z) over j < t <= i, from z [T, H] to [H, T, T]."""
    c = F.logsigmoid(z).cumsum(0).T
    return c[:, :, None] - c[:, None, :]


def path_fox(scaled):
    rank, conv = 5, 3
    names = ("down.weight", "up.weight", "beta.weight", "beta.bias", "conv.weight",
             "gate.weight", "gate.bias")
    sizes = ((rank, C), (C, rank), (H, C), (1, H), (C, conv), (H, C), (1, H))
    w = {n: draw(20 + i, *s) for i, (n, s) in enumerate(zip(names, sizes))}
    low = X @ w["down.weight"].T @ w["up.weight"].T
    padded = F.pad(low.T[None], (conv - 1, 0))
    y = F.silu(F.conv1d(padded, w["conv.weight"][:, None, :], groups=C)[0].T)
    y = heads(y)
    direction = y / torch.sqrt((y * y).sum(-1, keepdim=True) + 1e-6)
    beta = 2 * torch.sigmoid(X @ w["beta.weight"].T + w["beta.bias"])
    logits = torch.zeros(H, T, T, dtype=torch.float64)
    for h in range(H):
        for i in range(T):
            product = torch.eye(D, dtype=torch.float64)
            for j in range(i, -1, -1):
                logits[h, i, j] = ALPHA * heads(K)[h, j] @ product @ heads(Q)[h, i]
                v = direction[h, j]
                product = (torch.eye(D) - beta[j, h] * torch.outer(v, v)) @ product
    gates = forget(X @ w["gate.weight"].T + w["gate.bias"])
    logits = logits + (ALPHA if scaled else 1) * gates
    return f"rank={rank} gate_scaled={str(scaled).lower()}", w, logits


# --- rotations -------------------------------------------------------------------------


def turned(x, cos, sin):
    """Adjacent pairs of x [H, T, d] by cos, sin [..., T, pairs]."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)


def rotated_logits(cos, sin):
    return ALPHA * turned(heads(Q), cos, sin) @ turned(heads(K), cos, sin).transpose(1, 2)


def p_rope():
    pairs = D // 2
    frequency = 10000.0 ** (-2 * torch.arange(pairs, dtype=torch.float64) / D)
    frequency[math.floor(0.75 * pairs):] = 0
    angle = torch.arange(T, dtype=torch.float64)[:, None] * frequency
    return "", {}, rotated_logits(angle.cos(), angle.sin())


CASES = {
    "path_fox": ("path_fox", lambda: path_fox(False)),
    "path_fox_scaled": ("path_fox", lambda: path_fox(True)),
    "p_rope": ("p_rope", p_rope),
}


def flat(x):
    return [float(v) for v in x.flatten()]


def main():
    folder = Path(__file__).parent / "heads"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, (encoder, case) in CASES.items():
        options, weights, logits, *projected = case()
        text = dict(encoder=encoder, options=options, x=flat(X), q=flat(Q), k=flat(K),
                    weights={key: flat(w) for key, w in weights.items()})
        if projected:
            text["projected"] = flat(projected[0])
        text["logits"] = [[[float(f"{x:.13g}") for x in row[:i + 1]]
                           for i, row in enumerate(head)] for head in logits]
        lines = ",\n ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in text.items())
        (folder / f"{name}.json").write_text("{" + lines + "}\n")
    print(f"{len(CASES)} files in {folder}")


if __name__ == "__main__":
    main()

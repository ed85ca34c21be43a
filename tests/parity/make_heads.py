#!/usr/bin/python3
"""Writes heads/*.json: encoders of the whole layer, all heads at once, in eager PyTorch.

Where make_logits.py goes pair by pair over one head, this takes the layer's input x, queries and
keys of all heads and learned weights, and returns the logits of all heads as their papers or
public code form them, in double; masks, shifts and gathers are those of matrices [H, T, T].
tests/encoders/test_encoder_heads.c compares with the hooks. README.md says what the files hold.
Letters: T tokens, H heads, d head width, C = H d; i query, j key, j <= i.

Sources: PaTH-FoX 2505.16381 and fla; p-RoPE 2410.06205; FoPE 2412.17739 and its code; Swin V2
2111.09883 and its code; DeBERTa 2006.03654 and transformers; TUPE 2006.15595 and its code;
DAPE v2 2410.04798 and its code; Selective Attention 2410.02703, section 3.
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
    """Uniform numbers in thousandths, which print and read back without loss."""
    numbers = torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed),
                         dtype=torch.float64)
    return torch.round((low + (high - low) * numbers) * 1000) / 1000


X = draw(1, T, C)
Q, K = draw(2, T, C, -2, 2), draw(3, T, C, -2, 2)


def heads(x):
    """Turns [rows, H w] into [H, rows, w]."""
    return x.reshape(x.shape[0], H, -1).transpose(0, 1)


def content():
    return ALPHA * heads(Q) @ heads(K).transpose(1, 2)


def distance():
    """Returns i - j, negative above the diagonal."""
    t = torch.arange(T)
    return t[:, None] - t[None, :]


# --- reflections and gates -------------------------------------------------------------


def forget(z):
    """Sums ln sigma(z) over j < t <= i: z [T, H] to [H, T, T]."""
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
    """Turns adjacent pairs of x [H, T, d] by cos, sin [..., T, pairs]."""
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


def fope():
    base = 3.0  # pairs 0 and 1 of 4 complete a turn in 9 tokens
    plain = base ** (-2 * torch.arange(D // 2, dtype=torch.float64) / D)
    plain = plain[plain >= 2 * math.pi / TRAINED]
    N = len(plain)
    M = min(N, D // 4)
    w = {"cosines": draw(30, H * N, M), "sines": draw(31, H * N, M)}
    angle = torch.arange(T, dtype=torch.float64)[:, None] * plain
    cos = torch.einsum("tN,hNm->htm", angle.cos(), w["cosines"].view(H, N, M))
    sin = torch.einsum("tN,hNm->htm", angle.sin(), w["sines"].view(H, N, M))
    cos = F.pad(cos, (0, D // 2 - M), value=1.0).repeat(1, 1, 2)
    sin = F.pad(sin, (0, D // 2 - M), value=0.0).repeat(1, 1, 2)

    def rotate_half(x):
        a, b = x.chunk(2, -1)
        return torch.cat((-b, a), -1)

    q, k = (x * cos + rotate_half(x) * sin for x in (heads(Q), heads(K)))
    return f"base={base:g}", w, ALPHA * q @ k.transpose(1, 2)


# --- biases and keys of the distance ---------------------------------------------------


def log_cpb():
    units = 5
    w = {"in.weight": draw(32, 1, units), "in.bias": draw(33, 1, units),
         "out.weight": draw(34, H, units)}
    coordinate = distance().clamp(min=0).double() / (TRAINED - 1) * 8
    coordinate = coordinate.sign() * torch.log2(coordinate.abs() + 1) / math.log2(8)
    hidden = F.relu(F.linear(coordinate[..., None], w["in.weight"].T, w["in.bias"][0]))
    bias = 16 * torch.sigmoid(F.linear(hidden, w["out.weight"])).permute(2, 0, 1)
    return f"hidden={units}", w, content() + bias


def deberta(terms):
    clip = 6
    w = {"table": draw(35, clip, C)}
    row = distance().clamp(0, clip - 1)
    scale = math.sqrt(D * (3 if terms == "both" else 2))
    logits = heads(Q) @ heads(K).transpose(1, 2)
    if terms != "key":
        w["key.weight"] = draw(36, C, C)
        position = heads(w["table"] @ w["key.weight"])
        logits = logits + torch.gather(heads(Q) @ position.transpose(1, 2), -1,
                                       row.expand(H, T, T))
    if terms != "query":
        w["query.weight"] = draw(37, C, C)
        position = heads(w["table"] @ w["query.weight"])
        by_key = torch.gather(heads(K) @ position.transpose(1, 2), -1,
                              row.T.expand(H, T, T))
        logits = logits + by_key.transpose(1, 2)
    return f"clip={clip} terms={terms}", w, logits / scale


def tupe():
    w = {"table": draw(38, T, C), "norm.gain": draw(39, 1, C), "norm.bias": draw(40, 1, C),
         "query.weight": draw(41, C, C), "query.bias": draw(42, 1, C),
         "key.weight": draw(43, C, C), "key.bias": draw(44, 1, C)}
    y = F.layer_norm(w["table"], (C,), w["norm.gain"][0], w["norm.bias"][0])
    pos_q = heads(y @ w["query.weight"] + w["query.bias"])
    pos_k = heads(y @ w["key.weight"] + w["key.bias"])
    logits = heads(Q) @ heads(K).transpose(1, 2) + pos_q @ pos_k.transpose(1, 2)
    return "", w, logits / math.sqrt(2 * D)


# --- logits of all heads ---------------------------------------------------------------


def dape_v2():
    """Appends `kernel` columns: after every row but the last the sequence goes on."""
    width, kernel = 3, 5
    w = {"in.weight": draw(45, width, 2 * H * kernel), "in.bias": draw(46, 1, width),
         "out.weight": draw(47, H, width * kernel), "out.bias": draw(48, 1, H)}
    A = content()
    both = torch.tril(torch.cat((A, torch.zeros_like(A))))
    both = F.pad(both, (0, kernel))
    hidden = F.conv2d(both[None], w["in.weight"].view(width, 2 * H, 1, kernel),
                      w["in.bias"][0], padding=(0, kernel // 2))
    out = F.conv2d(F.leaky_relu(hidden), w["out.weight"].view(H, width, 1, kernel),
                   w["out.bias"][0], padding=(0, kernel // 2))
    return f"width={width} kernel={kernel}", w, A + out[0, :, :, :T]


def selective_attention(keep_first):
    logits = content()
    S = F.relu(torch.tril(logits[0]))
    if keep_first:
        S[:, 0] = 0
    S = (1 - torch.eye(T, dtype=torch.float64)) * S
    S = torch.roll(S, 1, -2)
    S[0] = 0
    return (f"keep_first={str(keep_first).lower()}", {},
            logits - S.cumsum(-2)[None])


CASES = {
    "path_fox": ("path_fox", lambda: path_fox(False)),
    "path_fox_scaled": ("path_fox", lambda: path_fox(True)),
    "p_rope": ("p_rope", p_rope),
    "fope": ("fope", fope),
    "log_cpb": ("log_cpb", log_cpb),
    "deberta": ("deberta", lambda: deberta("both")),
    "deberta_query": ("deberta", lambda: deberta("query")),
    "deberta_key": ("deberta", lambda: deberta("key")),
    "tupe": ("tupe", tupe),
    "dape_v2": ("dape_v2", dape_v2),
    "selective_attention": ("selective_attention", lambda: selective_attention(True)),
    "selective_attention_all": ("selective_attention", lambda: selective_attention(False)),
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

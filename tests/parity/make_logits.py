#!/usr/bin/env python3
"""Writes logits/*.json: position encodings written a second time, in NumPy, pair by pair.

Formulas come from the papers and from public code, not from the C code, so that a mistake in
one is not repeated in the other; tests/encoders/test_encoder_vectors.c compares. Each case is
one head of a layer on made-up queries, keys and weights: all logits of the causal triangle,
and for encodings that reach the values the outputs behind the softmax. README.md says what
the files hold. Letters: T tokens, H heads, d head width, C = H d; i query, j key, j <= i.

Sources: FIRE 2310.04418, T5 1910.10683, KERPLE 2205.09921, Transformer-XL 1901.02860, Shaw
1803.02155, RoPE 2104.09864, xPos 2212.10554, PoPE 2509.10534, p-RoPE 2410.06205, clipped RoPE
2602.05258, PI 2306.15595, YaRN 2309.00071 (with its code for the ramp and dynamic NTK), CoPE
2405.18719.
"""

import json
import math
from pathlib import Path

import numpy as np

T, H, D, HEAD = 14, 2, 8, 1
TRAINED = 9
C = H * D


def draw(seed, rows, columns, low=-1.0, high=1.0):
    """Uniform numbers in thousandths, which print and read back without loss."""
    numbers = np.random.default_rng(seed).uniform(low, high, (rows, columns))
    return np.round(numbers, 3)


Q, K, V = draw(1, T, D, -2, 2), draw(2, T, D, -2, 2), draw(3, T, D, -2, 2)
ALPHA = 1 / math.sqrt(D)


def triangle(logit):
    return [[logit(i, j) for j in range(i + 1)] for i in range(T)]


def added(bias):
    """Adds a bias to the content of each pair."""
    return triangle(lambda i, j: ALPHA * Q[i] @ K[j] + bias(i, j))


def softmax(row):
    e = np.exp(np.array(row) - max(row))
    return e / e.sum()


# --- biases of the distance ------------------------------------------------------------


def fire():
    c, multiplier, threshold, units = -0.3, 0.9, 6, 5
    a, u = draw(11, 1, units)[0], draw(12, 1, units)[0]
    out, v = draw(13, H, units), draw(14, 1, H)

    def psi(x):
        return math.log(abs(c * x) + 1)

    def bias(i, j):
        x = psi(i - j) / (psi(max(i, abs(multiplier * threshold))) + 1e-6)
        hidden = np.maximum(a * x + u, 0)
        return out[HEAD] @ hidden + v[0, HEAD]

    weights = dict(c=[[c]], multiplier=[[multiplier]], hidden=[a, u], out=out, out_bias=v)
    return f"threshold={threshold} hidden={units}", weights, added(bias)


def t5(scale):
    buckets, most = 8, 12
    table = draw(15, H, buckets)

    def bucket(n):
        exact = buckets // 2
        if n < exact:
            return n
        far = math.log(n / exact) / math.log(most / exact) * (buckets - exact)
        return min(exact + int(far), buckets - 1)

    factor = math.sqrt(D) if scale else 1.0
    return (f"buckets={buckets} max_distance={most} scale_bias={str(scale).lower()}",
            dict(bias=table), added(lambda i, j: factor * table[HEAD, bucket(i - j)]))


def kerple(kernel):
    r1, r2 = draw(16, 1, H, 0.01, 2), draw(17, 1, H, 0.01, 2)

    def bias(i, j):
        a, b, n = r1[0, HEAD], r2[0, HEAD], i - j
        return -a * math.log(1 + b * n) if kernel == "log" else -a * n**b

    return f"kernel={kernel}", dict(r1=r1, r2=r2), added(bias)


# --- vectors of the distance -----------------------------------------------------------


def transformer_xl(clamp):
    W, u, v = draw(18, C, C), draw(19, 1, C), draw(20, 1, C)
    mine = slice(HEAD * D, (HEAD + 1) * D)
    rate = 1 / 10000 ** (np.arange(0, C, 2) / C)

    def r(n):
        return np.concatenate([np.sin(n * rate), np.cos(n * rate)])

    def logit(i, j):
        n = min(i - j, clamp) if clamp else i - j
        where = (r(n) @ W)[mine]
        ac = (Q[i] + u[0, mine]) @ K[j]
        bd = (Q[i] + v[0, mine]) @ where
        return (ac + bd) / math.sqrt(D)

    return f"clamp={clamp}", dict(distance=W, u=u, v=v), triangle(logit)


def shaw():
    clip = 5
    keys, values = draw(21, clip + 1, D), draw(22, clip + 1, D)
    logits = triangle(lambda i, j: ALPHA * Q[i] @ (K[j] + keys[min(i - j, clip)]))
    output = [sum(w * (V[j] + values[min(i - j, clip)])
                  for j, w in enumerate(softmax(logits[i]))) for i in range(T)]
    return f"clip={clip}", dict(keys=keys, values=values), logits, output


# --- rotations: a pair of channels is a complex number ---------------------------------


def complex_pairs(x):
    return x[0::2] + 1j * x[1::2]


def rotary(frequency, size=1.0):
    """Sums over m: pair m of query i times pair m of key j, turned back."""
    def logit(i, j):
        q, k = complex_pairs(Q[i]), complex_pairs(K[j])
        turn = np.exp(1j * (i - j) * np.asarray(frequency))
        return ALPHA * size**2 * (q * np.conj(k) * turn).real.sum()
    return triangle(logit)


BASE = 10000.0
PLAIN = BASE ** (-2 * np.arange(D // 2) / D)


def rope_pi():
    return "scaling=pi factor=4", {}, rotary(PLAIN / 4)


def rope_ntk():
    base = BASE * 4 ** (D / (D - 2))
    return "scaling=ntk factor=4", {}, rotary(base ** (-2 * np.arange(D // 2) / D))


def rope_dynamic():
    base = BASE * (4 * T / TRAINED - 3) ** (D / (D - 2))
    return "scaling=dynamic factor=4", {}, rotary(base ** (-2 * np.arange(D // 2) / D))


def rope_yarn():
    factor, base = 4, 20.0
    plain = base ** (-2 * np.arange(D // 2) / D)

    def dimension(rotations):
        return D * math.log(TRAINED / (rotations * 2 * math.pi)) / (2 * math.log(base))

    low = max(math.floor(dimension(32)), 0)
    high = min(math.ceil(dimension(1)), D - 1)
    ramp = np.clip((np.arange(D // 2) - low) / max(high - low, 0.001), 0, 1)
    mixed = plain / factor * ramp + plain * (1 - ramp)
    return (f"scaling=yarn factor={factor} base={base:g}", {},
            rotary(mixed, 0.1 * math.log(factor) + 1))


def rope_fastest():
    kept = np.where(np.arange(D // 2) < int(0.5 * D / 2), PLAIN, 0)
    return "fastest=0.5", {}, rotary(kept)


def rope_clipped():
    n = 3
    taper = np.ones(D // 2)
    taper[-n:] = 0.5 * (1 + np.cos(np.linspace(0, math.pi, n)))
    return f"clipped={n}", {}, rotary(PLAIN * taper)


def rope_learned():
    frequency = draw(23, 1, D // 2)
    return "frequencies=learned", dict(frequencies=frequency), rotary(frequency[0])


def xpos():
    scale, m = 20, np.arange(D // 2)
    zeta = (2 * m + 0.4 * D) / (1.4 * D)

    def logit(i, j):
        q, k = complex_pairs(Q[i]), complex_pairs(K[j])
        turn = np.exp(1j * (i - j) * PLAIN) * zeta ** ((i - j) / scale)
        return ALPHA * (q * np.conj(k) * turn).real.sum()

    return f"decay_length={scale}", {}, triangle(logit)


def pope():
    delta = draw(24, H, D, -6.283, 0)
    theta = BASE ** (-np.arange(D) / D)

    def logit(i, j):
        size = np.log1p(np.exp(Q[i])) * np.log1p(np.exp(K[j]))
        return ALPHA * (size * np.cos((j - i) * theta + delta[HEAD])).sum()

    return "", dict(delta=delta), triangle(logit)


# --- contextual positions --------------------------------------------------------------


def cope_position(i, j, most):
    gates = [1 / (1 + math.exp(-ALPHA * Q[i] @ K[t])) for t in range(j, i + 1)]
    return min(sum(gates), most)


def cope_table():
    most = 4
    table = draw(25, most + 1, D)

    def bias(i, j):
        p = cope_position(i, j, most)
        below, above = math.floor(p), math.ceil(p)
        return ALPHA * Q[i] @ (table[above] * (p - below) + table[below] * (1 - p + below))

    return f"p_max={most}", dict(table=table), added(bias)


def cope_alibi(learned):
    most = 4
    slopes = draw(26, 1, H)
    m = slopes[0, HEAD] if learned else 0.5 * 2 ** (-8 * HEAD / H)
    form = "slopes=learned" if learned else "slope=0.5"
    return (f"form=alibi p_max={most} {form}", dict(slopes=slopes) if learned else {},
            added(lambda i, j: -m * cope_position(i, j, most)))


def cope_mlp():
    most, hidden = 4, 5
    layer, out = draw(27, 2, hidden), draw(28, hidden + 1, D)

    def bias(i, j):
        h = np.maximum(layer[0] * cope_position(i, j, most) + layer[1], 0)
        return Q[i] @ (h @ out[:hidden] + out[hidden])

    return (f"form=mlp p_max={most} hidden={hidden} scale_position=false",
            dict(hidden=layer, out=out), added(bias))


CASES = {
    "cope_table": ("cope", cope_table),
    "cope_alibi": ("cope", lambda: cope_alibi(False)),
    "cope_alibi_learned": ("cope", lambda: cope_alibi(True)),
    "cope_mlp": ("cope", cope_mlp),
    "fire": ("fire", fire),
    "t5": ("t5", lambda: t5(False)),
    "t5_scaled": ("t5", lambda: t5(True)),
    "kerple_log": ("kerple", lambda: kerple("log")),
    "kerple_power": ("kerple", lambda: kerple("power")),
    "transformer_xl": ("transformer_xl", lambda: transformer_xl(0)),
    "transformer_xl_clamp": ("transformer_xl", lambda: transformer_xl(4)),
    "shaw": ("shaw", shaw),
    "rope_pi": ("rope", rope_pi),
    "rope_ntk": ("rope", rope_ntk),
    "rope_dynamic": ("rope", rope_dynamic),
    "rope_yarn": ("rope", rope_yarn),
    "rope_fastest": ("rope", rope_fastest),
    "rope_clipped": ("rope", rope_clipped),
    "rope_learned": ("rope", rope_learned),
    "xpos": ("xpos", xpos),
    "pope": ("pope", pope),
}


def flat(x):
    return [float(v) for row in x for v in row]


def main():
    folder = Path(__file__).parent / "logits"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for name, (encoder, case) in CASES.items():
        options, weights, logits, *output = case()
        text = dict(encoder=encoder, options=options, q=flat(Q), k=flat(K),
                    weights={key: flat(w) for key, w in weights.items()},
                    logits=[[float(f"{x:.13g}") for x in row] for row in logits])
        if output:
            text |= dict(v=flat(V), output=[float(f"{x:.13g}") for x in flat(output[0])])
        lines = ",\n ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in text.items())
        (folder / f"{name}.json").write_text("{" + lines + "}\n")
    print(f"{len(CASES)} files in {folder}")


if __name__ == "__main__":
    main()

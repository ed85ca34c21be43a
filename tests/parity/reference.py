"""The Transformer of posbench, written a second time in eager PyTorch.

Formulas come from the papers, not from the C code, so that a mistake in one is not
repeated in the other. Weights are a dict from the names of a checkpoint to tensors;
linear weights are [out, in]. Shapes: B sequences, T tokens, H heads, d head width,
C = H * d channels, V vocabulary; i query, j key, j <= i; alpha = 1 / sqrt(d).

Sources: attention, post-norm, sinusoids: arXiv 1706.03762. Pre-norm: 2002.04745.
Exact GELU: 1606.08415. Relative keys: 1803.02155 (keys only, as the baseline of CoPE).
RoPE: 2104.09864, equation 34; with a fraction, as in GPT-NeoX (2204.06745). CoPE:
2405.18719, equations 3 to 5 and the listing of appendix B.
"""

import functools
import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F


@dataclass
class Settings:
    """The model; `encoders` maps each encoder's name to all of its options."""

    layers: int
    heads: int
    dim: int
    ff: int
    vocabulary: int
    longest: int
    trained_length: int
    norm: str = "pre"
    activation: str = "gelu"
    bias: bool = True
    tie_embeddings: bool = True
    encoders: dict = field(default_factory=dict)

    @property
    def head_dim(self):
        return self.dim // self.heads

    def option(self, encoder, name):
        """An option's value, or None when the encoder is not in use."""
        return self.encoders.get(encoder, {}).get(name)


# --- tensors ---------------------------------------------------------------------------


def table_name(settings, encoder, layer):
    """The name of an encoder's table as one layer sees it."""
    shared = {"cope": "share_layers", "relative": "share_layers"}[encoder]
    prefix = "" if settings.option(encoder, shared) else f"layers.{layer}."
    return f"{prefix}encoder.{encoder}.table"


def relative_rows(settings):
    """Distances with a row of their own."""
    capped = settings.option("relative", "capped")
    return settings.trained_length if capped else settings.longest


def linear_shapes(settings, name, n_in, n_out):
    shapes = {f"{name}.weight": (n_out, n_in)}
    if settings.bias:
        shapes[f"{name}.bias"] = (1, n_out)
    return shapes


def norm_shapes(settings, name):
    return {f"{name}.gain": (1, settings.dim), f"{name}.bias": (1, settings.dim)}


def layer_shapes(settings, layer):
    C, prefix = settings.dim, f"layers.{layer}"
    projections = 3 if settings.option("cope", "sep_keys") else 2
    shapes = norm_shapes(settings, f"{prefix}.attention_norm")
    shapes |= linear_shapes(settings, f"{prefix}.attention.query", C, C)
    shapes |= linear_shapes(settings, f"{prefix}.attention.key_value", C, projections * C)
    shapes |= linear_shapes(settings, f"{prefix}.attention.output", C, C)
    shapes |= norm_shapes(settings, f"{prefix}.feed_forward_norm")
    shapes |= linear_shapes(settings, f"{prefix}.feed_forward.in", C, settings.ff)
    shapes |= linear_shapes(settings, f"{prefix}.feed_forward.out", settings.ff, C)
    if "relative" in settings.encoders:
        rows = relative_rows(settings)
        shapes[table_name(settings, "relative", layer)] = (rows, settings.head_dim)
    if "cope" in settings.encoders:
        rows = settings.option("cope", "p_max") + 1
        shapes[table_name(settings, "cope", layer)] = (rows, settings.head_dim)
    return shapes


def shapes(settings):
    """Name and shape of every learned tensor."""
    out = {"embedding": (settings.vocabulary, settings.dim)}
    if not settings.tie_embeddings:
        out["output"] = (settings.vocabulary, settings.dim)
    if "absolute" in settings.encoders:
        out["encoder.absolute.table"] = (settings.longest, settings.dim)
    for layer in range(settings.layers):
        out |= layer_shapes(settings, layer)
    if settings.norm == "pre":
        out |= norm_shapes(settings, "final_norm")
    return out


# --- encoders --------------------------------------------------------------------------


@functools.lru_cache(maxsize=None)
def angles(T, width, base):
    """Cosines and sines of t base^(-2m/width): two [T, width/2]."""
    exponent = torch.arange(0, width, 2, dtype=torch.float64) / width
    angle = torch.arange(T, dtype=torch.float64)[:, None] * base ** (-exponent)
    return angle.cos(), angle.sin()


def rotate(x, base, fraction, layout):
    """RoPE: turns each pair of channels of x [B, H, T, d] by t base^(-2m/width).

    The first width = fraction * d channels turn; pair m is channels (2m, 2m+1) for
    "adjacent" and (m, m + width/2) for "halves".
    """
    T, d = x.shape[-2:]
    width = round(fraction * d)
    assert width % 2 == 0, "pairs of channels turn"
    cos, sin = (table.to(x) for table in angles(T, width, base))
    turned, rest = x[..., :width], x[..., width:]
    if layout == "adjacent":
        a, b = turned[..., 0::2], turned[..., 1::2]
        new = torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
    else:
        a, b = turned.chunk(2, dim=-1)
        new = torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
    return torch.cat([new, rest], dim=-1)


def sinusoids(T, C, base):
    """PE[t, 2m] = sin(t base^(-2m/C)), PE[t, 2m+1] = cos(the same): [T, C]."""
    cos, sin = angles(T, C, base)
    return torch.stack([sin, cos], dim=-1).reshape(T, C)


def relative_scores(q, table):
    """q_i . r_(i-j), distances past the table use its last row: [B, H, T, T]."""
    T = q.shape[-2]
    t = torch.arange(T)
    distance = (t[:, None] - t[None, :]).clamp(0, table.shape[0] - 1)
    z = torch.matmul(q, table.T)
    return z.gather(-1, distance.expand(*z.shape[:2], T, T))


def contextual_positions(gate_logits, p_max):
    """p_ij = min(sum of the gates of keys j..i, p_max): [B, H, T, T].

    The logits of later keys are -inf, so their gates are 0.
    """
    gates = torch.sigmoid(gate_logits)
    return gates.flip(-1).cumsum(dim=-1).flip(-1).clamp(max=p_max)


def cope_scores(q, p, table):
    """q_i . e[p_ij], e interpolated between whole positions: [B, H, T, T]."""
    floor, ceil = p.floor().long(), p.ceil().long()
    z = torch.matmul(q, table.T)
    w = p - floor
    return z.gather(-1, ceil) * w + z.gather(-1, floor) * (1 - w)


# --- the model -------------------------------------------------------------------------


class Model:
    """Settings and weights; `kinks`, when a list, collects distances to points where
    the function has no derivative, so that test points can be kept away from them."""

    def __init__(self, settings, weights, kinks=None):
        self.s, self.w, self.kinks = settings, weights, kinks

    def linear(self, name, x):
        bias = self.w.get(f"{name}.bias")
        return F.linear(x, self.w[f"{name}.weight"], None if bias is None else bias[0])

    def norm(self, name, x):
        gain, bias = self.w[f"{name}.gain"][0], self.w[f"{name}.bias"][0]
        return F.layer_norm(x, (self.s.dim,), gain, bias, eps=1e-5)

    def split_heads(self, x):
        B, T, _ = x.shape
        return x.view(B, T, self.s.heads, self.s.head_dim).transpose(1, 2)

    def note_kinks(self, distance):
        if self.kinks is not None and distance.numel():
            self.kinks.append(distance.detach().abs().min().item())

    def products(self, q, k):
        """alpha q.k, and -inf for later keys: [B, H, T, T]."""
        T = q.shape[-2]
        mask = torch.ones(T, T, dtype=q.dtype).tril().log()
        return torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(self.s.head_dim) + mask

    def cope(self, layer, q, v, extra, content):
        """The position logits of CoPE, scaled: [B, H, T, T]."""
        option, gate_logits = self.s.encoders["cope"], content
        if option["sep_keys"]:
            gate_logits = self.products(q, extra)
        elif option["val_gates"]:
            gate_logits = self.products(q, v)
        if self.kinks is not None:
            free = contextual_positions(gate_logits, math.inf)[gate_logits.isfinite()]
            self.note_kinks(free - free.round().clamp(max=option["p_max"]))
        p = contextual_positions(gate_logits, option["p_max"])
        scores = cope_scores(q, p, self.w[table_name(self.s, "cope", layer)])
        return scores / math.sqrt(self.s.head_dim) if option["scale_position"] else scores

    def logits(self, layer, q, k, v, extra):
        """What the softmax sees: [B, H, T, T]."""
        content = self.products(q, k)
        total = content
        if "relative" in self.s.encoders:
            table = self.w[table_name(self.s, "relative", layer)]
            total = total + relative_scores(q, table) / math.sqrt(self.s.head_dim)
        if "cope" in self.s.encoders:
            total = total + self.cope(layer, q, v, extra, content)
        return total

    def attention(self, layer, x):
        B, T, C = x.shape
        name = f"layers.{layer}.attention"
        q = self.split_heads(self.linear(f"{name}.query", x))
        kv = self.linear(f"{name}.key_value", x).split(C, dim=-1)
        k, v, *extra = [self.split_heads(part) for part in kv]
        if "rope" in self.s.encoders:
            option = self.s.encoders["rope"]
            q, k = rotate(q, **option), rotate(k, **option)
        logits = self.logits(layer, q, k, v, extra[0] if extra else None)
        weights = logits.softmax(dim=-1)
        out = torch.matmul(weights, v).transpose(1, 2).reshape(B, T, C)
        return self.linear(f"{name}.output", out)

    def feed_forward(self, layer, x):
        name = f"layers.{layer}.feed_forward"
        inner = self.linear(f"{name}.in", x)
        if self.s.activation == "relu":
            self.note_kinks(inner)
            return self.linear(f"{name}.out", F.relu(inner))
        return self.linear(f"{name}.out", F.gelu(inner))

    def embed(self, tokens):
        x = F.embedding(tokens, self.w["embedding"])
        T, C = x.shape[-2:]
        if "sinusoidal" in self.s.encoders:
            option = self.s.encoders["sinusoidal"]
            x = x + option["scale"] * sinusoids(T, C, option["base"]).to(x)
        if "absolute" in self.s.encoders:
            x = x + self.w["encoder.absolute.table"][:T]
        return x

    def hidden(self, tokens):
        """tokens [B, T] to what the output layer reads, [B, T, C]."""
        x = self.embed(tokens)
        for layer in range(self.s.layers):
            for block in ("attention", "feed_forward"):
                f, norm = getattr(self, block), f"layers.{layer}.{block}_norm"
                if self.s.norm == "pre":
                    x = x + f(layer, self.norm(norm, x))
                else:
                    x = self.norm(norm, x + f(layer, x))
        return self.norm("final_norm", x) if self.s.norm == "pre" else x

    def scored_logits(self, tokens, targets):
        """Logits [targets, V] where targets [B, T] are not negative, in order."""
        table = self.w["embedding" if self.s.tie_embeddings else "output"]
        return F.linear(self.hidden(tokens)[targets >= 0], table)

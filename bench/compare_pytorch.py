"""Training steps of posbench and of eager PyTorch, alternating: started by
bench/compare_pytorch.

Both train the same Transformer on one batch of random tokens: forward, backward, AdamW.
The PyTorch side is tests/parity/reference.py in float, whose CoPE follows the listing in
appendix B of arXiv 2405.18719; it runs in a process of its own that waits, asleep, while
posbench is measured. Its peak memory is that process's, the interpreter included.
"""

import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENCODERS = {
    "none": {},
    "absolute": {"absolute": {}},
    "relative": {"relative": dict(share_layers=True, capped=False)},
    "rope": {"rope": dict(base=10000.0, fraction=1.0, layout="adjacent")},
    "cope": {"cope": dict(scale_position=False, sep_keys=False, val_gates=False,
                          share_layers=False)},
}
VOCABULARY = 18


class Shape:
    """ "256/4/4/512x16": channels / layers / heads / tokens x sequences."""

    def __init__(self, text):
        sizes, batch = text.split("x")
        self.dim, self.layers, self.heads, self.length = map(int, sizes.split("/"))
        self.batch, self.text = int(batch), text

    @property
    def tokens(self):
        return self.length * self.batch


# --- the PyTorch process ---------------------------------------------------------------


def blas_core():
    """The OpenBLAS kernels in use, or None when PyTorch runs on another BLAS."""
    lines = Path("/proc/self/maps").read_text().splitlines()
    loaded = {line.split()[-1] for line in lines if "openblas" in line}
    if not loaded:
        return None
    name = ctypes.CDLL(loaded.pop()).openblas_get_corename
    name.restype = ctypes.c_char_p
    return name().decode()


def pytorch_step(shape, encoder, scored):
    """A function that trains one step."""
    sys.path.insert(0, str(HERE.parent / "tests" / "parity"))
    import torch
    import torch.nn.functional as F

    from reference import Model, Settings, shapes

    options = {name: dict(o) for name, o in ENCODERS[encoder].items()}
    if "cope" in options:
        options["cope"]["p_max"] = shape.length
    settings = Settings(layers=shape.layers, heads=shape.heads, dim=shape.dim,
                        ff=4 * shape.dim, vocabulary=VOCABULARY, longest=shape.length,
                        trained_length=shape.length, encoders=options)
    torch.manual_seed(1)
    weights = {name: (torch.ones(s) if name.endswith(".gain") else 0.02 * torch.randn(s))
               for name, s in shapes(settings).items()}
    for w in weights.values():
        w.requires_grad_()
    tokens = torch.randint(VOCABULARY, (shape.batch, shape.length))
    targets = torch.full_like(tokens, -1)
    targets[:, -scored:] = torch.randint(VOCABULARY, (shape.batch, scored))
    model = Model(settings, weights)
    optimizer = torch.optim.AdamW(weights.values(), lr=3e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        logits = model.scored_logits(tokens, targets)
        F.cross_entropy(logits, targets[targets >= 0]).backward()
        optimizer.step()

    return step


def serve(shape, encoder, scored, threads):
    """Answers each line of stdin with a timed step; the first line says who we are."""
    import torch

    torch.set_num_threads(threads)
    step = pytorch_step(shape, encoder, scored)
    step()
    print(json.dumps(dict(version=torch.__version__, blas_core=blas_core())), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(dict(tokens_per_s=shape.tokens / seconds,
                              peak_memory_mib=peak)), flush=True)


def environment(threads):
    """For either program. OpenBLAS takes a CPU newer than itself for one without AVX-512,
    so it is told, unless OPENBLAS_CORETYPE is set already."""
    given = os.environ | dict(OMP_NUM_THREADS=str(threads),
                              OPENBLAS_NUM_THREADS=str(threads))
    if "avx512f" in Path("/proc/cpuinfo").read_text():
        given.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
    return given


class PyTorch:
    """The process that trains with PyTorch, one step a call of measure()."""

    def __init__(self, shape, encoder, args):
        self.process = subprocess.Popen(
            [sys.executable, "-B", __file__, "--serve", "--shape", shape.text, "--encoder",
             encoder, "--scored", str(args.scored), "--threads", str(args.threads)],
            env=environment(args.threads), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.facts = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("compare_pytorch: the PyTorch process ended; see above")
        return json.loads(line)

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# --- posbench --------------------------------------------------------------------------


def check_posbench(program):
    """Ends with a remedy when the program has no bench command."""
    try:
        found = subprocess.run([program, "bench", "--help"], capture_output=True,
                               check=False).returncode == 0
    except OSError as error:
        raise SystemExit(f"compare_pytorch: {program}: {error.strerror}") from error
    if not found:
        raise SystemExit(
            f"compare_pytorch: {program} has no bench command to compare with; "
            "--pytorch-only measures the PyTorch side alone")


def measure_posbench(shape, encoder, args):
    """One repetition: the JSON object that `posbench bench --json` prints."""
    sizes = dict(layers=shape.layers, heads=shape.heads, dim=shape.dim,
                 length=shape.length, batch=shape.batch, scored=args.scored)
    if encoder == "cope":
        encoder = f"cope:scale_position=false,p_max={shape.length}"
    command = [args.posbench, "bench", "--json", "--repetitions", "1", "--threads",
               str(args.threads), "--encoder", encoder, "--shape",
               ",".join(f"{name}={n}" for name, n in sizes.items())]
    done = subprocess.run(command, env=environment(args.threads), text=True, check=False,
                          stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(f"compare_pytorch: {' '.join(command)}: see above")
    return json.loads(done.stdout.splitlines()[-1])


# --- the table -------------------------------------------------------------------------


def median(results, key):
    return statistics.median(r[key] for r in results)


def compare(shape, encoder, args):
    """One row: medians of alternating repetitions."""
    other, theirs, ours = PyTorch(shape, encoder, args), [], []
    for _ in range(args.repeat):
        theirs.append(other.measure())
        if not args.pytorch_only:
            ours.append(measure_posbench(shape, encoder, args))
    other.close()
    row = [shape.text, encoder, args.threads, f"{median(theirs, 'tokens_per_s'):,.0f}",
           f"{median(theirs, 'peak_memory_mib'):,.0f}"]
    if ours:
        ratio = median(ours, "tokens_per_s") / median(theirs, "tokens_per_s")
        pairs = [a["tokens_per_s"] / b["tokens_per_s"] for a, b in zip(ours, theirs)]
        row += [f"{median(ours, 'tokens_per_s'):,.0f}",
                f"{median(ours, 'peak_memory_mib'):,.0f}", f"{ratio:.1f}",
                f"{min(pairs):.1f}-{max(pairs):.1f}"]
        row += [ours[-1]["blas_core"], ours[-1]["kernel_isa"]]
    return row, other.facts


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines
             if line.startswith("model name")]
    return f"{names[0] if names else 'unknown CPU'}, {os.cpu_count()} logical CPUs"


def print_row(row):
    print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(
        prog="bench/compare_pytorch",
        description="posbench against eager PyTorch: the same shapes, alternating.")
    parser.add_argument("--shape", action="append", type=Shape,
                        metavar="DIM/LAYERS/HEADS/LENGTHxBATCH",
                        help="default: 256/4/4/512x16; may be given again")
    parser.add_argument("--encoder", action="append", choices=list(ENCODERS),
                        help="default: absolute, relative, rope, cope")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scored", type=int, default=26,
                        help="positions with a target in each sequence (default 26)")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions (default 5)")
    parser.add_argument("--posbench", default="build/release/posbench", metavar="PROGRAM")
    parser.add_argument("--pytorch-only", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    shapes = args.shape or [Shape("256/4/4/512x16")]
    encoders = args.encoder or ["absolute", "relative", "rope", "cope"]
    if args.serve:
        return serve(shapes[0], encoders[0], args.scored, args.threads)
    head = ["shape", "encoder", "threads", "PyTorch tokens/s", "PyTorch MiB"]
    if not args.pytorch_only:
        check_posbench(args.posbench)
        head += ["posbench tokens/s", "posbench MiB", "ratio", "range",
                 "BLAS core", "kernels"]
    print_row(head)
    print_row(["---"] * len(head))
    for shape in shapes:
        for encoder in encoders:
            row, facts = compare(shape, encoder, args)
            print_row(row)
    print(f"\n{machine()}; PyTorch {facts['version']}, its BLAS core "
          f"{facts['blas_core']}; medians of {args.repeat} alternating repetitions, ratio "
          "of tokens/s")
    return None


if __name__ == "__main__":
    main()

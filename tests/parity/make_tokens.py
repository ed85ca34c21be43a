#!/usr/bin/env python3
"""Writes token ids of Hugging Face's tokenizers, for tests/tasks/test_tokenizer.c.

    python3 tests/parity/make_tokens.py gpt2-vocab.bpe build/release/posbench

needs the PyPI package `tokenizers`, GPT-2's list of merges and posbench. It writes two files to
tests/data/text: the ids of the sample text by GPT-2's merges (sample.gpt2.ids), and the number
of ids and their FNV-1a hash for a mebibyte of mixed text, made from mixed.txt (mixed.hashes), by
GPT-2's merges and by tokenisers that posbench learned from the sample text and the package read.
With --read FILE.json [TEXT] it prints the ids that the package finds with a tokenizer.json of
posbench, to be compared with `posbench tokenize`."""
import pathlib
import re
import subprocess
import sys
import tempfile

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

here = pathlib.Path(__file__).resolve().parent.parent / "data" / "text"
sample = here / "sample.txt"
MASK, MIXED_BYTES, VOCABULARY = (1 << 64) - 1, 1 << 20, 512
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " "}


def gpt2(path):
    merges = [tuple(line.split(" ")) for line in pathlib.Path(path).read_text("utf-8").split("\n")
              if line and not line.startswith("#version")]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in printable]
    letters += [chr(256 + n) for n in range(256 - len(printable))]
    vocab = {text: i for i, text in enumerate(letters + [a + b for a, b in merges])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def draws():
    """SplitMix64, started from 1."""
    state = 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def mixed():
    """Draws at least MIXED_BYTES from mixed.txt, as tests/support/mixed_text.h does."""
    lines = [line for line in (here / "mixed.txt").read_text("utf-8").split("\n")
             if line and not line.startswith("#")]
    numbers, text, size = draws(), [], 0
    while size < MIXED_BYTES:
        line = lines[next(numbers) % len(lines)]
        ends = re.fullmatch(r"U\+([0-9A-F]+)\.\.U\+([0-9A-F]+)", line)
        if ends:
            first, last = (int(end, 16) for end in ends.groups())
            line = chr(first + next(numbers) % (last - first + 1))
        else:
            line = re.sub(r"\\(.)", lambda found: ESCAPES[found[1]], line)
        text.append(line)
        size += len(line.encode())
    return "".join(text)


def fnv(ids):
    state = 0xCBF29CE484222325
    for one in ids:
        state = ((state ^ one) * 0x100000001B3) & MASK
    return state


def learned(posbench, pattern):
    """Reads with the package what posbench learned from the sample text."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("train", "valid", "test"):
            (pathlib.Path(folder) / f"{part}.txt").write_bytes(sample.read_bytes())
        text = subprocess.run([posbench, "tokenize", sample, "--json", "--corpus", folder,
                               "--vocabulary", str(VOCABULARY), "--pattern", pattern],
                              check=True, capture_output=True, encoding="utf-8").stdout
    return Tokenizer.from_str(text)


def ids_of(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


def main():
    if sys.argv[1] == "--read":
        tokenizer = Tokenizer.from_file(sys.argv[2])
        text = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else sample).read_bytes().decode()
        print(*ids_of(tokenizer, text), sep="\n")
        return
    ids = ids_of(gpt2(sys.argv[1]), sample.read_bytes().decode())
    (here / "sample.gpt2.ids").write_text("".join(f"{i}\n" for i in ids))
    named = {"gpt2": gpt2(sys.argv[1])}
    named |= {f"learned_{p}": learned(sys.argv[2], p) for p in ("gpt2", "cl100k")}
    found = {name: ids_of(tokenizer, mixed()) for name, tokenizer in named.items()}
    (here / "mixed.hashes").write_text(
        "".join(f"{name} {len(ids)} {fnv(ids):016x}\n" for name, ids in found.items()))
    print((here / "mixed.hashes").read_text(), end="")


main()

#!/usr/bin/env python3
"""Token ids of the sample text by Hugging Face tokenizers, for tests/tasks/test_tokenizer.c.

    python3 tests/parity/make_tokens.py gpt2-vocab.bpe

needs the PyPI package `tokenizers` and GPT-2's list of merges; writes
tests/data/text/sample.gpt2.ids. With --read FILE.json it prints the ids that the package
finds by a tokenizer.json that posbench wrote, to be compared with `posbench tokenize`."""
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

here = pathlib.Path(__file__).resolve().parent.parent / "data" / "text"
sample = here / "sample.txt"


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
    return tokenizer


def main():
    if sys.argv[1] == "--read":
        tokenizer = Tokenizer.from_file(sys.argv[2])
        text = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else sample).read_bytes().decode()
        print(*tokenizer.encode(text, add_special_tokens=False).ids, sep="\n")
        return
    ids = gpt2(sys.argv[1]).encode(sample.read_bytes().decode()).ids
    (here / "sample.gpt2.ids").write_text("".join(f"{i}\n" for i in ids))
    print(len(ids), "ids")


main()

#!/usr/bin/env bash
# new_builds.sh POSBENCH SOURCE -- adds a task and an encoder to a copy of SOURCE, builds them
# with no other edit, and finds them in lists, tests and a run.
set -euo pipefail
posbench=$1 source=$2
copy=$(mktemp -d "${TMPDIR:-/tmp}/posbench-new-XXXXXX")
# grep reads to the end: with -q the program would meet a broken pipe.
trap 'rm -rf "$copy"' EXIT

(cd "$source" && git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --null -T - -cf -) | tar -xf - -C "$copy"
cd "$copy"
git init -q
git add -A
git -c user.name=posbench -c user.email=posbench@localhost commit -qm copy

"$posbench" new task ladder
"$posbench" new encoder spiral
# The longest allowed name must not make lines longer than the formatter permits.
"$posbench" new task aaaaaaaaaabbbbbbbbbbccccccccccdd
if [ "$(git status --porcelain -uall | wc -l)" != 10 ]; then
  git status --porcelain -uall
  echo "new writes something besides file, test, page and picture"
  exit 1
fi
# A task is one short file.
[ "$(wc -l <tasks/task_ladder.c)" -lt 60 ] || { echo "a new task has 60 lines or more"; exit 1; }
if command -v clang-format >/dev/null; then
  clang-format --dry-run -Werror tasks/task_ladder.c tests/tasks/test_task_ladder.c \
    models/encoders/encoder_spiral.c tests/encoders/test_encoder_spiral.c
fi

tests="test_task_ladder test_encoder_spiral test_task_contract test_encoder_contract test_docs"
cmake -S . -B build -G Ninja -DPOSBENCH_WERROR=ON >cmake.log || { cat cmake.log; exit 1; }
# shellcheck disable=SC2086
cmake --build build --target posbench $tests >build.log || { tail -30 build.log; exit 1; }
for test in $tests; do
  "build/tests/$test" >test.log 2>&1 || { grep -vE ' (RUN|OK) ' test.log; exit 1; }
done
build/posbench list tasks -o csv | grep '^ladder,' >/dev/null
build/posbench list encoders -o csv | grep '^spiral,' >/dev/null
build/posbench check ladder >/dev/null

cat >new.yaml <<'EOF'
version: 1
defaults:
  model: {layers: 1, heads: 2, dim: 16}
  train: {steps: 20, warmup: 1, batch: 4, eval_every: 20, eval_count: 8}
experiments:
  new:
    task: {name: ladder, length: 12}
    splits: {valid: {count: 8}, id: {count: 8}}
    encoders: [none, spiral]
profiles: {quick: {new: {seeds: [1]}}}
EOF
build/posbench plan new.yaml | grep spiral >/dev/null
build/posbench run new.yaml --jobs 1 2>run.log || { cat run.log; exit 1; }
build/posbench table --file new.yaml | grep spiral >/dev/null
echo "new_builds: a new task and a new encoder are built, tested, planned, run and tabled"

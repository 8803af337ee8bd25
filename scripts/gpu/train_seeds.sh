#!/usr/bin/env bash
# Train one configuration with several seeds, and tell mean and spread, in as many calls as it takes.
#
#   scripts/gpu/train_seeds.sh OUTPUT LIMIT [KEY=VALUE ...]
#
# OUTPUT     a folder: seed-1/best and so on, and seeds.json with mean and standard deviation
# LIMIT      seconds of this call; with more to do it ends with status 124, and the next goes on
# KEY=VALUE  as for khabar train --set: train.epochs=12 heads.pooling=first encoder=FOLDER
#
# Environment: CONFIG (news: a shipped run, or a YAML file), DATA (the folder from which its paths
# lead, and TEST's), SEEDS ("1 2 3"), TEST (a file with gold to measure the models on, as well as on
# the dev part), PART_SIZE (such as 15M: the fp16 weights also in such parts, under seed-1/parts;
# cat model.safetensors.* joins them), PYTHON (python).
set -euo pipefail
source "$(dirname "$0")/within.sh"
(($# >= 2)) || usage
SCRIPTS=$(cd "$(dirname "$0")" && pwd)
OUTPUT=$(folder "$1") LIMIT=$2
shift 2
cd "${DATA:-.}"

in_parts() {
	rm -rf "$2"
	mkdir -p "$2"
	split --bytes="$PART_SIZE" --numeric-suffixes "$1/model.safetensors" "$2/model.safetensors."
}

for seed in ${SEEDS:-1 2 3}; do
	run=$OUTPUT/seed-$seed
	options=(
		train.precision=bf16
		train.attention=sdpa
		train.micro_windows=16
		"$@"
		"output=$(quoted "$run")"
		"seed=$seed"
	)
	within "${KHABAR[@]}" train "${CONFIG:-news}" "${options[@]/#/--set=}"
	if [ -n "${TEST:-}" ] && [ "$run/best/model.safetensors" -nt "$run/test.json" ]; then
		within "${KHABAR[@]}" evaluate "$run/best" "$TEST" --json "$run/test.json"
	fi
	if [ -n "${PART_SIZE:-}" ]; then in_parts "$run/best" "$run/parts"; fi
done
"$PYTHON" "$SCRIPTS/seeds.py" "$OUTPUT"

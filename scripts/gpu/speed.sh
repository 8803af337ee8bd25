#!/usr/bin/env bash
# Measure how fast a model reads, by precision and batch budget, beside a plain pipeline on its
# weights and the bound of the device, in as many calls as it takes.
#
#   scripts/gpu/speed.sh OUTPUT LIMIT MODEL FILE
#
# OUTPUT  a folder: speed-bf16-32768.json and so on; what is there is not measured again
# LIMIT   seconds of this call; with more to do it ends with status 124, and the next goes on
# MODEL   a model folder, a name on the hub, or bundled
# FILE    articles, in any format that Khabar reads
#
# Environment: PRECISIONS ("bf16 fp16 fp32"), BUDGETS (most pieces in a batch: "8192 32768 131072"),
# BATCH_SIZES (of the pipeline: "1 8 64"), ARTICLES (500), REPEATS (3), DEVICE (cuda), PYTHON
# (python).
set -euo pipefail
source "$(dirname "$0")/within.sh"
(($# == 4)) || usage
OUTPUT=$(folder "$1") LIMIT=$2 MODEL=$3 FILE=$4
read -ra sizes <<<"${BATCH_SIZES:-1 8 64}"

for precision in ${PRECISIONS:-bf16 fp16 fp32}; do
	for budget in ${BUDGETS:-8192 32768 131072}; do
		record=$OUTPUT/speed-$precision-$budget.json
		if [ -f "$record" ]; then continue; fi
		options=(
			--device "${DEVICE:-cuda}"
			--precision "$precision"
			--batch-tokens "$budget"
			--batch-sizes "${sizes[@]}"
			--articles "${ARTICLES:-500}"
			--repeats "${REPEATS:-3}"
			--output "$record"
		)
		within "$PYTHON" -m khabar.eval.speed "$MODEL" "$FILE" "${options[@]}"
	done
done

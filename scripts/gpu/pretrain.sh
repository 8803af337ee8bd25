#!/usr/bin/env bash
# Pretrain an encoder on raw articles, in as many calls as it takes.
#
#   scripts/gpu/pretrain.sh OUTPUT LIMIT CORPUS [KEY=VALUE ...]
#
# OUTPUT     the run's folder; the encoder will be in OUTPUT/encoder
# LIMIT      seconds of this call; with more to do it ends with status 124, and the next goes on.
#            The first must be long enough to cut the articles into pieces (OUTPUT/pieces)
# CORPUS     a file or a pattern of raw articles, in quotes: 'news/*.jsonl.xz'
# KEY=VALUE  as for khabar pretrain --set: train.steps=20000 vocabulary.size=24000
#
# Environment: CONFIG (pretrain: a YAML file, or a shipped one), MAX_SHARD_SIZE (such as 15MB: the
# fp16 weights in several files; one matrix is never cut), PYTHON (python).
set -euo pipefail
source "$(dirname "$0")/within.sh"
(($# >= 3)) || usage
OUTPUT=$(folder "$1") LIMIT=$2 CORPUS=$3
shift 3

options=(
	"output=$(quoted "$OUTPUT")"
	"cache=$(quoted "$OUTPUT/pieces")"
	"corpora.0.path=$(quoted "$CORPUS")"
	train.precision=bf16
	train.attention=sdpa
	train.micro_sequences=32
	train.save_every=250
	save.dtype=fp16
	${MAX_SHARD_SIZE:+"save.max_shard_size=$MAX_SHARD_SIZE"}
	"$@"
)
within "${KHABAR[@]}" pretrain "${CONFIG:-pretrain}" "${options[@]/#/--set=}"

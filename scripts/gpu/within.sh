# What the scripts beside it share. They set LIMIT, the seconds that a whole call may take.

PYTHON=${PYTHON:-python}
KHABAR=("$PYTHON" -c "from khabar.cli import main; main()")

# The comment at a script's head, from its second line to the first that is none.
usage() {
	sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# An existing or new folder as an absolute path.
folder() {
	mkdir -p "$1"
	(cd "$1" && pwd)
}

# A value as YAML takes it as text, whatever is in it: 'news/*.jsonl'.
quoted() {
	printf "'%s'" "${1//\'/\'\'}"
}

# Run a command in what is left of LIMIT; when it is over, end with status 124.
within() {
	local left=$((LIMIT - SECONDS)) status=0
	((left > 0)) || stop
	timeout --kill-after=10 "$left" "$@" || status=$?
	if ((status == 124 || (status == 137 && SECONDS >= LIMIT))); then stop; fi
	return "$status"
}

stop() {
	echo "Stopped at its limit of $LIMIT seconds. Call it again in the same way: it goes on." >&2
	exit 124
}

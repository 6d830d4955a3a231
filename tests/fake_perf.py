"""A `perf` that runs the program and writes what it is told to, in the form of perf 6.1."""

from pathlib import Path

STARTED = "# started on Sat Nov 21 09:58:10 2026\n\n"
SUPPORTED = "12345678,,instructions:u,305827,100.00,,\n"
NOT_SUPPORTED = "<not supported>,,instructions:u,0,100.00,,\n"

_SCRIPT = r"""#!/bin/sh
while [ "$1" != "--" ]; do
  [ "$1" != "-o" ] || output=$2
  shift
done
shift
{first}
"$@"; code=$?
cat > "$output" <<'END'
{text}END
[ $code -lt 128 ] || exit 0
exit $code
"""


def install(directory: Path, line: str, *, first: str = "") -> Path:
    """Puts it into a folder for PATH; `first` is what the script does before it starts the program, `$1`."""
    directory.mkdir(exist_ok=True)
    path = directory / "perf"
    path.write_text(_SCRIPT.replace("{first}", first).replace("{text}", STARTED + line))
    path.chmod(0o755)
    return path

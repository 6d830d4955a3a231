"""tracing-forest's lines as one would write them as regular expressions, in the words that all of the peers know."""

_HEAD = r"^(?:\x1b\[[0-9;]*m)?(TRACE|DEBUG|INFO|WARN|ERROR) *(?:\x1b\[[0-9;]*m)? +((?:│  |   )*(?:[┝┕]━ )?)"
_SPAN = r"(.*?) \[ ([0-9.]+)(ns|µs|ms|s) \| (?:([0-9.]+)% / )?([0-9.]+)% \](?: (.*))?$"

LINE = _HEAD + "(.*)$"
SPAN = "^" + _SPAN
SPAN_LINE = _HEAD + _SPAN
GROUPS = ("level", "drawing", "name", "digits", "unit", "self_pct", "root_pct", "fields")

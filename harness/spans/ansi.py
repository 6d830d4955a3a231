"""The colours that tracing's printers write into their text."""

import re

ANSI = re.compile(r"\x1b\[[0-9;]*m")

"""What `run`, `baseline` and `import` give back."""

import msgspec

from harness.recording.manifest import Recording


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that was made, with what is worth knowing about it."""

    recording: Recording
    warnings: tuple[str, ...]

"""`harness init`: a first harness.toml."""

from pathlib import Path

from harness.errors import ConfigError
from harness.targets.config import EXAMPLE, FILE_NAME, load_configuration


def write_configuration(directory: Path, target: str | None) -> Path:
    """Writes a harness.toml that works as it is; never over an existing one. Raises ConfigError."""
    path = directory / FILE_NAME
    text = EXAMPLE
    if target is not None:
        load_configuration(directory).target(target)
        text = f'default_target = "{target}"\n[targets.{target}]\ncheckout = "."\n'
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path} exists already.", hint="Edit it, or remove it first.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None
    return path

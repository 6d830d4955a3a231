"""`harness render retrospective`: the published figures of a programme beside the committed reference."""

from pathlib import Path

import msgspec

from harness.commands.finding import find_recording
from harness.commands.span_samples import samples_of
from harness.commands.workspace import Workspace
from harness.documents.milestones.retrospective import Retrospect, retrospective_section
from harness.documents.sections import Section
from harness.errors import ConfigError
from harness.milestones.published import PublishedGroup, published_from_csv
from harness.store.folder import Store

LABEL = "m8"
TARGET = "openvm-metal"
_FILE = "published.csv"


def render_retrospective(workspace: Workspace) -> Section:
    """What was published, rendered again, beside the recording that lies with it."""
    return retrospective_section(read_retrospect(workspace))


def read_retrospect(workspace: Workspace) -> Retrospect:
    """The published figures and the recording that lies with them; own recordings under its label do not count.

    Raises ConfigError where there are no published figures, StoreError where the recording cannot be read.
    """
    folder = _folder(workspace)
    here = msgspec.structs.replace(
        workspace, store=Store(root=folder, behind=(folder,)), target_choice=TARGET, host_choice=None
    )
    groups = read_published(folder / LABEL / _FILE)
    recording = find_recording(here, f"label:{LABEL}")
    names = [(group.benchmark, span.span) for group in groups for span in (*group.spans, *group.residuals)]
    return Retrospect(
        groups=groups,
        recording=recording,
        contract=here.load_contract(recording.manifest.contract),
        records=samples_of(here, recording, names),
    )


def read_published(path: Path) -> tuple[PublishedGroup, ...]:
    """The published figures in a file. Raises ConfigError."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text.", hint="Convert it first.") from None
    return published_from_csv(text, where=str(path))


def _folder(workspace: Workspace) -> Path:
    found = next((one for one in workspace.store.behind if (one / LABEL / _FILE).is_file()), None)
    if found is None:
        raise ConfigError(f"There is no baselines/{LABEL}/{_FILE}.", hint="It comes with the package: install it anew.")
    return found

"""`harness gc`."""

import click

from harness.cli.group import cli
from harness.cli.options import format_option, open_here, print_result


@cli.command("gc")
@click.option("--target", metavar="T", help="Only the checkout of this target, instead of those of all targets.")
@click.option("--all", "everything", is_flag=True, help="Remove the whole build cache of the checkout, used or not.")
@click.option("--dry-run", is_flag=True, help="List what would be removed, and remove nothing.")
@format_option
def gc(target: str | None, everything: bool, dry_run: bool, form: str) -> None:
    """Remove what comparisons left behind: worktrees after a kill, programs not used for 30 days.

    Also the caches of checkouts that are gone. No recording is removed; one that a killed harness left is finished.

    \b
    Example:
      harness gc --dry-run
    """
    from harness.commands.cleaning import clean
    from harness.documents import cleaning
    from harness.documents.escape import MARKDOWN
    from harness.documents.table import as_markdown, as_text

    cleaned = clean(open_here(target, None), everything=everything, dry_run=dry_run)
    print_result(
        form,
        data=lambda: cleaning.as_json(cleaned),
        text=lambda: as_text(cleaning.table_of(cleaned)),
        markdown=lambda: as_markdown(cleaning.table_of(cleaned, MARKDOWN)),
    )

"""Templates of documents: finished texts put in their places. No figure is computed in a template."""

from collections.abc import Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    """Templates escape nothing by themselves: every text from a log goes through `documents.escape` before."""
    return Environment(
        loader=PackageLoader("harness.documents"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 (Markdown, not HTML)
    )


def render(template: str, context: Mapping[str, object]) -> str:
    """A template of this package with finished texts put in."""
    return _environment().get_template(template).render(context).strip() + "\n"

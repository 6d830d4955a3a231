"""The shape of the package, held by a test: imports go one way, files and functions stay small."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "harness"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each layer may import itself and what stands in its set.
PURE = {"errors", "units", "markdown", "recording", "spans", "formats", "kpis", "compare", "milestones"}
ALLOWED = {
    "errors": set(),
    "units": set(),
    "markdown": set(),
    "recording": {"errors", "units"},
    "spans": {"errors", "units", "recording"},
    "formats": {"errors", "units", "recording", "spans"},
    "kpis": {"errors", "units", "recording", "spans"},
    "compare": {"errors", "units", "recording", "kpis"},
    "milestones": {"errors", "units", "markdown", "recording", "spans", "kpis", "compare"},
    "ingest": {"errors", "units", "recording", "spans", "formats", "kpis"},
    "machine": {"errors", "units", "recording"},
    "documents": (PURE - {"formats"}) | {"machine"},
    "store": {"errors", "units", "recording"},
    "targets": {"errors", "units", "recording", "kpis"},
    "measure": {"errors", "units", "recording", "spans", "store"},
    "commands": PURE | {"ingest", "documents", "store", "machine", "targets", "measure", "__init__"},
    "analysis": {"commands", "ingest", "recording", "store"},
    "cli": {"commands", "errors", "units", "documents", "kpis", "compare", "milestones", "__init__"},
    "__main__": {"cli"},
    "__init__": {"analysis"},
}
CALCULATE_DATES = {"formats/fmt_clock.py", "compare/sessions.py"}  # of dates in a text; the clock is not asked
FILE_LINES = 400
FUNCTION_LINES = 50
BANNED_NAMES = {"utils", "util", "common", "helpers", "misc"}


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(tree: ast.AST) -> set[str]:
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    own = [name.split(".") for name in names if name.split(".")[0] == "harness"]
    return {parts[1] if len(parts) > 1 else "__init__" for parts in own}


def module_imports(path: Path) -> set[str]:
    """Modules of the package that a module imports at its top level, by dotted name."""
    tree = ast.parse(path.read_text())
    return {
        node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness.")
    }


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_layers_below_its_own(path: Path) -> None:
    layer = layer_of(path)

    assert imported_layers(ast.parse(path.read_text())) <= ALLOWED[layer] | {layer}


def test_there_is_no_import_cycle_between_modules() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    edges = {name: module_imports(path) & names.keys() for name, path in names.items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, f"cycle: {' → '.join((*above, name))}"
        if name not in done:
            for other in edges[name]:
                visit(other, (*above, name))
            done.add(name)

    for name in names:
        visit(name, ())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_stay_small_and_are_named_by_content(path: Path) -> None:
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.body[0].lineno >= FUNCTION_LINES]

    assert len(text.splitlines()) <= FILE_LINES
    assert long == []
    assert path.stem not in BANNED_NAMES


@pytest.mark.parametrize("layer", sorted(PURE))
def test_pure_layers_touch_no_disk_process_clock_or_network(layer: str) -> None:
    rim = {"os", "subprocess", "time", "socket", "datetime", "pathlib", "shutil", "tempfile", "psutil", "sys"}
    for path in [path for path in MODULES if layer_of(path) == layer]:
        tree = ast.parse(path.read_text())
        imported = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        if path.relative_to(PACKAGE).as_posix() in CALCULATE_DATES:
            used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not used & {"now", "today", "utcnow"}, path
            imported -= {"datetime"}

        assert not imported & rim, path


def test_only_the_named_modules_start_processes() -> None:
    starters = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(
            isinstance(node, ast.Import) and any(alias.name == "subprocess" for alias in node.names)
            for node in ast.walk(ast.parse(path.read_text()))
        )
    }

    assert starters == {
        "machine/reading.py",
        "measure/apart.py",
        "measure/perf_stat.py",
        "measure/process.py",
        "measure/process_watch.py",
        "targets/cargo_process.py",
        "targets/git.py",
    }

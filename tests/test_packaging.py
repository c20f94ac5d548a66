"""The sdist builds the wheel, and the wheel works where there is nothing but what it says that it needs."""

import ast
import itertools
import json
import os
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name as canonical

ROOT = Path(__file__).parents[1]
PACKAGES = ("dsp", "export", "stream")
MADE = ("__pycache__", ".nbi", ".nbc")  # by running it
NAME = "demucs-stream"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="on Windows symbolic links take a right that few have")


def pip(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, words)],
                   check=True)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", folder], cwd=ROOT,
                   check=True, capture_output=True)
    return next(folder.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", sdist.parent, sdist)
    return next(sdist.parent.glob("*.whl"))


def needed(wanted: Iterable[str], seen: set[str]) -> Iterator[Distribution]:
    """Every distribution that is wanted, however far down, without extras that nobody asks for."""
    for one in map(Requirement, wanted):
        if canonical(one.name) in seen or (one.marker and not one.marker.evaluate({"extra": ""})):
            continue
        seen.add(canonical(one.name))
        found = distribution(one.name)
        yield found
        yield from needed(found.requires or (), seen)


@pytest.fixture(scope="module")
def commands(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel and what it needs, and nothing of this checkout.

    What it needs is here already: it is linked, which takes no time, so that what it does not name is missed.
    """
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, symlinks=True)
    site = home / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    for one in needed(PROJECT["dependencies"], set()):
        for file in {Path(str(file)).parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
            link = site / file
            if not link.exists():
                link.symlink_to(one.locate_file(file))
    pip("--python", home / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    return home / "bin"


def run(program: Path, *words: object, folder: Path) -> str:
    """What a program prints; it knows nothing of the checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([program, *map(str, words)], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(package: str) -> dict[str, bytes]:
    """All files of a package in this checkout, but those that running it makes."""
    found = (path for path in (ROOT / package).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in found if not str(path).endswith(MADE[1:])
            and MADE[0] not in path.parts}


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_has_every_file_of_its_packages_and_no_other(package: str, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist() if name.startswith(f"{package}/")}
    assert held == files(package)
    assert f"{package}/py.typed" in held


def test_the_wheel_has_nothing_beside_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert tops == {*PACKAGES, f"demucs_stream-{PROJECT['version']}.dist-info"}


def test_the_sdist_has_what_a_developer_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("pyproject.toml", "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".ci/run",
                 "tests/test_packaging.py", "benchmarks/structure.py", "examples/osc_remote.py", "docs/guide/midi.md"):
        assert name in held
    assert not [name for name in held if name.startswith((".venv", ".git/", "demo-out"))]


def test_it_is_the_wheels_that_runs_and_not_the_checkouts(commands: Path, tmp_path: Path) -> None:
    for package in PACKAGES:
        where = run(commands / "python", "-c", f"import {package}; print({package}.__file__)", folder=tmp_path)
        assert Path(where).is_relative_to(commands.parent)
    assert run(commands / NAME, "--version", folder=tmp_path).split()[-1] == PROJECT["version"]
    assert "separate" in run(commands / NAME, "--help", folder=tmp_path)


def test_only_what_it_names_is_there(commands: Path, tmp_path: Path) -> None:
    code = "from importlib.util import find_spec as f; print([n for n in ('pytest', 'torch', 'demucs', 'PIL') if f(n)])"
    assert run(commands / "python", "-c", code, folder=tmp_path).strip() == "[]"


def imported(package: str) -> Iterator[str]:
    """The first names of all modules that a package's files import, wherever in them."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else (
                [node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            yield from (name.partition(".")[0] for name in names)


def test_what_is_imported_is_named_as_needed_or_as_an_extra() -> None:
    """Whoever wants what only an extra brings says which: the tests of those commands hold that."""
    texts = itertools.chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    named = {canonical(Requirement(text).name) for text in texts}
    strange = {name for package in PACKAGES for name in imported(package)} - sys.stdlib_module_names - {*PACKAGES}
    owners = packages_distributions()
    assert not [name for name in sorted(strange) if not named & {*map(canonical, owners.get(name, [name]))}]


def test_its_maps_and_graphs_are_found(commands: Path, tmp_path: Path) -> None:
    maps = [path.stem for path in (ROOT / "stream").rglob("maps/*.toml")]
    told = run(commands / NAME, "midi", "maps", folder=tmp_path)
    assert len(maps) > 3
    assert all(name in told for name in maps)
    code = ("from export.bind import STATEFUL, WINDOWED, bare_graph; "
            "from export.published import HTDEMUCS, HTDEMUCS_6S; "
            "print([len(bare_graph(one.kwargs, form).graph.node) for one in (HTDEMUCS, HTDEMUCS_6S) "
            "for form in (STATEFUL, WINDOWED)])")
    assert min(json.loads(run(commands / "python", "-c", code, folder=tmp_path))) > 100


def test_it_separates_a_file(commands: Path, tmp_path: Path) -> None:
    song = np.random.default_rng(4).standard_normal((30_000, 2)).astype(np.float32) / 8
    sf.write(tmp_path / "song.wav", song, 44_100, subtype="FLOAT")
    told = run(commands / NAME, "separate", "song.wav", "--model", "center", "-o", "stems", "--json", folder=tmp_path)
    stems = [sf.read(tmp_path / path, dtype="float32")[0] for path in json.loads(told)["files"].values()]
    np.testing.assert_allclose(sum(stems), song, atol=1e-5)

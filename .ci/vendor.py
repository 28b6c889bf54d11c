"""Make anew what the pages carry of other people's: KERN's style, fonts, and axe for the tests.

Run by hand when a version below is raised; needs npm and `pip install 'fonttools[woff]'`. Nothing
of it is needed on a hub: what it makes is committed, with versions, licences and SHA-256 in a
`SOURCES.toml` beside the files, which a test compares.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from fontTools import subset

ROOT = Path(__file__).resolve().parents[1]
KERN, SASS = "@kern-ux/native@2.7.2", "sass@1.108.2"
ARABIC, FIRA_LICENCE = "@fontsource/noto-sans-arabic@5.3.0", "@fontsource/fira-sans@5.3.0"
AXE = "axe-core@4.14.1"
H5P = "h5p-standalone@3.8.2"
UPLOT = "uplot@1.6.32"  # the large drawing on carers' pages; the page is complete without it
# Taken as they are; the letters for its running text are left out: browsers have their own.
H5P_FILES = (
    "dist/main.bundle.js", "dist/frame.bundle.js", "dist/styles/h5p.css", "LICENSE",
    "dist/images/throbber.gif", "dist/fonts/h5p-core-30.woff2", "dist/fonts/h5p-theme.woff2",
)  # fmt: skip
# What the macros of templates/parts.html are made of; its rules are taken as they are.
MODULES = (
    "global", "tokens", "layers", "components/alert", "components/badge", "components/button",
    "components/card", "components/check", "components/checkbox", "components/dialog",
    "components/fieldset", "components/input", "components/progress", "components/radio",
    "components/select", "components/table", "typography/body", "typography/heading",
    "typography/label", "typography/title",
)  # fmt: skip
LATIN = "U+0020-007E,U+00A0-00FF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2039-203A,"
LATIN += "U+20AC,U+2190-2193,U+2212,U+2713,U+00D7"
RANGES = {
    "latin": LATIN,
    "latin-ext": "U+0100-024F",
    "cyrillic": "U+0400-045F,U+0490-0491,U+2116",
    # What Arabic is written with; apart, as it is as large again, what names in Persian and Urdu
    # have besides: browsers fetch it where one stands on the page.
    "arabic": "U+060C,U+061B,U+061F,U+0621-063A,U+0640-0652,U+0654-0655,U+0660-066C,U+0670,"
    "U+200C-200F",
    "arabic-ext": "U+0600-060B,U+060D-061A,U+061C-061E,U+0620,U+063B-063F,U+066D,U+0671-0674,"
    "U+0679,U+067E,U+0686,U+0698,U+06A9,U+06AF,U+06CC,U+06D4,U+06F0-06F9,U+FEFF",
}
# What is printed: names of any language that is written in these letters, in one file a weight.
PAPER = f"U+0020-007E,U+00A0-024F,U+02BC,U+0300-030C,U+0323-0328,U+0370-03FF,{RANGES['cyrillic']},"
PAPER += (
    "U+1E00-1EFF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2039-203A,U+20AC,U+2190-2193,"
)
PAPER += "U+2212,U+2713"
OFL = "OFL-1.1"


def unpacked(package: str, into: Path) -> Path:
    """Return the folder of a package as the registry has it."""
    made = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=into, check=True, capture_output=True, text=True
    )
    archive = into / made.stdout.split()[-1]
    folder = into / archive.stem
    shutil.unpack_archive(archive, folder)
    return folder / "package"


def kern(package: Path, work: Path, into: Path) -> None:
    """Compile the modules that are used, unchanged, into one style sheet."""
    entry = work / "kern.scss"
    entry.write_text("".join(f'@use "core/{name}";\n' for name in MODULES), "utf-8")
    source = f"--load-path={package / 'src/scss'}"
    options = ["--style=compressed", "--no-source-map", "--quiet", source]
    command = ["npx", "--yes", SASS, *options, str(entry), str(into / "kern.css")]
    subprocess.run(command, cwd=work, check=True)
    shutil.copy(package / "LICENSE.md", into / "LICENSE.md")


def font(source: Path, name: str, into: Path) -> None:
    """Write the characters of one range of a font."""
    features = ["*"] if "arabic" in name else ["kern", "tnum", "locl", "ccmp", "mark"]
    options = subset.Options(flavor="woff2", layout_features=features, hinting=False)
    options.drop_tables += ["FFTM"]
    face = subset.load_font(str(source), options)
    wanted = subset.Subsetter(options)
    wanted.populate(unicodes=subset.parse_unicodes(RANGES[name.split("-", 1)[1].rsplit("-", 1)[0]]))
    wanted.subset(face)
    subset.save_font(face, str(into / f"{name}.woff2"), options)


def paper_font(source: Path, name: str, into: Path, ranges: str) -> None:
    """Write a font for `edge/paper`: typesetting reads TrueType, not what browsers are sent."""
    features = ["*"] if "arabic" in name else ["kern", "tnum", "locl", "ccmp", "mark", "mkmk"]
    options = subset.Options(layout_features=features, hinting=False, name_IDs=["*"])
    options.drop_tables += ["FFTM"]
    face = subset.load_font(str(source), options)
    wanted = subset.Subsetter(options)
    wanted.populate(unicodes=subset.parse_unicodes(ranges))
    wanted.subset(face)
    face.flavor = None
    subset.save_font(face, str(into / name), options)


def player(package: Path, into: Path) -> None:
    """Copy the player of exercises."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    entries = []
    for file in H5P_FILES:
        name = Path(file).name
        shutil.copy(package / file, into / name)
        entries.append((name, H5P, "MIT", "copied"))
    write_sources(into, entries)


def plot(package: Path, into: Path) -> None:
    """Copy what draws values large."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    entries = []
    for file in ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"):
        name = Path(file).name
        shutil.copy(package / file, into / name)
        entries.append((name, UPLOT, "MIT", "copied"))
    write_sources(into, entries)


def write_sources(folder: Path, entries: list[tuple[str, str, str, str]]) -> None:
    """Write where each file is from: name, package, licence, what was done to it."""
    lines = ["# Written by .ci/vendor.py; a test compares it with the files.\n"]
    for name, package, licence, how in entries:
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines += [
            f'\n["{name}"]\npackage = "{package}"\nlicence = "{licence}"\n',
            f'made = "{how}"\nsha256 = "{digest}"\n',
        ]
    (folder / "SOURCES.toml").write_text("".join(lines), "utf-8")


def for_paper(native: Path, arabic: Path, fira: Path) -> None:
    """Make the fonts of `edge/paper`."""
    into = ROOT / "edge/paper/fonts"
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    entries = []
    for weight, cut in ((400, "Regular"), (600, "SemiBold")):
        source = native / f"dist/fonts/fira-sans/FiraSans-{cut}.woff2"
        paper_font(source, f"fira-{weight}.ttf", into, PAPER)
        entries.append((f"fira-{weight}.ttf", KERN, OFL, f"subset {PAPER}"))
        source = arabic / f"files/noto-sans-arabic-arabic-{weight}-normal.woff2"
        paper_font(source, f"noto-arabic-{weight}.ttf", into, "U+0020-FFFF")
        entries.append((f"noto-arabic-{weight}.ttf", ARABIC, OFL, "as TrueType"))
    for name, package, folder in (
        ("OFL-fira.txt", FIRA_LICENCE, fira), ("OFL-noto.txt", ARABIC, arabic)
    ):  # fmt: skip
        shutil.copy(folder / "LICENSE", into / name)
        entries.append((name, package, OFL, "copied"))
    write_sources(into, entries)


def main() -> None:
    """Make all of it."""
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        native, axe = unpacked(KERN, work), unpacked(AXE, work)
        arabic, fira = unpacked(ARABIC, work), unpacked(FIRA_LICENCE, work)
        static = ROOT / "edge/web/static"
        for name in ("kern", "fonts"):
            shutil.rmtree(static / name, ignore_errors=True)
            (static / name).mkdir(parents=True)
        kern(native, work, static / "kern")
        how = "sass, modules of .ci/vendor.py, rules unchanged"
        write_sources(
            static / "kern",
            [("kern.css", KERN, "EUPL-1.2", how), ("LICENSE.md", KERN, "EUPL-1.2", "copied")],
        )
        entries = []
        for weight, cut in ((400, "Regular"), (600, "SemiBold")):
            for part in ("latin", "latin-ext", "cyrillic"):
                name = f"fira-{part}-{weight}"
                font(native / f"dist/fonts/fira-sans/FiraSans-{cut}.woff2", name, static / "fonts")
                entries.append((f"{name}.woff2", KERN, OFL, f"subset {RANGES[part]}"))
            source = arabic / f"files/noto-sans-arabic-arabic-{weight}-normal.woff2"
            for part in ("arabic", "arabic-ext"):
                name = f"noto-{part}-{weight}"
                font(source, name, static / "fonts")
                entries.append((f"{name}.woff2", ARABIC, OFL, f"subset {RANGES[part]}"))
        for name, package, folder in (
            ("OFL-fira.txt", FIRA_LICENCE, fira), ("OFL-noto.txt", ARABIC, arabic)
        ):  # fmt: skip
            shutil.copy(folder / "LICENSE", static / "fonts" / name)
            entries.append((name, package, OFL, "copied"))
        write_sources(static / "fonts", entries)
        for_paper(native, arabic, fira)
        player(unpacked(H5P, work), static / "h5p")
        plot(unpacked(UPLOT, work), static / "uplot")
        there = ROOT / "tests/vendor/axe"
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir(parents=True)
        entries = []
        for name in ("axe.min.js", "LICENSE"):
            shutil.copy(axe / name, there / name)
            entries.append((name, AXE, "MPL-2.0", "copied"))
        write_sources(there, entries)
    for path in sorted((ROOT / "edge/web/static/fonts").glob("*.woff2")):
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    sys.exit(main())

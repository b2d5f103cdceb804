"""Writes the JSON beside each edition of the workbook catalogue: run after every change of a YAML file there."""

from pathlib import Path

from sekisho.catalogue import workbooks

if __name__ == "__main__":
    folder = Path(workbooks.__file__).parent / "workbook"
    for name in workbooks.edition_names():
        (folder / f"betten2-1_{name}.json").write_text(workbooks.compiled_edition(name), encoding="utf-8")

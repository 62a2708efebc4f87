# SPDX-License-Identifier: Apache-2.0
"""Scripts: commands and what they must print, run in a fresh copy of a policy folder.

    # A comment.
    $ helm-logic decide requests/allow.json
    ALLOW  requests/allow.json
    ...
      receipt  <receipt>
    [0]

A `$` line is run as a shell would split it, `< FILE` at its end gives stdin. What follows is its
whole output (stdout and stderr as a reader sees them), ended by its exit code in brackets. `...` on
a line of its own stands for any lines, inside a line for anything; `<name>` stands for one word and
keeps it for later commands and lines, `<_>` for one that is not kept. Beside `helm-logic` there are
`chmod MODE FILE`, `cp FROM TO`, `rm FILE`, `cat FILE` and `edit FILE OLD NEW`. A line `-- PATH --`
ends the script; what follows it is the file PATH, present from the start.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import attrs
from click.testing import CliRunner

from helm_logic.cli.main import main


@attrs.frozen
class Step:
    """One command, the lines that it must print and the code that it must end with."""

    line: int
    command: str
    expected: tuple[str, ...]
    code: int


@attrs.frozen
class Script:
    """The steps of a script file and the files that it brings."""

    steps: tuple[Step, ...]
    files: dict[str, str]


def parse(text: str) -> Script:
    """Return the script in *text*; raise ValueError where it is no script."""
    body, *parts = re.split(r"^-- (\S+) --\n", text, flags=re.MULTILINE)
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    return Script(tuple(_steps(body)), files)


def _steps(body: str) -> Iterator[Step]:
    command: tuple[int, str] | None = None
    expected: list[str] = []
    for number, line in enumerate(body.splitlines(), start=1):
        if line.startswith("$ "):
            command, expected = (number, line[2:]), []
        elif command is None:
            if line and not line.startswith("#"):
                raise ValueError(f"line {number}: output without a command")
        elif code := re.fullmatch(r"\[(\d+)\]", line):
            yield Step(*command, tuple(expected), int(code[1]))
            command = None
        else:
            expected.append(line)
    if command is not None:
        raise ValueError(f"line {command[0]}: a command without its exit code")


def run(script: Script, folder: Path) -> None:
    """Run *script* in *folder*, the current directory; raise AssertionError where it differs."""
    for path, content in script.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    words: dict[str, str] = {}
    for step in script.steps:
        command = re.sub(r"<([a-z]+)>", lambda found: words[found[1]], step.command)
        code, output = _run(command)
        wanted = "\n".join(step.expected)
        found = re.fullmatch(_pattern(step.expected, words), output, flags=re.DOTALL)
        where = (
            f"line {step.line}: $ {command}\n--- want [{step.code}]\n{wanted}\n--- got [{code}]\n"
        )
        assert found, f"{where}{output}"
        assert code == step.code, f"{where}{output}"
        words.update(found.groupdict())


def _pattern(lines: tuple[str, ...], words: dict[str, str]) -> str:
    pattern = ""
    for line in lines:
        pattern += r"(?:[^\n]*\n)*?" if line == "..." else _line(line, words, pattern)
    return pattern


def _line(line: str, words: dict[str, str], so_far: str) -> str:
    pattern = ""
    for part in re.split(r"(<[a-z_]+>|\.\.\.)", line):
        name = part[1:-1]
        if part == "...":
            pattern += r"[^\n]*"
        elif part == "<_>":
            pattern += r"\S+"
        elif re.fullmatch("<[a-z]+>", part):
            known = rf"(?P={name})" if f"(?P<{name}>" in so_far + pattern else rf"(?P<{name}>\S+?)"
            pattern += re.escape(words[name]) if name in words else known
        else:
            pattern += re.escape(part)
    return pattern + r"\n"


def _run(command: str) -> tuple[int, str]:
    name, *arguments = shlex.split(command)
    if name == "helm-logic":
        stdin = b""
        if "<" in arguments:
            stdin = Path(arguments[-1]).read_bytes()
            arguments = arguments[:-2]
        result = CliRunner().invoke(main, arguments, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        output = result.output
        return result.exit_code, output if output.endswith("\n") or not output else f"{output}\n"
    return 0, _file_command(name, arguments)


def _file_command(name: str, arguments: list[str]) -> str:
    match name, arguments:
        case "chmod", [mode, path]:
            Path(path).chmod(int(mode, 8))
        case "cp", [source, target]:
            shutil.copyfile(source, target)
        case "rm", [path]:
            Path(path).unlink()
        case "cat", [path]:
            return Path(path).read_text(encoding="utf-8")
        case "edit", [path, old, new]:
            text = Path(path).read_text(encoding="utf-8")
            assert old in text, f"`{old}` is not in {path}"
            changed = text.replace(old, new.replace("\\n", "\n"))
            Path(path).write_text(changed, encoding="utf-8")
        case _:
            raise ValueError(f"no such command in scripts: {name}")
    return ""

# SPDX-License-Identifier: Apache-2.0
"""`helm-logic demo`: the founder story, played by the real commands in a fresh policy folder.

Each part is a few words and then commands, run as a person would run them, with what they print.
The story knows what must come out; anything else stops it, so a demo that ends has also checked.
How commands are run and shown is `stage.py`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from helm_logic.authority.link import Link, verify_link
from helm_logic.cli.exit_codes import DENY, ESCALATE, FINDINGS, OK
from helm_logic.cli.moments import clock, moment_text
from helm_logic.cli.new_folder import write_folder
from helm_logic.cli.options import read_signed
from helm_logic.cli.stage import Stage

_MONTH = 30 * 86400
_APPROVE = """\
approve 4 --key keys/release-manager.key \\
    --as user:release-manager --role release-manager -o approval.json"""
# The lines of a decision without the commands that come next: the story runs those itself.
_DECISION = r"^(?!  why\?|  next| {11})"


@click.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Play in the new folder DIR and keep it.  [default: a temporary folder]",
)
def command(*, keep: Path | None) -> None:
    """Play the founder story: a chain, four verdicts, an approval, a revocation, a forgery.

    Keys, signatures, files and the log are real; nothing outside the folder is touched.

    \b
      helm-logic demo
      helm-logic demo --keep story
    """
    with tempfile.TemporaryDirectory(prefix="helm-logic-") as temporary:
        folder = (keep or Path(temporary) / "story").absolute()
        write_folder(folder, clock(None)(), _MONTH)
        _play(Stage(folder), keep)


def _play(stage: Stage, keep: Path | None) -> None:
    stage.say(
        "An agent can prove who it is and still propose what it should not do. helm_logic rules on "
        "what it may do now, and keeps the proof. Here is how, with real keys, files and a real "
        f"log in {keep or 'a temporary folder'}. Lines with $ are commands, as run."
    )
    _chain(stage)
    _rules(stage)
    _staging(stage)
    _production(stage)
    _outside(stage)
    _revocation(stage)
    _evidence(stage)
    _forgery(stage)
    _again(stage, keep)


def _chain(stage: Stage) -> None:
    stage.title("The chain: who lets whom do what")
    stage.say("A founder lets an ops agent run a shop, and the agent lets a tool deploy it.")
    files = (stage.folder / "links" / f"{name}.json" for name in ("founder-ops", "ops-deploy"))
    stage.show(_link_text(verify_link(read_signed(file)).link) for file in files)
    stage.say(
        "Each line is a link: a small file, signed by the one on the left, that can only narrow "
        "the link above it. The policy trusts one key to begin a chain, the founder's."
    )


def _link_text(link: Link) -> str:
    (grant,) = link.grants
    granted = f"{', '.join(grant.actions)} on {grant.resource}"
    until = moment_text(link.expires)
    return f"{link.issuer:<12} -> {link.delegate:<11}  may {granted:<34} until {until}"


def _rules(stage: Stage) -> None:
    stage.title("The rules: what may be done with that authority")
    stage.say(
        "From rules/main.dl. DENY wins over ESCALATE, ESCALATE over ALLOW; if no rule speaks: DENY."
    )
    text = (stage.folder / "rules" / "main.dl").read_text("utf-8")
    stage.show(text[text.index("@reason") :].splitlines())


def _staging(stage: Stage) -> None:
    stage.title("The tool asks to deploy to staging: ALLOW")
    stage.run("decide requests/allow.json", want=OK, only=_DECISION)
    stage.say(
        "Why? Rules derived the verdict from facts, and the kernel checked the derivation before "
        "the receipt was signed. Each line holds because of those indented below it, of given "
        "facts, and of what is certified to be absent (not ...):"
    )
    stage.run("explain --outline 3", want=OK, tree=True)


def _production(stage: Stage) -> None:
    stage.title("The same deploy to production: ESCALATE, until a person approves")
    stage.run("decide requests/escalate.json", want=ESCALATE, only=_DECISION)
    stage.say("The release manager signs an approval of exactly this request, for one use:")
    stage.run(_APPROVE, want=OK)
    stage.say("The tool asks again, and everything is decided afresh. Now nothing escalates:")
    stage.run("decide requests/escalate.json --approval approval.json", want=OK, only=_DECISION)
    stage.run("explain --outline 6", want=OK, only="^verdict|^approved", tree=True)


def _outside(stage: Stage) -> None:
    stage.title("A deploy of what was never granted: DENY")
    stage.run("decide requests/deny.json", want=DENY, only=_DECISION)


def _revocation(stage: Stage) -> None:
    stage.title("The founder revokes the first link: DENY, for all that hangs on it")
    stage.run("revoke links/founder-ops.json --key keys/founder.key", want=OK)
    stage.run("decide requests/allow.json", want=DENY, only=_DECISION)


def _evidence(stage: Stage) -> None:
    stage.title("Anyone can verify the receipts, with a copy of the trust root and no rules engine")
    stage.run("verify 3", want=OK)
    stage.say("The others take the same ten steps:")
    stage.run("verify 4 6 7 9", want=OK, only="verified")


def _forgery(stage: Stage) -> None:
    stage.title("One byte of a receipt is changed: the verification fails, and says where")
    stage.say(_flip(stage.folder / "receipts", stage.folder / "flipped.json"))
    stage.run("verify flipped.json", want=FINDINGS, only="^(?!.*not reached)")


def _flip(receipts: Path, forged: Path) -> str:
    """Write *forged*, a receipt of *receipts* with one byte of its signed payload changed."""
    source = min(receipts.iterdir())
    data = bytearray(source.read_bytes())
    begin = data.index(b'"payload":"') + len(b'"payload":"')
    place = (begin + data.index(b'"', begin)) // 2
    old, new = chr(data[place]), "B" if data[place] == ord("A") else "A"
    data[place] = ord(new)
    forged.write_bytes(data)
    return f"flipped.json is receipts/{source.name} with byte {place} changed from {old} to {new}."


def _again(stage: Stage, keep: Path | None) -> None:
    stage.title("Again, by hand")
    stage.say("In a folder of your own the same commands do the same:")
    *story, (last, _) = stage.commands
    lines = [_with_code(command, code) for command, code in story]
    stage.show(["helm-logic init shop", "cd shop", *(one for line in lines for one in line)])
    if keep is None:
        stage.say("`helm-logic demo --keep DIR` keeps the folder of this story, and flipped.json:")
    else:
        stage.say(f"{keep} holds all of this; there the founder's link is revoked by now:")
    stage.show([f"cd {keep or 'DIR'}", last])


def _with_code(command: str, code: int) -> list[str]:
    *before, end = command.split("\n")
    return [*before, f"{end:<70} # exit code {code}" if code else end]

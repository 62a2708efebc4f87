# SPDX-License-Identifier: Apache-2.0
"""The command line: text in, rooms called, text and exit codes out.

    main               the group of commands, loaded one at a time; what an error becomes
    exit_codes         the one table of exit codes
    options            options that several commands share
    moments            times and durations as people write them
    palette            colour as decoration, and text that is safe to print
    progress           how far a long run is
    lint_files         the files that `lint` reads and writes beside rules
    receipt_files      receipts by file or by id
    request_additions  links and approvals given beside a request
    decide_stream      a request a line in, a decision a line out
    decision_text      a decision as text and as JSON
    derivation         a derivation as its reader asks about it; *_text, *_outline print it
    ground_text        facts and conditions in the notation of the rules
    new_folder, stage  the folder that `init` makes, and where `demo` plays

Every other module is one command, in a file of its name. Only this room prints, exits, reads the
clock and looks at environment variables.

How to add one: write `helm_logic/cli/NAME.py` with a click command called `command` that returns
an exit code of `exit_codes.py` (None is 0), and add NAME with its short help to `main.COMMANDS`.
Errors of the tree in `errors.py` may pass through; `main` gives them text and code. Its rooms are
imported at the top: nothing loads the module before the command is called.
"""

"""The lit tests of dlir, run in process.

A `.mlir` test holds `// RUN:` lines, as everywhere in the MLIR world. lit starts a process for
every command of every line, which costs about 0.3 s in Python; here the same lines call the same
`main(argv)` functions inside one process and cost some milliseconds. The files, in the order a
test meets them:

    script.py        what the file says: RUN and RUN-VALUE lines, the prefixes of its check lines
    honesty.py       refuses a test that cannot fail
    shell.py         runs one RUN line: pipes, redirections, `not`, `env`
    commands.py      the table of commands that shell.py can call, each as `main(argv) -> int`
    values.py        runs `RUN-VALUE` lines on the targets
    runner.py        all of the above for one file
    lit_format.py    for `lit test/`
    collector.py     for `pytest`

Every test also works under plain lit with external processes: `lit --param external=1 test/`.
"""

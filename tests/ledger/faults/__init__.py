# SPDX-License-Identifier: Apache-2.0
"""Faults of the disk and of the machine against a log, and what has to be left afterwards.

    disk.c, disk.py   a library between a process and its files: fails one operation, records all
    workload.py       what a process does to a log meanwhile, and what it tells to the outside
    judge.py          what has to hold afterwards, whatever happened
    single.py         every operation on a file fails once, in every way
    machine.py        a machine whose power may fail: what its disk may hold then
    cuts.py           the power fails at every moment: what was not synced is lost, torn or there
    kills.py          processes killed at any moment; a disk that is full
    forks.py          copies, backups and second writers, in any order
    flips.py          every bit of a small store
    million.py        a large log, and then all of it checked

Each has a `run`, which returns what came of it and is what `make soak` calls; `test_faults.py` asks
for a part. Faults of PostgreSQL are in `tests/ledger/postgres_faults.py`.
"""

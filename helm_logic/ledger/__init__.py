# SPDX-License-Identifier: Apache-2.0
"""Bytes only: keys, envelopes, the Merkle tree, signed tree heads and the store that keeps them.

    shape        reading the members of parsed JSON, one by one
    base64text   the one accepted base64 spelling of some bytes
    durable      files that are on the disk when the call returns
    keys         public keys and who signs; `ecdsa` for those of key services
    envelope     DSSE v1: what is signed, and how signatures are counted
    leaf         the fixed record that stands for an envelope in the tree
    merkle       the RFC 6962 tree, its proofs and their verification
    note         C2SP signed notes
    checkpoint   C2SP checkpoints: signed tree heads
    tlog_proof   C2SP tlog-proof: one entry's inclusion, as a text file
    head         the head guard: the last tree head, remembered outside the store
    log_config   entry 0 of every log
    store_protocol  what a log is to those who use one: Log, Store, Record, Entry
    batch        records on their way into a log, whatever keeps it
    table_reader reading a log from its tables, whatever database keeps them
    store        the log in one SQLite file; of it are store_schema, store_connection, store_reader
    postgres     the log in a PostgreSQL database, shared by several hosts; of it are
                 postgres_{schema,session,reader,follower,head}
    store_fsck   the check of a whole log, whatever keeps it
    tiles        the log as static files, C2SP tlog-tiles; tile_reader trusts none of them
    consistency_file  the proof that a log only grew, as a text file
    open_log     opening a log by what the settings call it
    key_file     private keys in files; of it are private_file, sealed_seed, passphrase
    open_signer  opening a signer by what the settings call it: a key file, or one of
                 ssh_agent, command_signer, securesystemslib_signer

Nothing here knows what a payload means. A verifier needs everything above `head` and no database.
"""

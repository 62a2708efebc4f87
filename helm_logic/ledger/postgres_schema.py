# SPDX-License-Identifier: Apache-2.0
"""The tables of a log in a PostgreSQL database, and who may do what to them.

One database holds one log, in the schema `helm_logic`: the tables of `store_schema` under the same
names with the same columns, so that `table_reader` reads both.

Invariants:
- Rows are only ever added; triggers refuse the rest, also to the tables' owner, and fire in every
  session (ENABLE ALWAYS). `head` alone changes, and only grows.
- An index is given by the head row, never by a sequence: sequences have gaps, and commit out of
  order.
- A role that only appends (`grant_append`) cannot drop or disable any of this. What the owner of
  the tables or a superuser does to them anyway, the tree, the head guards and `fsck` show.

How a connection is made and what its failures mean is in `postgres_session`.
"""

from __future__ import annotations

from typing import Any, Final

from psycopg import Connection, sql

from helm_logic.errors import StoreCorrupt, StoreError

SCHEMA: Final = "helm_logic"
_FORMAT: Final = "helm_logic log, schema version 1"

_TABLES: Final = {
    "entry": (
        "idx bigint PRIMARY KEY CHECK (idx >= 0)",
        "kind smallint NOT NULL",
        "digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32)",
        "leaf bytea NOT NULL",
        "envelope bytea NOT NULL",
    ),
    "blob": (
        "digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32)",
        "content bytea NOT NULL",
    ),
    "node": (
        "level smallint NOT NULL CHECK (level >= 1)",
        "idx bigint NOT NULL CHECK (idx >= 0)",
        "hash bytea NOT NULL CHECK (octet_length(hash) = 32)",
        "PRIMARY KEY (level, idx)",
    ),
    "checkpoint": (
        "size bigint PRIMARY KEY CHECK (size >= 1)",
        "note bytea NOT NULL",
    ),
    "consumed": (
        "approval bytea PRIMARY KEY CHECK (octet_length(approval) = 32)",
        "receipt_idx bigint NOT NULL REFERENCES entry (idx)",
    ),
    "head": (
        "one smallint PRIMARY KEY CHECK (one = 1)",
        "size bigint NOT NULL",
    ),
}
_REFUSAL: Final = (
    " BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' of a log only grows',"
    " ERRCODE = 'integrity_constraint_violation'; END "
)
_TRIGGERS: Final = {
    "entry_rows": "BEFORE UPDATE OR DELETE ON entry FOR EACH ROW",
    "blob_rows": "BEFORE UPDATE OR DELETE ON blob FOR EACH ROW",
    "node_rows": "BEFORE UPDATE OR DELETE ON node FOR EACH ROW",
    "checkpoint_rows": "BEFORE UPDATE OR DELETE ON checkpoint FOR EACH ROW",
    "consumed_rows": "BEFORE UPDATE OR DELETE ON consumed FOR EACH ROW",
    "head_delete": "BEFORE DELETE ON head FOR EACH ROW",
    "head_update": "BEFORE UPDATE ON head FOR EACH ROW WHEN (NEW.size <= OLD.size)",
    **{f"{table}_all": f"BEFORE TRUNCATE ON {table}" for table in _TABLES},
}
# Envelopes and blobs beyond one page stand beside it as they are: compressing base64 that is read
# once costs more than it saves.
_STATEMENTS: Final = (
    *(f"CREATE TABLE {name} ({', '.join(columns)})" for name, columns in _TABLES.items()),
    "CREATE INDEX entry_kind ON entry (kind, idx) WHERE kind <> 1",
    "ALTER TABLE entry ALTER COLUMN envelope SET STORAGE EXTERNAL",
    f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $body${_REFUSAL}$body$",
    *(
        f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION refuse()"
        for name, when in _TRIGGERS.items()
    ),
    *(f"ALTER TABLE {name.split('_')[0]} ENABLE ALWAYS TRIGGER {name}" for name in _TRIGGERS),
    "INSERT INTO head VALUES (1, 0)",
    f"COMMENT ON TABLE head IS '{_FORMAT}'",
)

_COLUMNS = """SELECT table_name::text, string_agg(column_name || ' ' || data_type, ', '
        ORDER BY ordinal_position)
    FROM information_schema.columns WHERE table_schema = 'helm_logic' GROUP BY table_name"""
_FIRING = """SELECT tgname::text FROM pg_trigger
    JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE relnamespace = 'helm_logic'::regnamespace AND NOT tgisinternal AND tgenabled = 'A'
    AND proname = 'refuse' AND pronamespace = relnamespace AND prosrc = %s"""
_UNIQUE = """SELECT relname || ' ' || string_agg(attname, ' ' ORDER BY attnum)
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE relnamespace = 'helm_logic'::regnamespace AND indisunique AND indisvalid
    AND indpred IS NULL GROUP BY relname, indexrelid"""
_KEYS: Final = frozenset(
    {"entry idx", "entry digest", "blob digest", "node level idx", "checkpoint size"}
    | {"consumed approval", "head one"}
)


def create_schema(connection: Connection[Any], where: str) -> None:
    """Lay the tables of an empty log, in the open transaction; StoreError if there are any."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    found = connection.execute(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'helm_logic'::regnamespace"
    ).fetchone()
    if found != (0,):
        raise StoreError(f"{where} holds a log or other tables already; open it instead")
    for statement in _STATEMENTS:
        connection.execute(statement.encode())


def require_schema(connection: Connection[Any], where: str) -> None:
    """Return if *connection* leads to a log whose tables are as they were made.

    Raises StoreError if there is none, StoreCorrupt if it lost what keeps it append-only.
    """
    described = connection.execute(
        "SELECT obj_description(to_regclass('helm_logic.head'), 'pg_class')"
    ).fetchone()
    if described == (None,):
        raise StoreError(f"{where} holds no log; create one, or restore the newest copy")
    if described != (_FORMAT,):
        raise StoreError(f"{where} has another version of the tables, want `{_FORMAT}`")
    columns = connection.execute(_COLUMNS).fetchall()
    firing = {name for (name,) in connection.execute(_FIRING, (_REFUSAL,))}
    unique = {name for (name,) in connection.execute(_UNIQUE)}
    if dict(columns) != _column_types() or firing != set(_TRIGGERS) or _KEYS - unique:
        raise StoreCorrupt(f"{where} no longer has the tables and triggers it was made with")


def grant_append(connection: Connection[Any], role: str) -> None:
    """Let the database role *role* read and append, and nothing else; the owner calls this."""
    name = sql.Identifier(role)
    for statement in (
        "GRANT USAGE ON SCHEMA helm_logic TO {}",
        "GRANT SELECT ON ALL TABLES IN SCHEMA helm_logic TO {}",
        "GRANT INSERT ON entry, blob, node, checkpoint, consumed TO {}",
        "GRANT UPDATE (size) ON head TO {}",
    ):
        connection.execute(sql.SQL(statement).format(name))


def _column_types() -> dict[str, str]:
    # The columns of each table as information_schema tells them: `idx bigint, kind smallint, ...`.
    return {
        table: ", ".join(
            " ".join(column.split()[:2]) for column in columns if not column.startswith("PRIMARY")
        )
        for table, columns in _TABLES.items()
    }

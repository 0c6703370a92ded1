"""Counters of a number: the only rows that are kept for strangers, because messages cost money (SR-128, SR-129)."""

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, Table

from app.storage.model import Json, Millis, metadata

number_counters = Table(
    "number_counters",
    metadata,
    Column("key_version", SmallInteger, primary_key=True),
    Column(
        "hash", LargeBinary(32), primary_key=True
    ),  # keyed, of a number, or of a number and a browser that proved it
    Column("sends", Json, nullable=False),  # times of messages in the last day, ms
    Column("pushes", Json, nullable=False),  # times of prompts in the last day since a success, ms
    Column("fails", Json, nullable=False),  # [time, challenge] of wrong codes in the last day
    Column(
        "spent", Json, nullable=False
    ),  # [time, challenge] of right codes, for longer than a code can live
    Column("consecutive", Integer, nullable=False),
    Column("keep_until", Millis, nullable=False),
)
Index("ix_number_counters_keep_until", number_counters.c.keep_until)

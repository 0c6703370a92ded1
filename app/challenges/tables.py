"""Counters of a number: the only row that is kept for strangers, because messages cost money (SR-128, SR-129)."""

from sqlalchemy import Column, Index, Integer, LargeBinary, SmallInteger, Table

from app.storage.model import Json, Millis, metadata

number_counters = Table(
    "number_counters",
    metadata,
    Column("key_version", SmallInteger, primary_key=True),
    Column("hash", LargeBinary(32), primary_key=True),
    Column("sends", Json, nullable=False),  # times of messages in the last day, ms
    Column("pushes", Json, nullable=False),  # times of prompts since the last success, ms
    Column("fails", Json, nullable=False),  # times of wrong codes in the last day, ms
    Column("consecutive", Integer, nullable=False),
    Column("touched_at", Millis, nullable=False),
)
Index("ix_number_counters_touched", number_counters.c.touched_at)

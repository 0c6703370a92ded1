"""The database's clock, for windows that lie inside one row and must not depend on which process looks."""

from typing import Any

from sqlalchemy import BigInteger, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.storage.clock import Clock


class database_now(FunctionElement[int]):  # noqa: N801 - reads as an SQL function
    """Milliseconds by the database's clock, moved by as much as tests have moved ours."""

    type = BigInteger()
    inherit_cache = True
    name = "mostid_now"

    def __init__(self, clock: Clock) -> None:
        super().__init__(bindparam(None, callable_=clock.offset, type_=BigInteger()))


@compiles(database_now, "sqlite")
def _sqlite(_element: Any, _compiler: SQLCompiler, **_: Any) -> str:
    return "mostid_now()"


@compiles(database_now, "postgresql")
def _postgresql(element: Any, compiler: SQLCompiler, **keywords: Any) -> str:
    offset = compiler.process(element.clauses, **keywords)
    return f"((extract(epoch from clock_timestamp()) * 1000)::bigint + {offset})"

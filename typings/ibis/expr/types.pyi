from typing import Any

# What an expression offers depends on its schema at run time, so every value and table is Any.
Table = Any
Value = Any
BooleanValue = Any
StringValue = Any
IntegerValue = Any
Scalar = Any
Column = Any

def __getattr__(name: str) -> Any: ...

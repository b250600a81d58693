from typing import Any

class DataType: ...
class Field:
    name: str
    type: DataType

Schema = Any
Table = Any
Array = Any

def __getattr__(name: str) -> Any: ...

"""Classes of values: `@frozen` and `@mutable` mean what `@dataclass(frozen=True, slots=True)` and its like mean.

The standard library's decorator compiles up to six functions for each class at every start, and imports `inspect`:
for the classes of `check` that was half of the whole command. Here a class costs one compiled function, its
`__init__`; the rest is shared. To type checkers a class is a dataclass (PEP 681).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, Final, NamedTuple, NoReturn, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")
_NONE: Final = object()


class _Field(NamedTuple):
    """How a field differs from a plain one."""

    default: Any = _NONE
    default_factory: Callable[[], Any] | None = None
    shown: bool = True
    compared: bool = True


# What it gives is Any, so that a class can write `name: str = field(...)`.
def field(
    *, default: Any = _NONE, default_factory: Callable[[], Any] | None = None, shown: bool = True, compared: bool = True
) -> Any:
    """Say more of a field than its type: how it is filled, whether it is shown, whether it counts in comparisons."""
    return _Field(default, default_factory, shown, compared)


@overload
def frozen(cls: type[_T], /) -> type[_T]: ...
@overload
def frozen(*, eq: bool = ..., kw_only: bool = ...) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[_T] | None = None, /, *, eq: bool = True, kw_only: bool = False
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Make a class whose values cannot be changed and have a hash; with `eq=False` each equals itself only."""
    kept: Mapping[str, Any] = {"__setattr__": _refuse, "__delattr__": _refuse}
    compared: Mapping[str, Any] = {"__eq__": _equal, "__hash__": _hash} if eq else {}
    return _decorator(cls, {**kept, **compared}, kw_only=kw_only)


@overload
def mutable(cls: type[_T], /) -> type[_T]: ...
@overload
def mutable(*, eq: bool = ..., kw_only: bool = ...) -> Callable[[type[_T]], type[_T]]: ...
@dataclass_transform(field_specifiers=(field,))
def mutable(
    cls: type[_T] | None = None, /, *, eq: bool = True, kw_only: bool = False
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Make a class whose values can be changed and have no hash; with `eq=False` each equals itself only."""
    return _decorator(cls, {"__eq__": _equal, "__hash__": None} if eq else {}, kw_only=kw_only)


def replace(value: _T, /, **changes: Any) -> _T:
    """Give a value that is like another but for some fields."""
    return type(value)(**{name: getattr(value, name) for name in _fields(value)} | changes)


def as_dict(value: object, /) -> dict[str, Any]:
    """Give the fields of a value by name, and those of values in it likewise."""
    return {name: _plain(getattr(value, name)) for name in _fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    return as_dict(value) if hasattr(value, "__fields__") else value


def _fields(value: Any) -> dict[str, _Field]:
    found: dict[str, _Field] = value.__fields__
    return found


def _decorator(
    cls: type[_T] | None, members: Mapping[str, Any], *, kw_only: bool
) -> type[_T] | Callable[[type[_T]], type[_T]]:
    if cls is not None:
        return _make(cls, members, kw_only=kw_only)
    return lambda cls: _make(cls, members, kw_only=kw_only)


def _make(cls: type[_T], members: Mapping[str, Any], *, kw_only: bool) -> type[_T]:
    """Make the class once more, with slots: those of a class that exists cannot be changed."""
    own, inherited = dict(_own_fields(cls)), getattr(cls, "__fields__", {})
    fields = inherited | own
    body = {name: one for name, one in vars(cls).items() if name not in {*own, "__dict__", "__weakref__"}}
    cached = any(isinstance(one, cached_property) for one in body.values())  # it keeps what it found in __dict__
    slots = [name for name in own if name not in inherited] + ["__dict__"] * cached
    shared = {"__slots__": slots, "__fields__": fields, "__repr__": _repr, "__key__": _key(fields), **members}
    made: type[_T] = type(cls)(cls.__name__, cls.__bases__, shared | body)  # type: ignore[misc]  # a metaclass makes it
    made.__qualname__ = cls.__qualname__
    type.__setattr__(made, "__init__", _initializer(made, fields, kw_only=kw_only))
    return made


def _own_fields(cls: type) -> Iterator[tuple[str, _Field]]:
    for name, annotation in cls.__annotations__.items():
        if not str(annotation).startswith("ClassVar"):
            given = vars(cls).get(name, _NONE)
            yield name, given if isinstance(given, _Field) else _Field(given)


def _key(fields: Mapping[str, _Field]) -> Callable[[Any], object]:
    """What two values are compared by."""
    names = [name for name, one in fields.items() if one.compared]
    return staticmethod(attrgetter(*names)) if names else staticmethod(lambda _: ())


def _initializer(cls: type, fields: Mapping[str, _Field], *, kw_only: bool) -> Callable[..., None]:
    """Compile `__init__`; it fills the slots themselves, which a frozen class does not refuse."""
    known: dict[str, Any] = {"_NONE": _NONE}
    heads, lines = ["self"] + ["*"] * (kw_only and bool(fields)), []
    for name, one in fields.items():
        known[f"_set_{name}"], known[f"_default_{name}"] = getattr(cls, name).__set__, one.default
        value = name
        if one.default_factory is not None:
            known[f"_make_{name}"] = one.default_factory
            value = f"_make_{name}() if {name} is _NONE else {name}"
        filled = one.default is not _NONE or one.default_factory is not None
        heads.append(f"{name}=_default_{name}" if filled else name)
        lines.append(f"    _set_{name}(self, {value})")
    exec("\n".join([f"def __init__({', '.join(heads)}):", *lines, "    pass"]), known)  # noqa: S102  names of ours
    made: Callable[..., None] = known["__init__"]
    return made


@recursive_repr()
def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, one in _fields(self).items() if one.shown)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _equal(self: Any, other: Any) -> bool:
    return bool(self.__key__(self) == self.__key__(other)) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(self.__key__(self))


def _refuse(self: Any, name: str, _value: object = None) -> NoReturn:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

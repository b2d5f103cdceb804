"""Value types: what `dataclasses.dataclass(frozen=True, slots=True)` makes, made in a fifth of the time.

`sekisho workbook check` is a process of its own for every file, and the library's decorator alone (with `inspect`, which
it imports) would take as long as starting Python and reading the workbook twice over. Type checkers see the library's
own names, and the library's functions (`fields`, `asdict`, `is_dataclass`) accept these types; only what makes the types
differs. Use it for types that this command loads, the library's for all others.

Supported is what such types need: fields with and without defaults, `field(default_factory=...)`, methods. There is no
inheritance, no `ClassVar`, no `__post_init__`; asking for one is a TypeError when the module is imported.
"""

import sys
from operator import attrgetter

# Known to type checkers by its name; importing it would load `typing`.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:

    class _Factory:
        """The default of a field that is made anew for every value."""

        __slots__ = ("make",)

        def __init__(self, make):
            self.make = make

    def field(*, default_factory):
        """Return the default of a field that `default_factory` makes for every value."""
        return _Factory(default_factory)

    def replace(value, **changes):
        """Return a copy of `value` with the fields named in `changes` changed."""
        kept = {name: getattr(value, name) for name in value.__match_args__ if name not in changes}
        return value.__class__(**kept, **changes)

    def dataclass(*, frozen, slots):
        """Return the decorator that makes a value type. `frozen` and `slots` are there to be read: both must be true."""
        if not (frozen and slots):
            raise TypeError("a value type is frozen and has slots; for any other use the library's dataclass")
        return _value_type

    def _value_type(declared):
        annotations = declared.__dict__.get("__annotations__", {})  # noqa: RUF063  # `inspect` is what must not be loaded
        names = tuple(annotations)
        _refuse_what_is_not_supported(declared, annotations)
        defaults = {name: declared.__dict__[name] for name in names if name in declared.__dict__}
        kept = {name: item for name, item in declared.__dict__.items() if name not in _LEFT_OUT and name not in names}
        made = type(declared.__name__, (), _METHODS | kept | {"__slots__": names, "__match_args__": names})
        made.__qualname__ = declared.__qualname__
        made.__dataclass_fields__ = _LibraryFields(annotations, defaults)
        made._key = attrgetter(*names)
        made.__init__ = _init_of(made, annotations, defaults)
        return made

    _LEFT_OUT = frozenset({"__dict__", "__weakref__"})

    def _refuse_what_is_not_supported(declared, annotations):
        if declared.__bases__ != (object,) or not annotations or "__post_init__" in declared.__dict__:
            raise TypeError(f"{declared.__qualname__}: a value type has fields, no base and no __post_init__")
        if any("ClassVar" in str(annotation) or "InitVar" in str(annotation) for annotation in annotations.values()):
            raise TypeError(f"{declared.__qualname__}: every annotated name of a value type is a field")

    def _init_of(made, annotations, defaults):
        """Return `__init__` in its own words: one call of the slot's setter for each field."""
        scope = {"_NOT_GIVEN": _NOT_GIVEN}
        parameters, steps = [], []
        for name in annotations:
            # A frozen type's own way of setting refuses; that of its slot does not.
            scope[f"_set_{name}"] = getattr(made, name).__set__
            default, given = defaults.get(name, _NOT_GIVEN), name
            if isinstance(default, _Factory):
                scope[f"_make_{name}"] = default.make
                given = f"_make_{name}() if {name} is _NOT_GIVEN else {name}"
                default = _NOT_GIVEN
                parameters.append(f"{name}=_NOT_GIVEN")
            elif name in defaults:
                scope[f"_default_{name}"] = default
                parameters.append(f"{name}=_default_{name}")
            else:
                parameters.append(name)
            steps.append(f"  _set_{name}(self, {given})")
        source = f"def _made({', '.join(scope)}):\n def __init__(self, {', '.join(parameters)}):\n"
        source += "\n".join(steps) + "\n return __init__"
        found = {}
        # The module's own names, so that annotations written as text can be understood.
        exec(source, sys.modules[made.__module__].__dict__, found)  # noqa: S102  # built from names of fields only
        init = found["_made"](**scope)
        init.__qualname__ = f"{made.__qualname__}.__init__"
        init.__annotations__ = annotations | {"return": None}
        return init

    class _NotGiven:
        def __repr__(self):
            return "<made for every value>"

    _NOT_GIVEN = _NotGiven()

    class _LibraryFields:
        """What the library's `fields` and `asdict` ask a type for, made by the library when they first ask."""

        def __init__(self, annotations, defaults):
            self._annotations, self._defaults = annotations, defaults

        def __get__(self, value, owner):
            import dataclasses

            namespace = {
                name: dataclasses.field(default_factory=item.make) if isinstance(item, _Factory) else item
                for name, item in self._defaults.items()
            }
            namespace |= {"__annotations__": self._annotations, "__module__": owner.__module__}
            twin = dataclasses.dataclass(frozen=True)(type(owner.__name__, (), namespace))
            owner.__dataclass_fields__ = twin.__dataclass_fields__
            return twin.__dataclass_fields__

    # What all value types have in common.

    def _repr(self):
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{self.__class__.__qualname__}({said})"

    def _eq(self, other):
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self._key(self) == self._key(other)

    def _hash(self):
        return hash(self._key(self))

    def _setattr(self, name, value):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def _delattr(self, name):
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def _getstate(self):
        return [getattr(self, name) for name in self.__match_args__]

    def _setstate(self, state):
        for name, item in zip(self.__match_args__, state, strict=True):
            object.__setattr__(self, name, item)

    _METHODS = {
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _setattr,
        "__delattr__": _delattr,
        "__getstate__": _getstate,
        "__setstate__": _setstate,
    }


__all__ = ["dataclass", "field", "replace"]

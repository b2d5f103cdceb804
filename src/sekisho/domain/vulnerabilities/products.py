"""A product as it is matched: its names in CPE, its version, and what is known to be around it."""

from sekisho.domain.values import dataclass

ANY, NOT_APPLICABLE = "*", "-"


@dataclass(frozen=True, slots=True)
class ProductName:
    """Part ("a" application, "o" operating system, "h" hardware), vendor and product of a CPE name, unescaped, lower case."""

    part: str
    vendor: str
    product: str

    @property
    def key(self) -> str:
        """Return `o:fortinet:fortios`: how knowledge is indexed."""
        return f"{self.part}:{self.vendor}:{self.product}"

    @classmethod
    def of(cls, key: str) -> "ProductName":
        """Return the name of `part:vendor:product`; a colon of the product itself stays in it.

        Raises:
            ValueError: `key` has not these three parts.
        """
        part, vendor, product = key.split(":", 2)
        return cls(part, vendor, product)


@dataclass(frozen=True, slots=True)
class Product:
    """One product that a device or a service is, with the version it was found to have.

    `names` are all names that advisories call it by, the preferred one first. `version` is as written by the device or
    a person; "" is unknown. `order` names the version order of its maker (`version_orders.ORDERS`). `around` are names of
    what is surely there with it (the hardware model, the operating system beneath): they answer "running on". What is
    not listed is unknown, unless a name of the same part is listed: a device has one hardware and one system.
    `is_rough` says that the version was concluded, not read (a build date, a banner of a proxy).
    """

    names: tuple[ProductName, ...]
    version: str = ""
    order: str = "generic"
    label: str = ""
    around: tuple[ProductName, ...] = ()
    edition: str = ""
    is_rough: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of `names`."""
        return tuple(name.key for name in self.names)

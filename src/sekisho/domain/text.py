"""Text in the two languages of Sekisho: Japanese first, English second."""

from typing import Literal

from sekisho.domain.values import dataclass

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One saying in both languages. `{name}` places are filled by `filled`."""

    ja: str
    en: str

    def within(self, language: str) -> str:
        """Return the text in `language`; anything but English is answered in Japanese."""
        return self.en if language.startswith("en") else self.ja

    def filled(self, **values: object) -> "Text":
        """Return a copy with each `{name}` replaced; a value that is a `Text` speaks its own language."""

        def fill(template: str, language: Language) -> str:
            spoken = {k: v.within(language) if isinstance(v, Text) else v for k, v in values.items()}
            return template.format(**spoken)

        return Text(fill(self.ja, "ja"), fill(self.en, "en"))

    def as_dict(self) -> dict[str, str]:
        """Return `{"ja": ..., "en": ...}`, the form that JSON outputs carry."""
        return {"ja": self.ja, "en": self.en}

    def __str__(self) -> str:
        return self.ja

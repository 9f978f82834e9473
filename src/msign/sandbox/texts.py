"""Every text of the sandbox pages, in Romanian, Russian and English."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str, str]] = {
    "sandbox_banner": (
        "Mediu de test · nimic de aici nu are valoare juridică",
        "Тестовая среда · ничто здесь не имеет юридической силы",
        "Test environment · nothing here has legal value",
    ),
}

"""Download: the files that the dataset can be had as, with sizes, digests and what each is for."""

from __future__ import annotations

from ..distribution import GROUPS
from ..downloads import listed
from .frame import page, pages


@pages.get("/<any(ja, en):lang>/download")
def download(lang: str) -> str:
    """List the files that the dataset can be had as."""
    files = listed()
    groups = [(group, [each for each in files if each["group"] == group]) for group in GROUPS]
    return page("download", lang, groups=[each for each in groups if each[1]])

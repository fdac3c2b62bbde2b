"""Folding: writings of one word are one, and different words stay apart."""

import pytest

from seisaku.folding import FORMS, fold, matches, phrase, squashed, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ｽﾀｰﾄｱｯﾌﾟ", "すたーとあっぷ"),
        ("スタートアップ・エコシステム", "すたーとあっぷえこしすてむ"),
        ("ｶﾞｷﾞ", "がぎ"),
        ("ＦＹ２０２５", "fy2025"),
        ("關西圏", "関西圏"),
        ("發揮", "発揮"),
        ("Café ÉCOLE", "cafe ecole"),
        ("第六期", "第6期"),
        ("第十二回", "第12回"),
        ("令和七年", "令和7年"),
        ("二〇二五年", "2025年"),
        ("三重県", "三重県"),
        ("四国", "四国"),
        ("J-PEAKS", "j peaks"),
        ("長野×新潟", "長野 新潟"),
        ("  a\t\nb\0c ", "a b c"),
        ("「」()\"'*^~", ""),
        ("", ""),
    ],
)
def test_a_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("大", "太"), ("a", "b")])
def test_different_words_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_folding_a_folded_text_changes_nothing() -> None:
    for text in ("ｽﾀｰﾄｱｯﾌﾟ・第六期", "ＣＡＦÉ × 學", FORMS):
        assert fold(fold(text)) == fold(text)


def test_each_old_form_has_one_new_form_which_is_no_old_one() -> None:
    new = [pair[0] for pair in FORMS.split()]
    old = [pair[1] for pair in FORMS.split()]
    assert len(set(old)) == len(old) > 300
    assert not set(new) & set(old)
    assert all(len(pair) == 2 for pair in FORMS.split())


def test_squashed_leaves_no_space() -> None:
    assert squashed("J-PEAKS") == squashed("J PEAKS") == squashed("jpeaks")


def test_japanese_is_cut_into_pairs_and_its_last_character() -> None:
    assert words(fold("第6期AI戦略")) == ["第", "6", "期", "ai", "戦略", "略"]


@pytest.mark.parametrize(
    ("term", "cut"),
    [
        ("東京", (["東京"], False)),
        ("東京圏", (["東京", "京圏"], False)),
        ("京", (["京"], True)),
        ("第6期", (["第", "6", "期"], True)),
        ("ai戦略", (["ai", "戦略"], False)),
        ("uni", (["uni"], True)),
    ],
)
def test_a_term_is_cut_so_that_its_end_may_go_on(term: str, cut: tuple[list[str], bool]) -> None:
    assert phrase(term) == cut


def test_a_text_matches_when_it_has_each_word() -> None:
    assert matches("大阪・京都・ひょうご神戸コンソーシアム", "ｺﾝｿｰｼｱﾑ 大阪")
    assert not matches("大阪・京都", "大阪 東京")
    assert matches("大阪", "")

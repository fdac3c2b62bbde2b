"""Folding: what a text is compared by, so that writings of one word find each other.

`fold` takes away what does not tell words apart: width (half-width kana, full-width letters), case,
accents, hiragana or katakana, old or new forms of kanji, numerals in kanji that count something,
marks. `words` cuts a folded text into what an index holds: Latin words and figures as they are,
Japanese, which has no spaces, as pairs of characters that overlap.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

FORMS = (
    "亜亞 悪惡 圧壓 囲圍 医醫 為爲 壱壹 隠隱 栄榮 営營 衛衞 駅驛 悦悅 閲閱 円圓 塩鹽 "
    "縁緣 艶艷 応應 欧歐 殴毆 桜櫻 奥奧 横橫 温溫 穏穩 仮假 価價 画畫 会會 絵繪 壊壞 "
    "懐懷 概槪 拡擴 殻殼 覚覺 学學 岳嶽 楽樂 渇渴 缶罐 巻卷 陥陷 勧勸 関關 歓歡 観觀 "
    "気氣 既旣 帰歸 偽僞 戯戲 犠犧 旧舊 拠據 挙擧 虚虛 峡峽 挟挾 狭狹 教敎 強强 暁曉 "
    "区區 駆驅 勲勳 薫薰 径徑 茎莖 恵惠 掲揭 渓溪 経經 蛍螢 軽輕 継繼 鶏鷄 芸藝 撃擊 "
    "欠缺 研硏 県縣 倹儉 剣劍 険險 圏圈 検檢 献獻 権權 顕顯 験驗 厳嚴 戸戶 効效 広廣 "
    "恒恆 黄黃 鉱鑛 号號 国國 黒黑 砕碎 済濟 斎齋 剤劑 冊册 雑雜 参參 桟棧 蚕蠶 惨慘 "
    "賛贊 残殘 糸絲 歯齒 児兒 辞辭 湿濕 実實 写寫 釈釋 寿壽 収收 従從 渋澁 獣獸 縦縱 "
    "粛肅 処處 緒緖 叙敍 将將 称稱 渉涉 焼燒 証證 奨奬 条條 状狀 乗乘 浄淨 剰剩 畳疊 "
    "縄繩 壌壤 嬢孃 譲讓 醸釀 触觸 嘱囑 真眞 寝寢 慎愼 尽盡 図圖 粋粹 酔醉 穂穗 随隨 "
    "髄髓 枢樞 数數 瀬瀨 声聲 青靑 斉齊 清淸 静靜 税稅 窃竊 摂攝 専專 浅淺 戦戰 践踐 "
    "銭錢 潜潛 繊纖 禅禪 双雙 壮壯 争爭 荘莊 捜搜 挿插 巣巢 曽曾 痩瘦 装裝 総總 騒騷 "
    "増增 蔵藏 臓臟 即卽 属屬 続續 堕墮 対對 体體 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 担擔 "
    "単單 胆膽 団團 断斷 弾彈 遅遲 痴癡 虫蟲 昼晝 鋳鑄 庁廳 徴徵 聴聽 勅敕 鎮鎭 逓遞 "
    "鉄鐵 点點 転轉 填塡 伝傳 灯燈 当當 党黨 盗盜 稲稻 闘鬪 徳德 独獨 読讀 届屆 内內 "
    "弐貳 悩惱 脳腦 覇霸 拝拜 廃廢 売賣 麦麥 発發 髪髮 抜拔 晩晚 蛮蠻 浜濱 仏佛 払拂 "
    "並竝 変變 辺邊 弁辨 舗舖 歩步 宝寶 豊豐 褒襃 没沒 翻飜 毎每 万萬 満滿 黙默 餅餠 "
    "訳譯 薬藥 予豫 余餘 与與 誉譽 揺搖 様樣 謡謠 来來 頼賴 乱亂 覧覽 竜龍 両兩 猟獵 "
    "緑綠 涙淚 塁壘 礼禮 励勵 戻戾 霊靈 齢齡 歴歷 恋戀 錬鍊 炉爐 労勞 郎郞 楼樓 録錄 "
    "湾灣 飲飮 鋭銳 寛寬 顔顏 亀龜 郷鄕 呉吳 娯娛 告吿 歳歲 産產 舎舍 尚尙 説說 絶絕 "
    "脱脫 秘祕 瓶甁 併倂 麺麵 弥彌 隷隸 暦曆 籠篭 弁瓣 弁辯 "
)
"""Kanji in their new and their old form: those that 常用漢字表 (Cabinet notice of 30 November 2010)
gives with the old form in brackets, and 强 册 旣 篭. Where the two are one character of Unicode, or
compatible ones, NFKC makes them one."""

KANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
"""Katakana to hiragana, which stand in the same order, 0x60 apart."""

FOLDED = str.maketrans(KANA | {ord(pair[1]): pair[0] for pair in FORMS.split()})

ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
"""Of Latin letters the accents go; of kana the voicing marks stay, which tell words apart."""

NUMERALS = {each: number for number, each in enumerate("〇一二三四五六七八九")}
COUNTED = re.compile(
    r"(第)([〇一二三四五六七八九十]+)|([〇一二三四五六七八九十]+)(?=[年月日期次回件])"
)
"""Numerals in kanji where they are a number for sure: 第六期, 令和七年; not 三重, 一般, 四国."""

JAPANESE = r"々〆ぁ-ゖー一-鿿㐀-䶿豈-﫿"
WORD = re.compile(r"[^\W_]+")
RUN = re.compile(rf"([{JAPANESE}]+)|([^\W_{JAPANESE}]+)")
"""A run of Japanese, or a word or a number in other letters."""

JOINING = re.compile(r"(?<=[^\s])[・･゠=＝](?=[^\s])")
"""Marks that may as well be left out: スタートアップ・エコシステム."""


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Give `text` as it is compared: two texts that fold alike are one to a reader who searches.

    Words stand apart by one space. Nothing but marks folds to the empty string.
    """
    text = unicodedata.normalize("NFKC", JOINING.sub("", text))
    text = COUNTED.sub(_in_figures, text)
    decomposed = unicodedata.normalize("NFD", text.casefold())
    kept = unicodedata.normalize("NFC", decomposed.translate(ACCENTS))
    return " ".join(WORD.findall(kept.translate(FOLDED)))


def squashed(text: str) -> str:
    """Give `text` folded and without spaces, so that J-PEAKS, J PEAKS and jpeaks are one."""
    return fold(text).replace(" ", "")


def matches(text: str, wanted: str) -> bool:
    """Tell whether `text` has each word of `wanted`, folded as it is, anywhere in it."""
    there = fold(text)
    return all(term in there for term in fold(wanted).split())


def words(text: str) -> list[str]:
    """Cut a folded text into what an index holds, in its order.

    A run of Japanese gives each pair of neighbours, and its last character alone: so a pair finds
    two characters, a phrase of pairs finds more, and the beginning of a pair finds one.
    """
    found: list[str] = []
    for japanese, other in RUN.findall(text):
        if japanese:
            found += ["".join(pair) for pair in pairwise(japanese)]
            found.append(japanese[-1])
        else:
            found.append(other)
    return found


def phrase(term: str) -> tuple[list[str], bool]:
    """Cut a folded term that is looked for into words that follow each other.

    Tells, too, whether the last one is the beginning of a word: one character of Japanese, which
    may have another after it, and what is in other letters, which may not be typed to its end.
    """
    found = words(term)
    last = [japanese for japanese, _ in RUN.findall(term)][-1:]
    whole = bool(last) and len(last[0]) > 1
    return (found[:-1], False) if whole else (found, True)


def _in_figures(found: re.Match[str]) -> str:
    return (found[1] or "") + str(_number(found[2] or found[3]))


def _number(numerals: str) -> int:
    """Read a numeral in kanji below 100, or one by its places: 二〇二五."""
    if "十" not in numerals:
        return int("".join(str(NUMERALS[each]) for each in numerals))
    tens, _, ones = numerals.partition("十")
    return 10 * (NUMERALS[tens[-1]] if tens else 1) + (NUMERALS[ones[0]] if ones else 0)

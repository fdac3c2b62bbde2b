// Shows, as one types, the questions that hold each word typed, as the server does it for `?q=`; but
// old forms of kanji and numerals in kanji are told apart here.
const field = document.getElementById("filter");
const hiragana = (katakana) => String.fromCharCode(katakana.charCodeAt(0) - 0x60);
const folded = (text) =>
  text.normalize("NFKC").toLowerCase().replaceAll("・", "").replace(/[ァ-ヶ]/g, hiragana);

if (field) {
  const items = [...document.querySelectorAll(".questions li")].map((item) => ({
    item,
    text: folded(`${item.textContent} ${item.dataset.more}`),
  }));
  const said = document.getElementById("found");
  const filter = () => {
    const words = folded(field.value).split(/\s+/u).filter(Boolean);
    for (const { item, text } of items) item.hidden = !words.every((word) => text.includes(word));
    for (const asker of document.querySelectorAll(".asker")) {
      asker.hidden = !asker.querySelector(".questions li:not([hidden])");
      if (asker.matches("details")) asker.open = words.length > 0;
    }
    said.textContent = items.some(({ item }) => !item.hidden) ? "" : said.dataset.none;
  };
  field.addEventListener("input", filter);
}

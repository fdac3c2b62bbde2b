// Shows, as one types, the questions that hold each word typed: as the server does it for `?q=`.
const field = document.getElementById("filter");
const folded = (text) => text.normalize("NFKC").toLowerCase();

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
    }
    said.textContent = items.some(({ item }) => !item.hidden) ? "" : said.dataset.none;
  };
  field.addEventListener("input", filter);
}

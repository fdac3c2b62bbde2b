// Suggests names under the search field of every page, as one types: a combobox as WAI-ARIA has it.
// Without this file, or when the server gives no suggestions, the field is a plain search.
const field = document.querySelector(".find input");
const address = field?.form.dataset.suggest;
const PAUSE = 120; // milliseconds without a key before names are asked for

if (address) combobox();

function combobox() {
  const list = document.createElement("ul");
  list.id = "suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.getAttribute("aria-label"));
  list.hidden = true;
  field.form.append(list);
  field.autocomplete = "off";
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");
  let waiting;
  let asking = new AbortController();
  let places = [];
  let chosen = -1;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };

  const choose = (place) => {
    chosen = place;
    [...list.children].forEach((each, here) => each.setAttribute("aria-selected", String(here === place)));
    list.children[place].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", list.children[place].id);
  };

  const go = (place) => {
    const { name, there } = places[place];
    field.value = name;
    close();
    // What has no page here has a name that can be searched for.
    if (new URL(there, location).origin === location.origin) location.assign(there);
    else field.form.submit();
  };

  const show = () => {
    list.replaceChildren(
      ...places.map(({ name, about }, place) => {
        const option = document.createElement("li");
        option.id = `suggestion-${place}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = name;
        if (about) {
          const small = document.createElement("small");
          small.textContent = about;
          option.append(" ", small);
        }
        option.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus
        option.addEventListener("click", () => go(place));
        return option;
      }),
    );
    chosen = -1;
    field.removeAttribute("aria-activedescendant");
    list.hidden = places.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
  };

  const ask = async () => {
    const text = field.value.trim();
    asking.abort();
    if (!text) return close();
    asking = new AbortController();
    const given = new URLSearchParams({ q: text, lang: document.documentElement.lang });
    try {
      const response = await fetch(`${address}?${given}`, { signal: asking.signal });
      if (!response.ok) return close();
      const [, names, abouts, addresses] = await response.json();
      places = names.map((name, place) => ({ name, about: abouts[place], there: addresses[place] }));
      show();
    } catch {
      // a newer one is on its way, or the server has gone: the field is a plain search
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return; // keys that choose a Japanese word choose no name
    const last = places.length - 1;
    if (event.key === "ArrowDown") choose(chosen === last ? 0 : chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen > 0 ? chosen - 1 : last);
    else if (event.key === "Enter" && chosen >= 0) go(chosen);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}

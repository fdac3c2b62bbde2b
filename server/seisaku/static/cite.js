// A button beside each citation that copies it. Without this the text can be selected as it is.
for (const text of document.querySelectorAll("[data-copy]")) {
  const { copyLabel: copy, copiedLabel: copied } = text.closest(".citation").dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = copied;
    setTimeout(() => { button.textContent = copy; }, 2000);
  });
  text.after(button);
}

const terminal = document.getElementById("terminal");
terminal.dataset.sessionWebsocketUrl =
  location.protocol.replace("http", "ws") + "//" + location.host + "/ws";
history.replaceState(null, "", "/");
document.getElementById("again").onclick = () => location.reload();
new MutationObserver((_, observer) => {
  if (!document.body.classList.contains("-first-byte")) return;
  terminal.querySelector("textarea").focus();
  observer.disconnect();
}).observe(document.body, { attributes: true });

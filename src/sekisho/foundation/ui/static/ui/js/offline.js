// The line at the top that says that the network is gone.

function show() {
  const line = document.getElementById("offline");
  if (line) line.hidden = navigator.onLine;
}

addEventListener("online", show);
addEventListener("offline", show);
show();

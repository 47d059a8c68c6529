// Sends an interrupted form on its way after signing in; without script its button does.
const interrupted = document.querySelector("form[data-continue]");
if (interrupted) HTMLFormElement.prototype.requestSubmit.call(interrupted);

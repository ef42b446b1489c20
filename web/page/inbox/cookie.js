// Cookie `token`, which says who one is in app `inbox`: one for the whole browser, whoever its tabs are in the other apps.
const kName = "token=";

function read() {
  return document.cookie.split("; ").find((one) => one.startsWith(kName))?.slice(kName.length);
}

function write(token) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${kName}${token}; Path=/; SameSite=Lax${secure}`;
  return read() === token;
}

/** Signs the browser in, as an API of one's own would. A cookie of `/auth/login` is hidden from pages: only the server can take it away. */
export async function signInBrowser(token) {
  if (write(token)) return;
  await fetch("/auth/logout", { method: "POST" });
  if (!write(token)) throw new Error("This browser keeps another sign-in for this address. Delete its cookies, then try again.");
}

/** The id of whom the cookie names; undefined where there is none that the page can see. */
export function userOfBrowser() {
  try {
    const claims = read().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(claims), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)).sub;
  } catch {
    return undefined;
  }
}

// What survives a reload of this tab. Each tab has its own, so that two tabs can be two people.

const kKey = "belfry-demo";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(kKey)) ?? {};
  } catch {
    return {};
  }
}

const state = read();

function write() {
  sessionStorage.setItem(kKey, JSON.stringify(state));
}

export const session = {
  /** `{id, name, role, token}`, or undefined. */
  get me() {
    return state.me;
  },
  set me(me) {
    state.me = me;
    write();
  },

  /** The id of what is open in a place of the page (a visit, a family, a chat), or undefined. */
  open(place) {
    return state.open?.[place];
  },
  keepOpen(place, id) {
    state.open = { ...state.open, [place]: id };
    write();
  },

  /** Messages of a conversation that the server has not confirmed yet: `[{clientMessageId, text}]`. */
  pending(conversation) {
    return state.pending?.[conversation] ?? [];
  },
  keepPending(conversation, messages) {
    state.pending = { ...state.pending, [conversation]: messages };
    write();
  },

  forget() {
    for (const key of Object.keys(state)) delete state[key];
    sessionStorage.removeItem(kKey);
  },
};
